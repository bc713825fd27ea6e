// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * A server that knows who is calling: clients show a certificate of a private authority, and the
 * server decides about each by name. A Deno server cannot ask for certificates
 * (denoland/deno#26825, #6170).
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=. examples/mutual_tls.ts serve 8443 ca.pem \
 *       cert.pem key.pem alice bob
 *     deno run --allow-net=127.0.0.1 --allow-read=. examples/mutual_tls.ts get 8443 ca.pem \
 *       alice.pem alice-key.pem
 *     curl --cacert ca.pem --cert alice.pem --key alice-key.pem https://localhost:8443/
 *
 * @module
 */

import {
  authCertificate,
  type AuthCertificateHook,
  type CertificateOptions,
  importFD,
  peerCertificate,
  type SslListener,
  type SslSocket,
} from "@nss/nss";
import { toText } from "@std/streams/to-text";
import { Lines } from "./_lines.ts";
import { cleanLines, portOf, reason, run } from "./_program.ts";

/** Lets in whom the authority has certified under one of the names. */
function onlyFor(names: readonly string[]): AuthCertificateHook {
  return async (socket, peer) => {
    await authCertificate(socket, peer); // by the authority, valid now, made for clients
    return names.includes(peer.chain[0]!.subject.commonName ?? "");
  };
}

/** Listens for clients with a certificate. */
function listen(
  port: number,
  ca: string,
  certificate: CertificateOptions,
  names: readonly string[],
): SslListener<Deno.NetAddr> {
  return importFD(Deno.listen({ hostname: "127.0.0.1", port }), {
    certificates: [certificate],
    clientAuth: "require",
    caCerts: [ca],
    authCertificate: onlyFor(names),
  });
}

/** Greets a client by its name, in HTTP. */
async function greet(socket: SslSocket): Promise<void> {
  await using _ = socket;
  const lines = new Lines(socket);
  await lines.readTo((line) => line === ""); // the end of the request
  const { commonName } = peerCertificate(socket)!.subject;
  await lines.write("HTTP/1.0 200 OK", "Content-Type: text/plain", "", `Hello ${commonName}`);
}

/** Calls the server with a certificate of one's own; returns its whole answer. */
async function get(
  port: number,
  ca: string,
  certificate: CertificateOptions,
): Promise<string> {
  await using socket = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
    hostname: "localhost",
    caCerts: [ca],
    certificates: [certificate],
  });
  // In TLS 1.3 a client is done before the server has seen its certificate: a refusal comes with
  // the first read.
  await new Lines(socket).write("GET / HTTP/1.0", "Host: localhost", "");
  return await toText(socket.readable);
}

async function serve(listener: SslListener<Deno.NetAddr>): Promise<void> {
  console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
  for await (const socket of listener) {
    greet(socket).catch((error) => console.error(reason(error)));
  }
}

async function main(): Promise<void> {
  const [verb, port, ca, cert, key, ...names] = Deno.args;
  if (!port || !ca || !cert || !key || !(verb === "serve" || verb === "get")) {
    console.log("Usage: mutual_tls.ts serve PORT ca.pem cert.pem key.pem NAME...");
    console.log("       mutual_tls.ts get PORT ca.pem cert.pem key.pem");
    Deno.exit(verb === "--help" ? 0 : 2);
  }
  const number = portOf(port);
  const authority = await Deno.readTextFile(ca);
  const certificate = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  if (verb === "serve") await serve(listen(number, authority, certificate, names));
  else console.log(cleanLines(await get(number, authority, certificate)));
}

if (import.meta.main) await run(main);
