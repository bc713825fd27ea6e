// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Sends back to each client what it sends.
 *
 *     deno run --allow-net=127.0.0.1 examples/echo_server.ts 4433
 *     deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/echo_server.ts 4433 \
 *       cert.pem key.pem
 *
 * Without files it makes a certificate for localhost and prints it. Then, in another terminal:
 *
 *     openssl s_client -connect 127.0.0.1:4433
 *
 * @module
 */

import {
  type CertificateOptions,
  createCertificate,
  generateKeyPair,
  importFD,
  type SslListener,
  type SslSocket,
} from "@nss/nss";
import { portOf, reason, run } from "./_program.ts";

/** Serves all clients side by side; a client that fails is reported and disturbs no other. */
async function serveEcho(listener: SslListener): Promise<void> {
  for await (const socket of listener) {
    echo(socket).catch((error) => console.error(reason(error)));
  }
}

async function echo(socket: SslSocket): Promise<void> {
  const { version, cipherSuite, group, resumed } = await socket.handshake();
  console.log(version, cipherSuite, group, resumed ? "resumed" : "new");
  // until the client is done, which closes the socket
  await socket.readable.pipeTo(socket.writable);
}

/** A certificate for localhost which nobody has signed but itself. */
async function selfSigned(): Promise<CertificateOptions> {
  const keys = await generateKeyPair();
  const cert = await createCertificate({
    ...keys,
    subject: "CN=localhost",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
  });
  console.log(cert.toPem());
  return { cert, key: keys.privateKey };
}

async function main(): Promise<void> {
  const [port = "0", certFile, keyFile] = Deno.args;
  if (port === "--help" || (certFile !== undefined && keyFile === undefined)) {
    console.log("Usage: echo_server.ts [port [cert.pem key.pem]]");
    Deno.exit(port === "--help" ? 0 : 2);
  }
  const certificate = certFile !== undefined && keyFile !== undefined
    ? { cert: await Deno.readTextFile(certFile), key: await Deno.readTextFile(keyFile) }
    : await selfSigned();
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: portOf(port) }), {
    certificates: [certificate],
  });
  console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
  await serveEcho(listener);
}

if (import.meta.main) await run(main);
