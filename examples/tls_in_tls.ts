// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * TLS within TLS: reaches an HTTPS server through an HTTP proxy that speaks TLS itself. The outer
 * connection authenticates the proxy, the inner one the server, and the proxy sees nothing of it.
 * `Deno.startTls` refuses a TLS connection (denoland/deno#4422).
 *
 *     deno run --allow-net=proxy.example:3128 --allow-read=ca.pem \
 *       examples/tls_in_tls.ts https://proxy.example:3128 https://server.example/ ca.pem
 *
 * @module
 */

import { importFD, type SslSocket } from "@nss/nss";
import { Lines } from "./_lines.ts";
import { clean, forStdout, run, urlOf } from "./_program.ts";

/** Connects to a server through a proxy; both have certificates of the same authority. */
async function connectThrough(proxy: URL, server: URL, ca: string): Promise<SslSocket> {
  const conn = await Deno.connect({ hostname: proxy.hostname, port: Number(proxy.port || 443) });
  const outer = importFD(conn, { hostname: proxy.hostname, caCerts: [ca] });
  const target = `${server.hostname}:${server.port || 443}`;
  const lines = new Lines(outer);
  await lines.write(`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, "");
  const status = await lines.read();
  await lines.readTo((line) => line === ""); // the end of the proxy's answer
  if (!status?.startsWith("HTTP/1.1 200 ")) {
    await outer.close();
    throw new Error(
      `Cannot connect through ${proxy.host}: ${status ?? "it closed the connection"}`,
    );
  }
  return importFD(outer, { hostname: server.hostname, caCerts: [ca], head: lines.rest });
}

async function main(): Promise<void> {
  const [proxy, url, ca] = Deno.args;
  if (!proxy || !url || !ca) {
    console.log("Usage: tls_in_tls.ts https://proxy:port https://server[:port]/path ca.pem");
    Deno.exit(proxy === "--help" ? 0 : 2);
  }
  const server = urlOf(url, "https");
  const through = urlOf(proxy, "https");
  await using socket = await connectThrough(through, server, await Deno.readTextFile(ca));
  const { cipherSuite, peerCertificates: [peer] } = await socket.handshake();
  console.error(`${clean(`${peer?.subject} by ${cipherSuite}`)}\n`);
  await new Lines(socket).write(`GET ${server.pathname} HTTP/1.0`, `Host: ${server.host}`, "");
  await forStdout(socket.readable).pipeTo(Deno.stdout.writable);
}

if (import.meta.main) await run(main);
