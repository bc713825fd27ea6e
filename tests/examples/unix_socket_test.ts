// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/process.ts";
import { runExample, startExample } from "./_example.ts";
import { makePki } from "./_pki.ts";
import { testWith } from "./_programs.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/m;

await testWith(
  "openssl",
  "unix_socket.ts tells the time to openssl s_client and to itself",
  async () => {
    await using pki = await makePki();
    const { rootFile, server: { certFile, keyFile } } = pki;
    const path = `${pki.directory}/clock`;
    await using server = startExample("unix_socket.ts", {
      permissions: [
        `--allow-net=unix:${path}`,
        `--allow-read=${path},${certFile},${keyFile}`,
        `--allow-write=${path}`,
      ],
      args: ["serve", path, certFile, keyFile],
    });
    await server.waitFor((p) => p.stdout.includes(`Listening on ${path}\n`) ? p : null);
    const [openssl, own] = await Promise.all([
      run("openssl", {
        // deno-fmt-ignore
        args: ["s_client", "-unix", path, "-CAfile", rootFile, "-verify_return_error", "-verify_hostname", "localhost",
        "-servername", "localhost", "-quiet"],
        input: "",
      }),
      runExample("unix_socket.ts", {
        permissions: [
          `--allow-net=unix:${path}`,
          `--allow-read=${path},${rootFile}`,
          `--allow-write=${path}`,
        ],
        args: ["ask", path, rootFile],
      }),
    ]);
    assertMatch(openssl.stdout, TIME);
    assertEquals(own.code, 0, own.stderr);
    assertMatch(own.stdout, TIME);
  },
);

Deno.test("unix_socket.ts asks Deno's own TLS for the time", async () => {
  await using pki = await makePki();
  const { cert, key } = pki.server;
  const path = `${pki.directory}/clock`;
  // Deno's own TLS is for TCP only, so that its bytes are carried to the Unix socket.
  using native = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  using listener = Deno.listen({ transport: "unix", path });
  await using client = startExample("unix_socket.ts", {
    permissions: [
      `--allow-net=unix:${path}`,
      `--allow-read=${path},${pki.rootFile}`,
      `--allow-write=${path}`,
    ],
    args: ["ask", path, pki.rootFile],
  });
  const failed = client.result().then(({ stderr }) => Promise.reject(new Error(stderr)));
  const carried = carry(await Promise.race([listener.accept(), failed]), native.addr.port);
  const conn = await native.accept();
  await conn.write(new TextEncoder().encode("2026-11-23T12:00:00.000Z\n"));
  await conn.closeWrite();
  const { code, stdout, stderr } = await client.result();
  assertEquals(code, 0, stderr);
  assertEquals(stdout, "2026-11-23T12:00:00.000Z\n");
  conn.close();
  await carried;
});

async function carry(unix: Deno.UnixConn, port: number): Promise<void> {
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  await Promise.allSettled([
    unix.readable.pipeTo(tcp.writable),
    tcp.readable.pipeTo(unix.writable),
  ]);
}
