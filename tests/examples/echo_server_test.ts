// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { spawn } from "../support/process.ts";
import { listeningPort, startExample } from "./_example.ts";
import { makePki } from "./_pki.ts";
import { testWith } from "./_programs.ts";

await testWith("openssl", "echo_server.ts echoes to openssl s_client", async () => {
  await using pki = await makePki();
  const { certFile, keyFile } = pki.server;
  await using server = startExample("echo_server.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${certFile},${keyFile}`],
    args: ["0", certFile, keyFile],
  });
  const port = await listeningPort(server);
  await using client = spawn("openssl", {
    // deno-fmt-ignore
    args: ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", pki.rootFile, "-verify_return_error",
      "-verify_hostname", "localhost"],
    interactive: true,
  });
  await client.write("said to the echo\n");
  await client.waitFor((p) => p.stdout.includes("said to the echo\n") ? p : null);
  await client.write("Q\n");
  assertEquals((await client.result()).code, 0);
  await server.waitFor((p) => /^TLSv1\.3 TLS_\S+ \S+ new$/m.exec(p.stdout));
});

Deno.test("echo_server.ts makes a certificate that Deno.connectTls accepts", async () => {
  await using server = startExample("echo_server.ts", {
    permissions: ["--allow-net=127.0.0.1"],
    args: [],
  });
  const port = await listeningPort(server);
  const [pem] = /-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/.exec(server.stdout)!;
  using conn = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [pem] });
  await conn.write(new TextEncoder().encode("native"));
  const buffer = new Uint8Array(100);
  const length = await conn.read(buffer);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, length!)), "native");
});
