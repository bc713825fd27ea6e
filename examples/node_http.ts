// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * HTTPS by `node:http` over our TLS, in both roles: whatever is built on node:http, such as
 * Express, runs on a socket that knows who is calling and lets us decide about it.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/node_http.ts serve \
 *       8443 cert.pem key.pem
 *     deno run --allow-net --allow-read=ca.pem examples/node_http.ts get https://localhost:8443/ \
 *       ca.pem
 *
 * @module
 */

import { type CertificateOptions, importFD, type SslListener, type SslSocket } from "@nss/nss";
import { createServer, request, type RequestListener } from "node:http";
import { Duplex } from "node:stream";
import { cleanLines, portOf, reason, run, urlOf } from "./_program.ts";

/** Serves HTTP on a listener of TLS sockets. */
async function serveHttp(listener: SslListener, handler: RequestListener): Promise<void> {
  const server = createServer(handler);
  for await (const socket of listener) {
    socket.handshake().then(
      () => server.emit("connection", toDuplex(socket)),
      (error) => console.error(reason(error)),
    );
  }
}

/** Gets a page by `node:http`. */
async function getPage(url: URL, ca: string): Promise<string> {
  const { hostname, port } = url;
  const conn = await Deno.connect({ hostname, port: Number(port || 443) });
  const socket = importFD(conn, { hostname, caCerts: [ca], alpnProtocols: ["http/1.1"] });
  await socket.handshake();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(url.href.replace("https:", "http:"), {
    createConnection: () => toDuplex(socket),
    headers: { Host: url.host },
  }, async (response) => {
    resolve((await response.setEncoding("utf8").toArray()).join(""));
  }).on("error", reject).end();
  return await promise;
}

/** A stream of node's over a socket. */
function toDuplex(socket: SslSocket): Duplex {
  const writer = socket.writable.getWriter();
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => writer.write(chunk),
    close: () => writer.close(),
    // Where node:http is done with a stream, it destroys it; what it wrote last must leave before.
    abort: () => socket.close(),
  });
  return Duplex.fromWeb({ readable: socket.readable, writable });
}

async function serve(port: number, certificate: CertificateOptions): Promise<void> {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port }), {
    certificates: [certificate],
    alpnProtocols: ["http/1.1"],
  });
  console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
  await serveHttp(listener, (request, response) => {
    response.end(`You asked node:http for ${request.url}\n`);
  });
}

async function main(): Promise<void> {
  const [verb, target, ...files] = Deno.args;
  const [first, key] = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  if (verb === "serve" && target && first && key) {
    await serve(portOf(target), { cert: first, key });
  } else if (verb === "get" && target && first) {
    console.log(cleanLines(await getPage(urlOf(target, "https"), first)));
  } else {
    console.log("Usage: node_http.ts serve PORT cert.pem key.pem | node_http.ts get URL ca.pem");
    Deno.exit(verb === "--help" ? 0 : 2);
  }
}

if (import.meta.main) await run(main);
