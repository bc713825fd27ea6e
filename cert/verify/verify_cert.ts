// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../base/lazy_module.ts";
import {
  type Check,
  isAmount,
  isArray,
  isArrayOf,
  isBoolean,
  isDate,
  isFunction,
  isInteger,
  isString,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isCertificate, isCertificates } from "../certificate/checks.ts";
import { isUsage } from "./check_cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { checkLeaf, errorOf, isProfile } from "./check_certificate.ts";
import { checksOf, searchPath, type VerifyChainOptions, wholePath } from "./search_path.ts";
import { isAnchor, isAnchorChecks, toAnchors } from "./trust_anchor.ts";

export {
  MIN_RSA_BITS,
  type PathCheck,
  type VerifiedPath,
  type VerifyChainOptions,
  type VerifyLogEntry,
} from "./search_path.ts";

const isPathChecks = isArrayOf(isFunction);
const isPathCheck: Check = (value, name) =>
  Array.isArray(value) ? isPathChecks(value, name) : isFunction(value, name);

/** The checks that the options of both ways to verify have in common. */
export const PATH_OPTIONS: Shape<
  Omit<VerifyChainOptions, "anchors" | "time" | "usage" | "maxDepth">
> = {
  intermediates: isCertificates,
  slopSeconds: isAmount,
  profile: isProfile,
  minRsaBits: isInteger(0),
  allowSha1: isBoolean,
  anchorChecks: isAnchorChecks,
  policies: isArrayOf(isString),
  inhibitPolicyMapping: isBoolean,
  inhibitAnyPolicy: isBoolean,
  checkPath: isPathCheck,
  log: isArray,
};

const SHAPE: Shape<VerifyChainOptions> = {
  ...PATH_OPTIONS,
  anchors: required(isArrayOf(isAnchor)),
  time: required(isDate),
  usage: required(isUsage),
  maxDepth: isInteger(0),
};

/**
 * Verifies a certificate: finds and checks a path to a trust anchor (RFC 5280, Section 6).
 *
 * It checks the validity of all certificates, signatures, key usage, purposes of the leaf and of
 * all CAs, basic constraints and path length, name constraints, policies, unknown critical
 * extensions, weak keys and hashes, and `distrustAfter`. It does not check the host name (see
 * {@linkcode verifyCertName}) or revocation (see `checkPath`).
 *
 * A leaf that is byte for byte the certificate of a given anchor needs no issuer, so that a
 * self-signed server certificate can be trusted. Its validity, usage and extensions are checked all
 * the same, whatever `anchorChecks` says: it is the certificate that is verified.
 *
 * The peer chooses the certificates, so the work is limited to 100 signatures, 1,000 complete
 * paths, 200,000 steps of the search, 250,000 comparisons with name constraints and as many
 * policies. Beyond a limit it throws `SEC_ERROR_UNKNOWN_ISSUER`.
 *
 * @param leaf The certificate.
 * @param options The trust anchors, the time, the usage and other options.
 * @returns The path, leaf first; the last certificate is that of the anchor, if it has one. The
 * path that `checkPath` is given keeps the anchor apart: see {@linkcode VerifiedPath}.
 * @throws {NssError} The first error of the leaf, or the most specific one if all paths fail. Among
 * them are `SEC_ERROR_UNKNOWN_ISSUER`, `SEC_ERROR_EXPIRED_CERTIFICATE`,
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
 *
 * @category Verification
 */
export async function verifyCertificateChain(
  leaf: Certificate,
  options: VerifyChainOptions,
): Promise<readonly Certificate[]> {
  const attempt = "Cannot verify certificate chain";
  requireArgs(attempt, isCertificate(leaf, "leaf"));
  return await verifyPath(leaf, takeOptions(attempt, options, SHAPE));
}

/** Verifies a certificate as {@linkcode verifyCertificateChain} does, of options that are right. */
export async function verifyPath(
  leaf: Certificate,
  options: VerifyChainOptions,
): Promise<readonly Certificate[]> {
  const own = { ...options, anchors: toAnchors(options.anchors) };
  const error = errorOf(() => checkLeaf(leaf, checksOf(own)));
  const result = error === null ? await searchPath(leaf, own) : { error };
  if (!("error" in result)) return wholePath(result);
  if (own.log !== undefined) {
    const { pathProblems } = await importLazily(
      "the log of verifications",
      () => import("./path_problems.ts"),
    );
    own.log.push(...await pathProblems(leaf, own, result));
  }
  throw result.error;
}
