// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { importFD, NssContext } from "@nss/nss";
import { openssl } from "../support/peers/openssl.ts";
import { spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { namespaceProblem, openNamespace } from "../support/namespace.ts";
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
      certificates: [{ cert: pki.server.cert, key: pki.server.key }],
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

const WITH_OPENSSL =
  "deploy.ts hears what openssl s_server says, and resumes its sessions in the next run";

async function checkOpenssl(): Promise<void> {
  await using pki = await makePki();
  for (const [version, own] of [["TLSv1.3", "-tls1_3"], ["TLSv1.2", "-tls1_2"]] as const) {
    await using store = await makeStore();
    const imported = await runExample("deploy.ts", {
      permissions: ["--unstable-kv"],
      args: ["import", pki.root],
      env: store.env,
    });
    assertEquals(imported.code, 0, imported.stderr);
    await using server = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_server", "-accept", "127.0.0.1:0", "-cert", pki.server.certFile, "-key", pki.server.keyFile, own, "-crlf"],
      interactive: true,
    });
    const [, port] = await server.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
    const connections = () => server.stdout.match(/BEGIN SSL SESSION PARAMETERS/g)?.length ?? 0;
    for (const [before, resumed] of [false, true, true].entries()) {
      const checking = runExample("deploy.ts", {
        permissions: ["--unstable-kv", `--allow-net=127.0.0.1:${port}`],
        args: ["check", "127.0.0.1", port!],
        env: store.env,
      });
      await server.waitFor((p) => connections() > before ? p : null);
      await server.write("* OK ready\n");
      const { code, stdout, stderr } = await checking;
      assertEquals(code, 0, `${stdout}${stderr}`);
      const found = JSON.parse(stdout);
      assertEquals([found.version, found.resumed], [version, resumed]);
      assertEquals(found.greeting, "* OK ready");
      await server.waitFor((p) => (p.stdout.match(/^DONE$/gm)?.length ?? 0) > before ? p : null);
    }
  }
}

const AS_DEPLOYED = "deploy.ts answers requests with what it has found, as on Deno Deploy";

/**
 * Without arguments it listens on every interface: in a network where loopback is all there is, and
 * no mail server.
 */
async function askDeployed(): Promise<void> {
  await using store = await makeStore();
  await using namespace = await openNamespace();
  await using process = namespace.spawn(Deno.execPath(), {
    // deno-fmt-ignore
    args: ["run", "--no-prompt", "--no-check", "--unstable-kv", "--allow-net",
      `${import.meta.dirname}/../../examples/deploy.ts`],
    env: { NO_COLOR: "1", ...store.env },
  });
  await process.waitFor(/Listening on/);
  using conn = await namespace.connect(8000);
  await conn.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
  );
  const answer = await new Response(conn.readable).text();
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/, process.output);
  const found = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
  assertEquals([found.hostname, found.port], ["imap.example.com", 993]);
  assert(found.error.length > 0 && found.message.length > 0);
}

const problem = await namespaceProblem();
if (problem === undefined) Deno.test(AS_DEPLOYED, askDeployed);
else skip(AS_DEPLOYED, problem);

const found = await openssl.available();
if (found.ok) Deno.test(WITH_OPENSSL, checkOpenssl);
else skip(WITH_OPENSSL, found.reason);
