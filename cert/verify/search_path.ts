// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type CandidatePath,
  candidatePaths,
  MAX_SUB_CA_COUNT,
  MostSpecificError,
  type PathFailure,
  type PathPlace,
  unknownIssuer,
} from "./build_path.ts";
import { shown, stateOf } from "../base/printable.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { CertUsageName } from "./cert_usage.ts";
import {
  certificateAtFault,
  certificateError,
  type CertProfile,
  checkContent,
  type CheckOptions,
  checkSignatureAlgorithm,
} from "./check_certificate.ts";
import { checkNameConstraints, imposedNameConstraints } from "./check_name_constraints.ts";
import { checkPolicies, type PolicyInputs } from "./check_policies.ts";
import { checkStrictProfile, type FormVerdicts } from "./check_profile.ts";
import { NssError } from "../base/errors.ts";
import type { NameConstraints } from "../extensions/name_constraints.ts";
import { isVerified, rememberVerified } from "../certificate/known_certificates.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { type AnchorChecks, heldCertificate, type TrustAnchor } from "./trust_anchor.ts";
import { BudgetExceededError, signatureCost, VerificationBudget } from "./verification_budget.ts";
import { verifySignedData } from "./verify_signature.ts";

/**
 * The default minimum length in bits of an RSA key (Baseline Requirements, Section 6.1.5; webpki).
 */
export const MIN_RSA_BITS = 2048;

/**
 * The options of `verifyCertificateChain()`.
 *
 * @category Verification
 */
export interface VerifyChainOptions extends PolicyInputs {
  /** Intermediate certificates, in any order; unneeded ones are ignored. */
  readonly intermediates?: readonly Certificate[];
  /** The trust anchors. */
  readonly anchors: readonly TrustAnchor[];
  /** The time at which all certificates must be valid. */
  readonly time: Date;
  /** The usage of the certificate. */
  readonly usage: CertUsageName;
  /** The tolerated time before notBefore in seconds; 0 by default (NSS: 86,400). */
  readonly slopSeconds?: number;
  /** The profile, `"strict"` by default. */
  readonly profile?: CertProfile;
  /**
   * The maximum number of intermediate certificates, not counting self-issued ones; by default 6 in
   * the profile `"strict"`, 10 in `"compatible"`.
   */
  readonly maxDepth?: number;
  /** The minimum length in bits of an RSA key; 2048 by default. */
  readonly minRsaBits?: number;
  /** Whether signatures with SHA-1 are accepted, `false` by default. */
  readonly allowSha1?: boolean;
  /** What is held of an anchor's own certificate against it, `"all"` by default. */
  readonly anchorChecks?: AnchorChecks;
  /**
   * Called with each path that passes all other checks, and its trust anchor. It may refuse the
   * path by throwing an `NssError`, such as for a revoked certificate; other paths are then tried.
   * Of several checks, the next is called if the one before it does not refuse.
   */
  readonly checkPath?: PathCheck | readonly PathCheck[];
  /**
   * An array to which all errors are appended if there is no valid path: those of the leaf, and
   * those of one path. It is the path whose gravest error is least grave, where dates, usages,
   * algorithms, policies and form do not exclude a path, and `checkPath` does not either. If no
   * path leads to an anchor, `SEC_ERROR_UNKNOWN_ISSUER` is among the errors.
   */
  readonly log?: VerifyLogEntry[];
}

/**
 * A check of a path, which refuses it by throwing an `NssError`.
 *
 * @category Verification
 */
export type PathCheck = (path: VerifiedPath) => void | Promise<void>;

/**
 * An error found by a verification (`CERTVerifyLogNode`).
 *
 * @category Verification
 */
export interface VerifyLogEntry {
  /** The usage for which it was found. */
  readonly usage: CertUsageName;
  /** The error. */
  readonly error: NssError;
  /** The certificate at fault, if known. */
  readonly certificate?: Certificate;
  /** Its position in the path: 0 is the certificate that was verified. */
  readonly depth?: number;
}

/**
 * A verified path.
 *
 * Unlike what `verifyCertificateChain()` returns, it keeps the anchor apart: its own
 * certificate, if it has one, is `anchor.certificate`, and not among `certificates`.
 *
 * @category Verification
 */
export interface VerifiedPath {
  /** The certificates, leaf first, without that of the anchor unless it is the leaf. */
  readonly certificates: readonly Certificate[];
  /** The trust anchor. */
  readonly anchor: TrustAnchor;
  /** The profile with which it has been verified, that also holds for its CRLs. */
  readonly profile?: CertProfile;
}

/** The verification that found a path. */
export interface Verification {
  /** Its options: the certificates at hand, what is distrusted, its limits. */
  readonly options: SearchPathOptions;
  /** Its budget, which the checks of its paths spend as well. */
  readonly budget: VerificationBudget;
}

// By the array of certificates, so that a copy of a path with more members has it too
const VERIFICATIONS = new WeakMap<readonly Certificate[], Verification>();

/**
 * Returns the verification that found a path.
 *
 * @param path The path.
 * @returns The verification, or `undefined` if the path is not of this package.
 */
export function verificationOf({ certificates }: VerifiedPath): Verification | undefined {
  return VERIFICATIONS.get(certificates);
}

/** Returns a path as the caller's checks get it, whose verification they can find. */
export function verifiedPath(
  { certificates, anchor }: CandidatePath,
  verification: Verification,
): VerifiedPath {
  VERIFICATIONS.set(certificates, verification);
  return { certificates, anchor, profile: verification.options.profile ?? "strict" };
}

/** Returns the caller's checks of a path. */
export function pathChecks(
  { checkPath }: Pick<VerifyChainOptions, "checkPath">,
): readonly PathCheck[] {
  return [checkPath ?? []].flat();
}

/**
 * Returns the certificates of a path including the anchor's.
 *
 * @param path The path.
 * @returns The certificates, leaf first; the last one is that of the anchor, if it has one.
 */
export function wholePath({ certificates, anchor }: VerifiedPath): readonly Certificate[] {
  const { certificate } = anchor;
  return certificate === undefined || certificates[certificates.length - 1]!.equals(certificate)
    ? certificates
    : [...certificates, certificate];
}

/**
 * Fills in the defaults of the checks of one certificate.
 *
 * @param options The options of the caller.
 * @returns The options with defaults.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the time is an `Invalid Date`.
 */
export function checksOf(
  options: Omit<VerifyChainOptions, "anchors" | "intermediates" | "checkPath">,
): CheckOptions {
  return {
    usage: options.usage,
    time: options.time,
    slopSeconds: options.slopSeconds ?? 0,
    profile: options.profile ?? "strict",
    minRsaBits: options.minRsaBits ?? MIN_RSA_BITS,
    allowSha1: options.allowSha1 ?? false,
    anchorChecks: options.anchorChecks ?? "all",
  };
}

/** The options of {@linkcode searchPath}. */
export interface SearchPathOptions extends VerifyChainOptions {
  /** Returns whether an intermediate certificate is distrusted. */
  readonly distrusts?: (certificate: Certificate) => boolean;
}

/**
 * Finds and checks a path, except for the time and usage of the leaf, which {@linkcode checkLeaf}
 * checks.
 *
 * @param leaf The certificate.
 * @param options The trust anchors, the time, the usage and other options.
 * @returns The path, or the most specific error if there is none.
 */
export async function searchPath(
  leaf: Certificate,
  options: SearchPathOptions,
): Promise<VerifiedPath | PathFailure> {
  const checks = checksOf(options);
  const { distrusts } = options;
  const budget = new VerificationBudget();
  const mostSpecific = new MostSpecificError();
  const search = {
    ...checks,
    intermediates: options.intermediates ?? [],
    anchors: options.anchors,
    maxDepth: options.maxDepth ?? MAX_SUB_CA_COUNT[checks.profile],
    budget,
    ...(distrusts !== undefined && { distrusts }),
    reject: mostSpecific.offer.bind(mostSpecific),
  };
  const forms: FormVerdicts = new Map();
  try {
    checkContent(leaf, checks);
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return { error, certificate: leaf, depth: 0 };
  }
  try {
    for (const path of candidatePaths(leaf, search)) {
      try {
        await checkPath(path, checks, budget, options, forms);
        const verified = verifiedPath(path, { options, budget });
        for (const check of pathChecks(options)) await check(verified);
        return verified;
      } catch (error) {
        if (!(error instanceof NssError) || error instanceof BudgetExceededError) throw error;
        mostSpecific.offer(error.name, () => error, placeOf(error, path));
      }
    }
  } catch (error) {
    if (error instanceof BudgetExceededError) return { error };
    throw error;
  }
  return mostSpecific.failure ?? { error: unknownIssuer(leaf), certificate: leaf, depth: 0 };
}

/** Returns the certificate of a path that an error is about. */
export function placeOf(error: NssError, path: VerifiedPath): PathPlace {
  const certificate = certificateAtFault(error);
  const depth = certificate === undefined ? -1 : wholePath(path).indexOf(certificate);
  return depth < 0 ? {} : { certificate, depth };
}

async function checkPath(
  path: CandidatePath,
  checks: CheckOptions,
  budget: VerificationBudget,
  policies: PolicyInputs,
  forms: FormVerdicts,
): Promise<void> {
  if (!path.leafIsAnchor) checkSignatureAlgorithm(path.certificates[0]!, checks);
  checkPathNames(path, checks, budget);
  checkPolicies(path.certificates, policies, budget);
  if (checks.profile === "strict") checkStrictProfile(path, checks, forms);
  if (!path.leafIsAnchor) await checkSignatures(path, budget);
}

/**
 * RFC 5280, Section 6.1.3 (b), (c): checks the constraints of each CA for all certificates below
 * it.
 */
export function checkPathNames(
  { certificates, anchor, leafIsAnchor }: CandidatePath,
  options: CheckOptions,
  budget: VerificationBudget,
): void {
  const check = (constraints: NameConstraints | undefined, below: number) => {
    if (constraints === undefined) return;
    for (let i = below - 1; i >= 0; i--) {
      const certificate = certificates[i]!;
      // RFC 5280: not to self-issued certificates, unless it is the final certificate of the path
      if (i > 0 && certificate.isSelfIssued) continue;
      checkNameConstraints(certificate, constraints, {
        commonName: i === 0 && options.usage === "sslServer",
        budget,
        profile: options.profile,
      });
    }
  };
  for (let i = 1; i < certificates.length; i++) {
    check(imposedNameConstraints(certificates[i]!.subject), i);
    check(certificates[i]!.nameConstraints, i);
  }
  check(anchor.nameConstraints, certificates.length);
  if (leafIsAnchor) return;
  check(imposedNameConstraints(anchor.subject), certificates.length);
  check(heldCertificate(anchor, options)?.nameConstraints, certificates.length);
}

/**
 * Verifies signatures from the anchor down, so that only authenticated keys are used.
 *
 * Until a signature is wrong, the next is under way while its key is authenticated: an honest chain
 * takes half as long, and a forged one costs one signature more, as it does to authenticate a peer.
 *
 * @param path The path.
 * @param budget The budget.
 * @throws {NssError} The error of the signature nearest to the anchor that is not right.
 */
export async function checkSignatures(
  { certificates, anchor }: CandidatePath,
  budget: VerificationBudget,
): Promise<void> {
  let above: Promise<void> | undefined;
  for (let i = certificates.length - 1; i >= 0; i--) {
    const certificate = certificates[i]!;
    const issuer = certificates[i + 1]?.subjectPublicKeyInfo ?? anchor.subjectPublicKeyInfo;
    if (isVerified(certificate, issuer)) continue;
    if (budget.hasWrongSignature || signatureCost(issuer) > 1) await above;
    const check = checkSignature(certificate, issuer, budget);
    check.catch(() => {}); // awaited below
    await above;
    // Not before the issuer's key is authenticated: a peer's own keys would drive out others
    above = check.then(() => rememberVerified(certificate, issuer));
  }
  await above;
}

async function checkSignature(
  certificate: Certificate,
  issuer: SubjectPublicKeyInfo,
  budget: VerificationBudget,
): Promise<void> {
  budget.spend("signatures", signatureCost(issuer));
  const failed = budget.failedSignatures(certificate);
  if (failed.has(issuer) || !await isSignedBy(certificate, issuer)) {
    failed.add(issuer);
    throw certificateError(
      "SEC_ERROR_BAD_SIGNATURE",
      certificate,
      `its signature is not of the ${issuer} key of ${shown(certificate.issuer)}`,
    );
  }
}

/** Verifies a signature; an error, which is no verdict on it, names the certificate. */
async function isSignedBy(
  certificate: Certificate,
  issuer: SubjectPublicKeyInfo,
): Promise<boolean> {
  const { signatureAlgorithm, tbsCertificate, signature } = certificate;
  try {
    return await verifySignedData(issuer, signatureAlgorithm, tbsCertificate, signature);
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    throw certificateError(
      cause.name,
      certificate,
      `its signature cannot be checked with the key of ${shown(certificate.issuer)}: ${
        stateOf(cause)
      }`,
      { cause },
    );
  }
}
