// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { type Process, type ProcessResult, run } from "../support/process.ts";
import { listeningPort, runExample, startExample } from "./_example.ts";
import { type ExamplePki, type Identity, makePki } from "./_pki.ts";
import { opensslServer, testWith } from "./_programs.ts";

/** Serves for Alice only. */
function startServer({ directory, rootFile, server }: ExamplePki): Process {
  return startExample("mutual_tls.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${directory}`],
    args: ["serve", "0", rootFile, server.certFile, server.keyFile, "alice"],
  });
}

function runClient(pki: ExamplePki, port: number, me: Identity): Promise<ProcessResult> {
  return runExample("mutual_tls.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${pki.directory}`],
    args: ["get", String(port), pki.rootFile, me.certFile, me.keyFile],
  });
}

Deno.test("mutual_tls.ts lets Alice in and keeps Bob out", async () => {
  await using pki = await makePki();
  await using server = startServer(pki);
  const [alice, bob, port] = await Promise.all([
    pki.client("alice"),
    pki.client("bob"),
    listeningPort(server),
  ]);
  const [greeted, refused] = await Promise.all([
    runClient(pki, port, alice),
    runClient(pki, port, bob),
  ]);
  assertEquals(greeted.code, 0, greeted.stderr);
  assertStringIncludes(greeted.stdout, "\r\n\r\nHello alice\r\n");
  assertEquals(refused.code, 1);
  assertEquals(refused.stdout, "");
  assertStringIncludes(refused.stderr, "SSL_ERROR_BAD_CERT_ALERT: ");
  await server.waitFor((p) => /^SSL_ERROR_BAD_CERTIFICATE: /m.exec(p.stderr));
});

await testWith("curl", "mutual_tls.ts knows curl by its certificate", async () => {
  await using pki = await makePki();
  await using server = startServer(pki);
  const port = await listeningPort(server);
  const curl = async (name: string) => {
    const { certFile, keyFile } = await pki.client(name);
    return await run("curl", {
      // deno-fmt-ignore
      args: ["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", "--cacert", pki.rootFile,
        "--cert", certFile, "--key", keyFile, `https://127.0.0.1:${port}/`],
    });
  };
  const [alice, bob] = await Promise.all([curl("alice"), curl("bob")]);
  assertEquals(alice, { code: 0, stdout: "Hello alice\r\n", stderr: "" });
  assertNotEquals(bob.code, 0);
  assertEquals(bob.stdout, "");
});

await testWith(
  "openssl",
  "mutual_tls.ts refuses openssl s_client without certificate",
  async () => {
    await using pki = await makePki();
    await using server = startServer(pki);
    const port = await listeningPort(server);
    const { code, stderr } = await run("openssl", {
      args: ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", pki.rootFile, "-ign_eof"],
      input: "GET / HTTP/1.0\r\n\r\n",
    });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "alert certificate required");
  },
);

await testWith("openssl", "mutual_tls.ts shows its certificate to openssl s_server", async () => {
  await using pki = await makePki();
  const alice = await pki.client("alice");
  const { process, port } = await opensslServer(
    pki.server,
    ...["-CAfile", pki.rootFile, "-Verify", "1", "-verify_return_error", "-www"],
  );
  await using _ = process;
  const { code, stdout, stderr } = await runClient(pki, port, alice);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "Client certificate");
  assertStringIncludes(stdout, "Subject: CN=alice\n");
});
