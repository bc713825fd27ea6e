// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { type CertProfile, checkLeaf } from "./check_certificate.ts";
import { checksOf, searchPath, wholePath } from "./search_path.ts";
import type { TrustAnchor } from "./trust_anchor.ts";

export { MIN_RSA_BITS } from "./search_path.ts";

/** What {@linkcode verifyCertificateChain} works with. */
export interface VerifyChainOptions {
  /** Certificates that may stand between, in any order; those that do not help are ignored. */
  readonly intermediates?: readonly Certificate[];
  /** The authorities that are trusted. */
  readonly anchors: readonly TrustAnchor[];
  /** The time at which all must be valid. */
  readonly time: Date;
  /** What the certificate is used for. */
  readonly usage: CertUsageName;
  /** How long before notBefore a certificate is taken as valid; 0 by default (NSS: 86,400). */
  readonly slopSeconds?: number;
  /** How certificates must be made, `"strict"` by default. */
  readonly profile?: CertProfile;
  /** How many authorities may stand between, self-issued ones not counted; 6 by default. */
  readonly maxDepth?: number;
  /** How many bits the modulus of an RSA key must have; 2048 by default. */
  readonly minRsaBits?: number;
  /** Whether signatures with SHA-1 count, `false` by default. */
  readonly allowSha1?: boolean;
  /** The policies of which one must hold for the path; by default only if a certificate says so. */
  readonly policies?: readonly string[];
  /**
   * Hears of each path whose signatures are right, and may refuse it by throwing an `NssError`, as
   * where a certificate is revoked; other paths are then tried.
   */
  readonly checkPath?: (path: VerifiedPath) => void | Promise<void>;
}

/** A path that has been verified. */
export interface VerifiedPath {
  /** The certificates, the leaf first, without the anchor's (unless the leaf is that). */
  readonly certificates: readonly Certificate[];
  /** What the path ends in. */
  readonly anchor: TrustAnchor;
}

/**
 * Verifies a certificate: finds a path to a trust anchor and checks it wholly (RFC 5280, Section
 * 6).
 *
 * What it checks: validity of all certificates, signatures from the anchor down, key usage,
 * purposes of the leaf and of every authority above it, basic constraints and path length, name
 * constraints, policies, unknown critical extensions, weak keys and hashes, `distrustAfter`. What
 * it does not: the host name ({@linkcode verifyCertName}) and revocation (`checkPath`).
 *
 * A leaf that is byte for byte the certificate of a given anchor is accepted without an issuer,
 * after the same checks of validity, usage and extensions: that is what people mean who trust a
 * self-signed server certificate.
 *
 * The certificates come from the peer, so the work is bounded: 100 signatures, 1,000 complete
 * paths, 200,000 steps of a search, 250,000 comparisons with name constraints and as many policies.
 * Beyond it is `SEC_ERROR_UNKNOWN_ISSUER`.
 *
 * @param leaf The certificate.
 * @param options What is trusted, when and for what.
 * @returns The path: the leaf first, the anchor's certificate last if the anchor has one.
 * @throws {NssError} What is wrong; of several paths that fail, with the error that tells most.
 * Among them `SEC_ERROR_UNKNOWN_ISSUER`, `SEC_ERROR_EXPIRED_CERTIFICATE`,
 * `SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE`, `SEC_ERROR_BAD_SIGNATURE`, `SEC_ERROR_CA_CERT_INVALID`,
 * `SEC_ERROR_CERT_NOT_IN_NAME_SPACE`.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, trustAnchorOf, verifyCertificateChain } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const rootKeys = await generateKeyPair();
 * const root = await createCertificate({ ...rootKeys, subject: "CN=Example Root", isCa: true });
 * const { publicKey } = await generateKeyPair();
 * const leaf = await createCertificate({
 *   publicKey,
 *   dnsNames: ["example.com"],
 *   issuer: { certificate: root, privateKey: rootKeys.privateKey },
 * });
 *
 * const path = await verifyCertificateChain(leaf, {
 *   anchors: [trustAnchorOf(root)],
 *   time: new Date(),
 *   usage: "sslServer",
 * });
 * assertEquals(path, [leaf, root]);
 * ```
 */
export async function verifyCertificateChain(
  leaf: Certificate,
  options: VerifyChainOptions,
): Promise<readonly Certificate[]> {
  return wholePath(await verifyPath(leaf, options));
}

/**
 * Verifies a certificate as {@linkcode verifyCertificateChain}, and tells the trust anchor as well.
 *
 * @param leaf The certificate.
 * @param options What is trusted, when and for what.
 * @returns The path.
 * @throws {NssError} As {@linkcode verifyCertificateChain}.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, trustAnchorOf, verifyPath } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const anchor = trustAnchorOf(certificate);
 * const path = await verifyPath(certificate, {
 *   anchors: [anchor],
 *   time: new Date(),
 *   usage: "sslServer",
 * });
 * assertEquals(path.anchor, anchor);
 * ```
 */
export async function verifyPath(
  leaf: Certificate,
  options: VerifyChainOptions,
): Promise<VerifiedPath> {
  checkLeaf(leaf, checksOf(options));
  const result = await searchPath(leaf, options);
  if ("error" in result) throw result.error;
  return result;
}
