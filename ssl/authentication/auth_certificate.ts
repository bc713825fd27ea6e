// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../../cert/base/lazy_module.ts";
import { NssError } from "../../cert/base/errors.ts";
import {
  hasMembers,
  isArray,
  isDate,
  isFunction,
  isInstance,
  isPlain,
  orNull,
  required,
  type Shape,
} from "../../cert/base/options.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { RevocationOptions } from "../../cert/revocation/revocation.ts";
import { errorOf } from "../../cert/verify/check_certificate.ts";
import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import { verifyCert } from "../../cert/verify/verify_cert_usage.ts";
import {
  type PathCheck,
  type VerifiedPath,
  verifyCertificateChain,
  type VerifyLogEntry,
  verifyPath,
} from "../../cert/verify/verify_cert.ts";
import { type PeerCertificates, sharedCertificates } from "./application_chain.ts";
import { checkPathRules } from "../config/certificate_rules.ts";
import { requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { PeerAuthentication } from "../config/hooks.ts";
import type { SslSocket } from "../base/socket_type.ts";

/**
 * The additional checks of {@linkcode authCertificate}.
 *
 * @category Hooks
 */
export interface AuthCertificateOptions {
  /**
   * The sources of revocation information, and the policy if the status is unknown. By default only
   * a stapled OCSP response is used, if `ocspStapling` has asked for one: the certificate is
   * refused if its status is "revoked", and if the response cannot be used. With `lenientStaple`,
   * the latter counts as none, as in NSS.
   */
  readonly revocation?: Omit<RevocationOptions, "time" | "stapledOcspResponse" | "mustStaple">;
  /**
   * Called with each verified path and its trust anchor. It may refuse the path by throwing; other
   * paths are then tried. A hook that checks issuers must use this path, because `peer.chain` is
   * not verified.
   */
  readonly checkPath?: PathCheck;
}

const SHAPE: Shape<AuthCertificateOptions> = {
  revocation: isPlain, // its members are checked by checkRevocation(), which is loaded late
  checkPath: isFunction,
};

const isPeer = hasMembers("what a hook is called with", {
  chain: required(isArray),
  time: required(isDate),
  context: required(isInstance(NssContext)),
  trustAnchors: orNull(isArray),
});

/**
 * Authenticates a peer as NSS does by default (`SSL_AuthCertificate`). It is called if no hook is
 * set, and a hook may call it and check more.
 *
 * The chain must lead to a trust anchor (the socket's `caCerts`, or those of its context: its
 * database, by default with the platform's roots), be valid now, and be made for this usage; a
 * server's certificate must match the socket's host name.
 *
 * @param _socket The socket.
 * @param peer The peer to authenticate.
 * @param options The additional checks.
 * @returns Always `true`, so that a hook can return it.
 * @throws {NssError} If the peer is not authenticated: `SEC_ERROR_UNKNOWN_ISSUER`,
 * `SEC_ERROR_EXPIRED_CERTIFICATE`, `SSL_ERROR_BAD_CERT_DOMAIN` ...
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
 *     await authCertificate(socket, peer); // throws unless all is well so far
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
 * import {
 *   authCertificate,
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 *   NssError,
 * } from "@nss/nss";
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
 * assertEquals(info.peerCertificates.length, 1); // the issuer is not sent, but in the path
 * ```
 *
 * @example Refusing certificates of unknown status
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
 * assert(outcome.status === "rejected"); // the certificate names no responder
 * assertEquals(outcome.reason.name, "SEC_ERROR_CRL_NOT_FOUND");
 * ```
 *
 * @category Hooks
 */
export async function authCertificate(
  _socket: SslSocket,
  peer: PeerAuthentication,
  options: AuthCertificateOptions = {},
): Promise<true> {
  const attempt = "Cannot authenticate peer";
  const shared = sharedCertificates(peer);
  if (shared === undefined) requireSslArgs(attempt, isPeer(peer, "peer"));
  options = takeSslOptions(attempt, options, SHAPE);
  const log: VerifyLogEntry[] | undefined = peer.log && [];
  // What shows certificates to the application shows it its own
  const showsThem = log !== undefined || options.checkPath !== undefined ||
    options.revocation?.report !== undefined;
  const certificates = shared === undefined || showsThem ? peer : shared;
  const error = await peerError(peer, certificates, options, log);
  if (error === null) return true;
  if (log === undefined) throw error;
  peer.log?.push(...log);
  const { tolerated = [] } = peer;
  const isTolerated = log.length > 0 &&
    log.every((entry) => tolerated.some((one) => isSameProblem(one, entry)));
  if (isTolerated) return true;
  throw error;
}

/**
 * Verifies a peer's certificates, and that the first one has its name.
 *
 * @returns The error; `null` if it is authenticated.
 * @throws {SslError} `SSL_ERROR_NO_CERTIFICATE` if it has none.
 */
async function peerError(
  peer: PeerAuthentication,
  certificates: PeerCertificates,
  options: AuthCertificateOptions,
  log: VerifyLogEntry[] | undefined,
): Promise<NssError | null> {
  const { hostname, isServer } = peer;
  const [leaf] = certificates.chain;
  if (leaf === undefined) {
    throw new SslError(
      "SSL_ERROR_NO_CERTIFICATE",
      "Cannot authenticate peer: it has no certificate",
    );
  }
  const error = await pathError(leaf, peer, certificates, options, log);
  // The name is looked at after an error only if its result is logged
  if (isServer || (error !== null && log === undefined)) return error;
  const wrongName = errorOf(() => checkName(leaf, hostname));
  if (wrongName !== null) {
    log?.push({ usage: "sslServer", error: wrongName, certificate: leaf, depth: 0 });
  }
  return error ?? wrongName;
}

/**
 * Verifies a peer's certificates as {@linkcode authCertificate} does, but not whose name they have.
 *
 * @returns The error; `null` if there is a valid path.
 */
export function authenticatePath(
  peer: PeerAuthentication,
  options: AuthCertificateOptions,
): Promise<NssError | null> {
  return pathError(peer.chain[0]!, peer, peer, options, undefined);
}

/**
 * Verifies a path.
 *
 * @returns The error; `null` if there is a valid path.
 */
async function pathError(
  leaf: Certificate,
  peer: PeerAuthentication,
  certificates: PeerCertificates,
  options: AuthCertificateOptions,
  log: VerifyLogEntry[] | undefined,
): Promise<NssError | null> {
  const { chain, trustAnchors } = certificates;
  const { isServer, context, time } = peer;
  const usage = isServer ? "sslClient" : "sslServer";
  let crashed: SslError | null = null;
  /** Makes an `NssError` of any error, so that the search goes on and the log is complete. */
  const guarded = (check: PathCheck): PathCheck => async (path) => {
    try {
      await check(path);
    } catch (error) {
      if (error instanceof NssError) throw error;
      throw crashed = toSslError(error, "SEC_ERROR_APPLICATION_CALLBACK_ERROR");
    }
  };
  const checks = [
    (path: VerifiedPath) => checkPathRules(path, peer.policyPresets ?? []),
    await revocationCheck(peer, options.revocation),
    options.checkPath,
  ].filter((check) => check != null).map(guarded);
  const given = {
    intermediates: chain.slice(1),
    checkPath: checks,
    ...(log !== undefined && { log }),
  };
  try {
    if (trustAnchors === null) {
      await verifyCert(context.certDB, leaf, true, usage, time, given);
    } else {
      const anchors = trustAnchors;
      const profile = "compatible"; // private authorities often deviate in harmless ways
      // What an application gives, or has made of what it was given, is checked
      const verify = certificates === peer ? verifyCertificateChain : verifyPath;
      await verify(leaf, { ...given, anchors, time, usage, profile });
    }
    return crashed;
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return crashed ?? error;
  }
}

function checkName(leaf: Certificate, hostname: string | null): void {
  if (hostname === null) {
    throw new SslError(
      "SSL_ERROR_BAD_CERT_DOMAIN",
      "Cannot authenticate server: no hostname is set to check its certificate against",
    );
  }
  verifyCertName(leaf, hostname);
}

/**
 * Returns whether two errors of a verification are the same: of the same name, about the same
 * certificate.
 */
export function isSameProblem(a: VerifyLogEntry, b: VerifyLogEntry): boolean {
  if (a.error.name !== b.error.name || a.depth !== b.depth) return false;
  return a.certificate === b.certificate ||
    (a.certificate !== undefined && b.certificate?.equals(a.certificate) === true);
}

/**
 * Returns the check of revocation; `null` if nothing can say that a certificate is revoked: then
 * its modules are not loaded.
 */
async function revocationCheck(
  { stapledOcspResponse, askedForOcspResponse: mustStaple, time }: PeerAuthentication,
  options: AuthCertificateOptions["revocation"],
): Promise<((path: VerifiedPath) => Promise<void>) | null> {
  if (options === undefined && stapledOcspResponse === null && !mustStaple) return null;
  const { checkRevocation } = await importLazily(
    "the check of revocation",
    () => import("../../cert/revocation/revocation.ts"),
  );
  const sources = options ?? { policy: "soft" };
  return checkRevocation({ ...sources, time, stapledOcspResponse, mustStaple });
}
