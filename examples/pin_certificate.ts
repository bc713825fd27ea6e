// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Connects only to a server with a known key, on top of the usual checks: an authority that is
 * fooled into a certificate for the host is of no use to anybody. Deno has no place for such a
 * check (denoland/deno#8238).
 *
 *     deno run --allow-net --allow-sys examples/pin_certificate.ts example.com:443 PIN...
 *     deno run --allow-net --allow-read=ca.pem examples/pin_certificate.ts localhost:8443 \
 *       --ca ca.pem PIN...
 *
 * A pin is the SHA-256 of a public key in base64 (RFC 7469); keep one for the next key, too:
 *
 *     openssl pkey -in key.pem -pubout -outform der | openssl dgst -sha256 -binary | base64
 *
 * @module
 */

import {
  authCertificate,
  type AuthCertificateHook,
  importFD,
  type ImportOptions,
  SslError,
  type SslSocket,
} from "@nss/nss";
import { parseArgs } from "node:util";
import { clean, run, urlOf } from "./_program.ts";

/** Authenticates a server as usual, and wants its key to be among the pins. */
function pinned(pins: readonly string[]): AuthCertificateHook {
  return async (socket, peer) => {
    await authCertificate(socket, peer); // throws unless all is well so far
    // Only the server's own key: it may send any certificates behind its own, and need not have
    // their keys.
    const pin = await peer.chain[0]!.subjectPublicKeyInfo.pin();
    if (pins.includes(pin)) return true;
    throw new SslError(
      "SEC_ERROR_APPLICATION_CALLBACK_ERROR",
      `Cannot accept ${peer.hostname}: it has the key ${pin}, which is not pinned`,
    );
  };
}

/** Connects to a server with one of the keys. */
async function connectPinned(
  { hostname, port }: { hostname: string; port: number },
  pins: readonly string[],
  options: ImportOptions = {},
): Promise<SslSocket> {
  const socket = importFD(await Deno.connect({ hostname, port }), {
    ...options,
    hostname,
    authCertificate: pinned(pins),
  });
  await socket.handshake();
  return socket;
}

async function main(): Promise<void> {
  const { values: { ca, help }, positionals: [server, ...pins] } = parseArgs({
    args: Deno.args,
    options: { ca: { type: "string" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (help || server === undefined || pins.length === 0) {
    console.log("Usage: pin_certificate.ts host:port [--ca ca.pem] PIN...");
    Deno.exit(help ? 0 : 2);
  }
  const { hostname, port } = urlOf(`https://${server}`, "https");
  const options = ca ? { caCerts: [await Deno.readTextFile(ca)] } : {};
  const address = { hostname, port: Number(port || 443) };
  await using socket = await connectPinned(address, pins, options);
  const { peerCertificates: [peer] } = await socket.handshake();
  console.log(clean(`Connected to ${peer?.subject}, whose key is pinned`));
}

if (import.meta.main) await run(main);
