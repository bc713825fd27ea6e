// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { nss3110, openssl35, openssl4 } from "./newer_peers.ts";
import { run, runOk, spawn } from "./process.ts";
import { skip } from "./skip.ts";

const newer = await openssl35();
if (newer.ok) {
  Deno.test("openssl35() runs with its own libraries, and knows ML-KEM and ML-DSA", async () => {
    const { openssl } = newer.commands;
    assertMatch(newer.version, /^3\.5\./);
    // The library's own version, in parentheses: not that of the machine.
    assertMatch(await runOk(openssl, ["version"]), /^OpenSSL 3\.5.*Library: OpenSSL 3\.5/);
    assertMatch(await runOk(openssl, ["list", "-tls-groups"]), /SecP256r1MLKEM768/);
    assertMatch(await runOk(openssl, ["list", "-signature-algorithms"]), /ML-DSA-87/);
    // Its own openssl.cnf, without which `req` does not begin.
    const args = ["req", "-x509", "-newkey", "mldsa44", "-nodes", "-subj", "/CN=a"];
    assertMatch(await runOk(openssl, [...args, "-keyout", "/dev/null"]), /BEGIN CERTIFICATE/);
  });

  Deno.test("newer peers keep the process's id, so that a test ends the program itself", async () => {
    await using process = spawn(newer.commands.openssl, {
      args: ["s_server", "-accept", "127.0.0.1:0", "-nocert"],
    });
    await process.waitFor(/ACCEPT/);
    assertMatch(await Deno.readTextFile(`/proc/${process.pid}/cmdline`), /^\S*\/ld-linux/);
  });

  Deno.test("newer peers are downloaded by one process, and found by the others", async () => {
    const code = `import { openssl35 } from "${import.meta.resolve("./newer_peers.ts")}";
      const found = await openssl35();
      console.log(found.ok ? found.commands.openssl : found.reason);`;
    const ask = (): Promise<string> => runOk(Deno.execPath(), ["eval", "--no-check", code]);
    const [one, two] = await Promise.all([ask(), ask()]);
    assertEquals(one.trim(), newer.commands.openssl);
    assertEquals(two.trim(), newer.commands.openssl);
  });
} else {
  skip(
    "openssl35() runs with its own libraries, and knows ML-KEM and ML-DSA",
    newer.reason,
    newer.optional,
  );
}

Deno.test("newer peers that cannot be fetched have a reason, which is kept for a while", async () => {
  const home = await Deno.makeTempDir({ prefix: "nss_newer_" });
  try {
    const code = `import { nss3110 } from "${import.meta.resolve("./newer_peers.ts")}";
      const found = await nss3110();
      console.log(found.ok ? "found" : found.reason);`;
    // Without a PATH there is no apt-get.
    const env = { XDG_CACHE_HOME: home, PATH: "" };
    const ask = (): Promise<string> =>
      runOk(Deno.execPath(), ["eval", "--no-check", code], { env });
    assertMatch(await ask(), /^cannot fetch nss-3\.110: /);
    await Deno.writeTextFile(`${home}/nss-newer-peers/nss-3.110.failed`, "for the reason before");
    assertEquals((await ask()).trim(), "for the reason before");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

const next = await openssl4();
if (next.ok) {
  Deno.test("openssl4() has a server with ECH", async () => {
    const { stdout, stderr } = await run(next.commands.openssl, { args: ["s_server", "-help"] });
    assertMatch(stdout + stderr, /-ech_key/);
    assertMatch(next.version, /^4\./);
  });
} else {
  skip("openssl4() has a server with ECH", next.reason, next.optional);
}

const nss = await nss3110();
if (nss.ok) {
  Deno.test("nss3110() has certutil, and a server with ECH", async () => {
    const { stdout, stderr } = await run(nss.commands.selfserv, { args: ["-h"] });
    assertMatch(stdout + stderr, /-X publicName|ECH/);
    assertMatch(nss.version, /^3\.110/);
    const folder = await Deno.makeTempDir({ prefix: "nss_newer_" });
    try {
      await runOk(nss.commands.certutil, ["-N", "-d", `sql:${folder}`, "--empty-password"]);
      assert((await Deno.stat(`${folder}/key4.db`)).isFile);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
} else {
  skip("nss3110() has certutil, and a server with ECH", nss.reason, nss.optional);
}
