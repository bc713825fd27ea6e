// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { once } from "node:events";
import net from "node:net";
import { assertEquals, assertRejects } from "@std/assert";
import { type ConnLike, importFD, SslError } from "@nss/nss";
import { fromNodeStream } from "@nss/nss/node";
import { spawn } from "../support/process.ts";
import { testPki } from "../support/test_pki.ts";

const TRANSPORTS: Readonly<Record<string, (port: number) => Promise<ConnLike>>> = {
  "Deno.Conn": (port) => Deno.connect({ hostname: "127.0.0.1", port }),
  "net.Socket": async (port) => {
    const socket = net.connect(port, "127.0.0.1");
    await once(socket, "connect");
    return fromNodeStream(socket);
  },
};

for (const [name, connect] of Object.entries(TRANSPORTS)) {
  Deno.test(`a refusal of openssl s_server is heard by whoever only writes, over ${name}`, async () => {
    const pki = await testPki();
    const { certFile, keyFile } = pki.leaf("server", "ecdsa-p256");
    await using server = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_server", "-accept", "127.0.0.1:0", "-cert", certFile, "-key", keyFile,
        "-cert_chain", pki.intermediateFile, "-Verify", "4", "-verify_return_error"],
      interactive: true,
    });
    const [, port] = Object(await server.waitFor(/^ACCEPT 127\.0\.0\.1:(\d+)/m));
    const seen: string[] = [];
    for (const pause of [0, 0, 100]) {
      const conn = await connect(Number(port));
      await using socket = importFD(conn, { hostname: "localhost", caCerts: [pki.root] });
      await socket.handshake(); // in TLS 1.3 it is complete before the server looks
      // Nothing is read meanwhile: the alert is found, or not, by the write
      if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
      const error = await assertRejects(() => socket.write(new Uint8Array(16 << 20)), SslError);
      seen.push(error.name);
      await socket.close().catch(() => {}); // the same error
    }
    assertEquals(seen, Array(3).fill("SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT"));
  });
}
