// Copyright 2026 the NSS for Deno authors. MIT license.

import { checkRevocation, type RevocationOptions } from "../../cert/revocation/revocation.ts";
import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import { verifyCert } from "../../cert/verify/verify_cert_usage.ts";
import { type VerifiedPath, verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { checkPathRules } from "../config/certificate_rules.ts";
import { SslError } from "../base/errors.ts";
import type { PeerAuthentication } from "../config/hooks.ts";
import type { SslSocket } from "../base/socket_type.ts";

/** What {@linkcode authCertificate} checks besides what it always checks. */
export interface AuthCertificateOptions {
  /**
   * Where to look for revocation, and what to do where nothing can be found out. By default only a
   * stapled OCSP response counts: one that verifies and says "revoked" refuses the certificate.
   */
  readonly revocation?: Omit<RevocationOptions, "time" | "stapledOcspResponse" | "mustStaple">;
  /**
   * Called with each path that is right so far, and its trust anchor. It may refuse the path by
   * throwing; other paths are then tried. A hook that looks at issuers must look at this path:
   * `peer.chain` is whatever the peer has sent.
   */
  readonly checkPath?: (path: VerifiedPath) => void | Promise<void>;
}

/**
 * NSS's standard authentication of a peer (`SSL_AuthCertificate`): what runs where no hook is set,
 * and what a hook of your own calls to go on from.
 *
 * The chain must lead to a trust anchor (the socket's `caCerts`, or those of its context: its
 * database, by default with the platform's roots), be valid now and made for this use; a server's
 * certificate must be good for the socket's host name.
 *
 * @param _socket The socket.
 * @param peer What to decide about.
 * @param options What else to check.
 * @throws {NssError} What is wrong: `SEC_ERROR_UNKNOWN_ISSUER`, `SEC_ERROR_EXPIRED_CERTIFICATE`,
 * `SSL_ERROR_BAD_CERT_DOMAIN` ...
 *
 * @example Pinning the server's key on top of the usual checks
 * ```ts
 * import { authCertificate, createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 *
 * const pinned = "0hVHJbA/t3O3ph6SUEMmcp6c8ByvWDkQIkNBmXHUhiE="; // of another key
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 *   authCertificate: async (socket, peer) => {
 *     await authCertificate(socket, peer);
 *     return await peer.chain[0]!.subjectPublicKeyInfo.pin() === pinned;
 *   },
 * });
 * const [outcome] = await Promise.allSettled([client.handshake(), server.handshake()]);
 * assert(outcome.status === "rejected");
 * assertEquals(outcome.reason.alert, "bad_certificate");
 * ```
 *
 * @example Pinning an issuer's key
 * ```ts
 * import { authCertificate, createCertificate, generateKeyPair, importFD, NssError } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await generateKeyPair();
 * const ca = await createCertificate({ ...authority, subject: "CN=Example CA", isCa: true });
 * const pinned = await ca.subjectPublicKeyInfo.pin();
 *
 * const { privateKey: key, publicKey } = await generateKeyPair();
 * const issuer = { certificate: ca, privateKey: authority.privateKey };
 * const cert = await createCertificate({ publicKey, dnsNames: ["localhost"], issuer });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key }],
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [ca],
 *   authCertificate: (socket, peer) =>
 *     authCertificate(socket, peer, {
 *       checkPath: async ({ anchor }) => {
 *         if (await anchor.subjectPublicKeyInfo.pin() === pinned) return;
 *         throw new NssError("SEC_ERROR_UNTRUSTED_ISSUER");
 *       },
 *     }),
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.peerCertificates.length, 1); // the issuer's is not sent, but in the path
 * ```
 *
 * @example Refuse what is not known to be good
 * ```ts
 * import { authCertificate, createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const authority = await generateKeyPair();
 * const ca = await createCertificate({ ...authority, subject: "CN=Example CA", isCa: true });
 * const { privateKey: key, publicKey } = await generateKeyPair();
 * const issuer = { certificate: ca, privateKey: authority.privateKey };
 * const cert = await createCertificate({ publicKey, dnsNames: ["localhost"], issuer });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key }],
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [ca],
 *   authCertificate: (socket, peer) =>
 *     authCertificate(socket, peer, {
 *       revocation: {
 *         policy: "hard",
 *         fetchOcsp: async (url, { request, signal = null }) => {
 *           const headers = { "content-type": "application/ocsp-request" };
 *           const response = await fetch(url, { method: "POST", body: request, headers, signal });
 *           return response.ok ? await response.bytes() : null;
 *         },
 *       },
 *     }),
 * });
 * const [outcome] = await Promise.allSettled([client.handshake(), server.handshake()]);
 * assert(outcome.status === "rejected"); // the certificate does not say whom to ask
 * assertEquals(outcome.reason.name, "SEC_ERROR_CRL_NOT_FOUND");
 * ```
 */
export async function authCertificate(
  _socket: SslSocket,
  peer: PeerAuthentication,
  options: AuthCertificateOptions = {},
): Promise<void> {
  const { chain: [leaf, ...intermediates], hostname, isServer, trustAnchors, context, time } = peer;
  if (leaf === undefined) {
    throw new SslError(
      "SSL_ERROR_NO_CERTIFICATE",
      "Cannot authenticate peer: it has no certificate",
    );
  }
  const usage = isServer ? "sslClient" : "sslServer";
  // Public authorities keep to the letter; home-made ones get their form wrong in ways that protect nobody.
  const profile = trustAnchors === null ? "strict" : "compatible";
  const checkRevoked = checkRevocation({
    profile,
    ...(options.revocation ?? { policy: "soft" }),
    time,
    stapledOcspResponse: peer.stapledOcspResponse,
    mustStaple: peer.askedForOcspResponse,
  });
  const checkPath = async (verified: VerifiedPath) => {
    checkPathRules(verified, peer.policyPresets ?? []);
    await checkRevoked(verified);
    await options.checkPath?.(verified);
  };
  if (trustAnchors === null) {
    await verifyCert(context.certDB, leaf, true, usage, time, { intermediates, checkPath });
  } else {
    await verifyCertificateChain(leaf, {
      intermediates,
      anchors: trustAnchors,
      time,
      usage,
      profile,
      checkPath,
    });
  }
  if (isServer) return;
  if (hostname === null) {
    throw new SslError(
      "SSL_ERROR_BAD_CERT_DOMAIN",
      "Cannot authenticate server: no hostname is set to check its certificate against",
    );
  }
  verifyCertName(leaf, hostname);
}
