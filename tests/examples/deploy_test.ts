// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { importFD, NssContext } from "@nss/nss";
import { runExample } from "./_example.ts";
import { makePki } from "./_pki.ts";

/** A folder for what a run leaves, its store among it. */
async function makeStore() {
  const directory = await Deno.makeTempDir({ prefix: "nss_deploy_" });
  return {
    env: { DENO_DIR: directory },
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

Deno.test("deploy.ts trusts whom its store says, and resumes in the next run, with the net and the store alone", async () => {
  await using pki = await makePki();
  await using store = await makeStore();
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
      certificates: [pki.server],
      versions: { min: version, max: version },
      context: new NssContext({ trustAnchors: [] }),
    });
    const serving = (async () => {
      for await (const socket of listener) {
        const greet = async () => {
          await socket.write(new TextEncoder().encode("* OK ready\r\n"));
          await socket.read(new Uint8Array(1));
          await socket.close();
        };
        greet().catch(() => socket.close().catch(() => {})); // the client that does not trust
      }
    })();
    const { port } = listener.addr as Deno.NetAddr;
    const check = () =>
      runExample("deploy.ts", {
        permissions: ["--unstable-kv", `--allow-net=127.0.0.1:${port}`],
        args: ["check", "127.0.0.1", String(port)],
        env: store.env,
      });
    if (version === "TLSv1.3") {
      const stranger = await check();
      assertEquals(stranger.code, 1, stranger.stderr);
      assertEquals(JSON.parse(stranger.stdout).error, "SEC_ERROR_UNKNOWN_ISSUER");
      const imported = await runExample("deploy.ts", {
        permissions: ["--unstable-kv"],
        args: ["import", pki.root],
        env: store.env,
      });
      assertEquals(imported.stdout, "Trusted for servers: CN=Example Root\n", imported.stderr);
    }
    for (const resumed of [false, true, true]) {
      const { code, stdout, stderr } = await check();
      assertEquals(code, 0, stderr);
      const found = JSON.parse(stdout);
      assertEquals([found.version, found.resumed], [version, resumed]);
      assertEquals(found.greeting, "* OK ready");
    }
    listener.close();
    await serving;
  }
});
