// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server of HTTP that is measured: its kind, certificate and key are its arguments. It prints
 * its port, and its CPU time in microseconds for each line that it reads.
 *
 * @module
 */

import { importFD, type SslSocket } from "@nss/nss";
import { serve } from "@nss/nss/http";
import process from "node:process";

const CHUNK = new Uint8Array(65_536);

/** Answers `/small`, `/down?n=LENGTH`, and a body by its length. */
async function handle(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/down") {
    let left = Number(searchParams.get("n"));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left <= 0) return controller.close();
        controller.enqueue(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
        left -= CHUNK.length;
      },
    });
    return new Response(body);
  }
  if (request.body === null) return new Response("small");
  let length = 0;
  for await (const chunk of request.body) length += chunk.length;
  return new Response(String(length));
}

/** Copies the bytes of a connection to a server on a Unix socket, and back. */
async function relayTo(socket: SslSocket, path: string): Promise<void> {
  try {
    const inner = await Deno.connect({ transport: "unix", path });
    await Promise.all([
      socket.readable.pipeTo(inner.writable),
      inner.readable.pipeTo(socket.writable),
    ]);
  } catch {
    socket[Symbol.dispose](); // the client is gone
  }
}

const [kind, cert = "", key = ""] = Deno.args;
const where = { hostname: "127.0.0.1", port: 0 };
const listen = () =>
  importFD(Deno.listen(where), {
    certificates: [{ cert, key }],
    alpnProtocols: ["http/1.1"],
  });

let port: number;
switch (kind) {
  case "serve":
    port = serve(listen(), handle).addr.port;
    break;
  case "relay": {
    const path = `${await Deno.makeTempDir()}/socket`;
    Deno.serve({ transport: "unix", path, onListen: () => {} }, handle);
    const listener = listen();
    port = listener.addr.port;
    (async () => {
      for await (const socket of listener) relayTo(socket, path);
    })();
    break;
  }
  default:
    port = Deno.serve({ ...where, cert, key, onListen: () => {} }, handle).addr.port;
}

async function say(value: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

await say(port);
for await (const _ of Deno.stdin.readable) {
  const { user, system } = process.cpuUsage();
  await say(user + system);
}
Deno.exit();
