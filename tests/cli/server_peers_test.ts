// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The server against the clients that people have.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findChromium, withChromium } from "../support/peers/chromium.ts";
import { type Process, programVersion, run, spawn } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import { makeFiles } from "./_broken_servers.ts";
import { runNss, startNssServer } from "./_run.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);
const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;
const soak = Deno.env.get("NSS_SOAK") === "1";

async function peerTest(
  title: string,
  programs: readonly string[],
  fn: () => Promise<void>,
): Promise<void> {
  for (const program of programs) {
    const flag = program === "openssl" ? "version" : "--version";
    const found = await programVersion(program, [flag], /(\d+\.\d+\S*)/);
    if (!found.ok) return skip(title, found.reason);
  }
  Deno.test(title, fn);
}

await peerTest(
  "nss server chooses the certificate by name, echoes, and asks clients for certificates",
  ["openssl", "gnutls-cli"],
  async () => {
    const one = await files.make("one", { dnsNames: ["one.test"] });
    const two = await files.make("two", { dnsNames: ["two.test"] });
    const client = await files.make("visitor", { extKeyUsage: ["clientAuth"] });
    const own = ["--cert", client.cert, "--key", client.key];
    const server = await startNssServer(
      6,
      ...["--cert", one.cert, "--key", one.key, "--cert", two.cert, "--key", two.key],
      ...["--client-auth", "request", "--ca", files.intermediate],
    );
    for (const [name, version] of [["one", "-tls1_3"], ["two", "-tls1_2"]] as const) {
      await using process = spawn("openssl", {
        args: [
          ...["s_client", "-connect", `127.0.0.1:${server.port}`, "-servername", `${name}.test`],
          ...["-cert", client.cert, "-key", client.key, version],
        ],
        interactive: true,
      });
      await process.waitFor(/Verify return code/);
      await process.write("hello, openssl\n");
      await process.waitFor((p) => /hello, openssl/.exec(p.stdout));
      await process.closeInput();
      assertEquals((await process.result()).code, 0);
      assertStringIncludes(process.stdout, `subject=CN = ${name}`);
    }
    // A name that no certificate has gets the first one
    for (const [name, expected] of [["two", "two"], ["other", "one"]]) {
      await using process = spawn("gnutls-cli", {
        args: [
          ...["--insecure", "--sni-hostname", `${name}.test`, "-p", `${server.port}`],
          ...["--x509certfile", client.cert, "--x509keyfile", client.key, "127.0.0.1"],
        ],
        interactive: true,
      });
      await process.waitFor(/Simple Client Mode/);
      await process.write("hello, gnutls\n");
      await process.waitFor((p) => /hello, gnutls/.exec(p.stdout));
      await process.closeInput();
      assertEquals((await process.result()).code, 0);
      assertStringIncludes(process.stdout, `subject \`CN=${expected}'`);
    }
    for (const shown of [own, []]) {
      const result = await runNss([
        ...["client", `127.0.0.1:${server.port}`, "--name", "one.test"],
        ...["--ca", files.intermediate, "--pipe", "--half-close", ...shown],
      ], { input: "hello\n" });
      assertEquals([result.code, result.out], [0, "hello\n"], result.err);
    }
    const { code, err } = await server.result;
    assertEquals(code, 0);
    assertEquals(err.match(/client "visitor"/g)?.length, 5, err);
  },
);

await peerTest("nss server --client-auth require turns away who has none", ["curl"], async () => {
  const leaf = await files.make("strict");
  const client = await files.make("guest", { extKeyUsage: ["clientAuth"] });
  const server = await startNssServer(
    2,
    ...["--cert", leaf.cert, "--key", leaf.key, "--client-auth", "require"],
    ...["--ca", files.intermediate, "--exec", `printf "HTTP/1.0 200 OK\r\n\r\nwelcome\n"`],
  );
  const get = (...args: readonly string[]) =>
    run("curl", {
      args: [
        ...["-sS", "--max-time", "10", "--cacert", files.intermediate, ...args],
        `https://localhost:${server.port}/`,
      ],
    });
  const refused = await get();
  assertEquals([refused.code === 0, refused.stdout], [false, ""]);
  const welcome = await get("--cert", client.cert, "--key", client.key);
  assertEquals([welcome.code, welcome.stdout], [0, "welcome\n"], welcome.stderr);
  assertStringIncludes((await server.result).err, "SSL_ERROR_NO_CERTIFICATE");
});

/** A server of files, which ends with its process. */
async function withFiles(use: (port: string, pem: string) => Promise<void>): Promise<void> {
  const folder = `${directory}/public`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/index.html`, "<p>hello\n");
  await Deno.writeTextFile(`${folder}/.secret`, "no");
  await Deno.remove(`${folder}/link`).catch(() => {});
  await Deno.symlink("/etc/hostname", `${folder}/link`);
  const pem = `${directory}/self.pem`;
  const own = ["--port", "0", "--files", folder, "--out", pem];
  await using server: Process = spawn(Deno.execPath(), {
    args: ["run", "--no-check", "-A", PROGRAM, "server", ...own],
  });
  const found = await server.waitFor(/Listening on 127\.0\.0\.1:(\d+)/, 20_000);
  await use((found as RegExpExecArray)[1]!, pem);
}

await peerTest(
  "nss server --files serves a folder to curl, and nothing outside of it",
  ["curl"],
  () =>
    withFiles(async (port, pem) => {
      const get = (path: string, ...args: readonly string[]) =>
        run("curl", {
          args: [
            ...["-s", "--path-as-is", "--cacert", pem, "-w", "%{http_code} %{http_version}"],
            ...args,
            `https://localhost:${port}${path}`,
          ],
        }).then(({ stdout }) => stdout);
      assertEquals(await get("/"), "<p>hello\n200 2");
      assertEquals(await get("/", "--http1.1"), "<p>hello\n200 1.1");
      for (
        const path of ["/.secret", "/link", "/../keys.log", "/%2e%2e/keys.log", "/nothing", "/%ff"]
      ) {
        assert((await get(path)).endsWith("404 2"), path);
      }
    }),
);

const browser = (await findChromium()).availability;
const title = "nss server --files serves a folder to Chromium";
if (!soak) note(`left out: ${title}: NSS_SOAK=1 (deno task soak) runs it`);
else if (!browser.ok) skip(title, browser.reason);
else {
  Deno.test(title, () =>
    withFiles(async (port) => {
      const args = ["--ignore-certificate-errors", "--dump-dom", `https://127.0.0.1:${port}/`];
      await withChromium(args, async (process) => {
        const { stdout } = await process.result();
        assertStringIncludes(stdout, "<p>hello");
      });
    }));
}
