// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../cert/certificate.ts";
import { verifyCertName } from "../cert/verify_cert_name.ts";
import { verifyCertificateChain } from "../cert/verify_cert.ts";
import { SslError } from "./errors.ts";
import type { PeerAuthentication } from "./hooks.ts";
import type { SslSocket } from "./ssl_socket.ts";

/**
 * NSS's standard authentication of a peer (`SSL_AuthCertificate`): what runs where no hook is set, and what a hook of your own
 * calls to go on from.
 *
 * The chain must lead to a trust anchor (the socket's `caCerts`, or those of its context: by default the platform's roots), be
 * valid now and made for this use; a server's certificate must be good for the socket's host name.
 *
 * @param _socket The socket.
 * @param peer What to decide about.
 * @throws {NssError} What is wrong: `SEC_ERROR_UNKNOWN_ISSUER`, `SEC_ERROR_EXPIRED_CERTIFICATE`, `SSL_ERROR_BAD_CERT_DOMAIN` ...
 *
 * @example Pinning the server's key on top of the usual checks
 * ```ts
 * import { authCertificate, type AuthCertificateHook } from "@nss/nss";
 *
 * const pinned = "0hVHJbA/t3O3ph6SUEMmcp6c8ByvWDkQIkNBmXHUhiE=";
 * const hook: AuthCertificateHook = async (socket, peer) => {
 *   await authCertificate(socket, peer);
 *   return await peer.chain[0]!.subjectPublicKeyInfo.pin() === pinned;
 * };
 * ```
 */
export async function authCertificate(
  _socket: SslSocket,
  peer: PeerAuthentication,
): Promise<void> {
  await verifyPeerChain(peer);
}

/**
 * Authenticates a peer as {@linkcode authCertificate} does, and tells the path that was verified. A hook that looks at issuers must
 * look at this path: `peer.chain` is whatever the peer has sent.
 *
 * @param peer What to decide about.
 * @returns The path: the peer's certificate first, the trust anchor's last.
 * @throws {NssError} What is wrong.
 *
 * @example Pinning an issuer's key
 * ```ts
 * import { type AuthCertificateHook, verifyPeerChain } from "@nss/nss";
 *
 * const pinned = "0hVHJbA/t3O3ph6SUEMmcp6c8ByvWDkQIkNBmXHUhiE=";
 * const hook: AuthCertificateHook = async (_socket, peer) => {
 *   const path = await verifyPeerChain(peer);
 *   const pins = await Promise.all(path.map((cert) => cert.subjectPublicKeyInfo.pin()));
 *   return pins.includes(pinned);
 * };
 * ```
 */
export async function verifyPeerChain(peer: PeerAuthentication): Promise<readonly Certificate[]> {
  const { chain: [leaf, ...intermediates], hostname, isServer, trustAnchors, context, time } = peer;
  if (leaf === undefined) {
    throw new SslError(
      "SSL_ERROR_NO_CERTIFICATE",
      "Cannot authenticate peer: it has no certificate",
    );
  }
  const path = await verifyCertificateChain(leaf, {
    intermediates,
    anchors: trustAnchors ?? await context.trustAnchors(),
    time,
    usage: isServer ? "sslClient" : "sslServer",
    // Public authorities keep to the letter; home-made ones get their form wrong in ways that protect nobody.
    profile: trustAnchors === null ? "strict" : "compatible",
  });
  if (isServer) return path;
  if (hostname === null) {
    throw new SslError(
      "SSL_ERROR_BAD_CERT_DOMAIN",
      "Cannot authenticate server: no hostname is set to check its certificate against",
    );
  }
  verifyCertName(leaf, hostname);
  return path;
}
