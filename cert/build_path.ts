// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "./certificate.ts";
import { certificateError, checkAuthority, type CheckOptions } from "./check_certificate.ts";
import { bytesEqual } from "./der.ts";
import { type ErrorName, NssError } from "./errors.ts";
import type { TrustAnchor } from "./trust_anchor.ts";
import type { VerificationBudget } from "./verification_budget.ts";

/**
 * How many certificates of authorities may stand between the last certificate and the trust anchor by
 * default, self-issued ones not counted (webpki: `MAX_SUB_CA_COUNT`). The public web has two or three.
 */
export const MAX_SUB_CA_COUNT = 6;

/**
 * How many certificates of authorities a path may have besides the anchor's, self-issued ones counted
 * (GnuTLS: `DEFAULT_MAX_VERIFY_DEPTH`).
 */
export const MAX_PATH_LENGTH = 16;

/** A path that is complete but for its signatures. */
export interface CandidatePath {
  /** The certificates, the last one of the path (the leaf) first, without the anchor's. */
  readonly certificates: readonly Certificate[];
  /** What the path ends in; `null` if the leaf itself is the certificate of an anchor. */
  readonly anchor: TrustAnchor;
  /** Whether the leaf itself is the certificate of the anchor. */
  readonly leafIsAnchor: boolean;
}

/** What paths are built of. */
export interface PathSearch extends CheckOptions {
  /** The certificates that may stand between. */
  readonly intermediates: readonly Certificate[];
  /** What paths may end in. */
  readonly anchors: readonly TrustAnchor[];
  /** How many certificates of authorities, self-issued ones not counted, may stand between. */
  readonly maxDepth: number;
  /** Counts the work. */
  readonly budget: VerificationBudget;
  /** Hears why a candidate was not taken. */
  readonly reject: (error: NssError) => void;
}

/**
 * Which error tells most, where every path fails with another (webpki: `Error::rank`): an error further
 * along the way, and one about a certificate rather than about a lack of one.
 */
const RANKS: readonly ErrorName[] = [
  "SEC_ERROR_UNKNOWN_ISSUER",
  "SEC_ERROR_BAD_SIGNATURE",
  "SEC_ERROR_BAD_DER",
  "SEC_ERROR_UNSUPPORTED_KEYALG",
  "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
  "SEC_ERROR_BAD_KEY",
  "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
  "SEC_ERROR_EXTENSION_VALUE_INVALID",
  "SEC_ERROR_EXTENSION_NOT_FOUND",
  "SEC_ERROR_CA_CERT_INVALID",
  "SEC_ERROR_INADEQUATE_KEY_USAGE",
  "SEC_ERROR_INADEQUATE_CERT_TYPE",
  "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
  "SEC_ERROR_INVALID_KEY",
  "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
  "SEC_ERROR_POLICY_VALIDATION_FAILED",
  "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
  "SEC_ERROR_UNTRUSTED_ISSUER",
  "SEC_ERROR_UNTRUSTED_CERT",
  "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
  "SEC_ERROR_REVOKED_CERTIFICATE",
];

/**
 * Chooses the error that tells more.
 *
 * @param kept The one kept so far.
 * @param next Another one.
 * @returns The one of higher rank, of equals the first.
 */
export function moreSpecific(kept: NssError | null, next: NssError): NssError {
  return kept === null || RANKS.indexOf(next.name) > RANKS.indexOf(kept.name) ? next : kept;
}

/**
 * Searches the paths from a certificate to a trust anchor, depth first.
 *
 * Names and extensions decide; signatures are the caller's, from the anchor down, once a path is
 * complete. Several certificates may have the issuer's name (authorities are cross-signed and renewed):
 * those whose key identifier fits are tried first, none is left out, for identifiers are hints
 * (RFC 4158, Section 3.5). A certificate of the same name and key as one already on the path is not taken
 * (RFC 4158, Section 2.4.2): the path would be longer, not better.
 *
 * @param leaf The last certificate of the paths.
 * @param search What the paths are built of.
 * @returns The paths, one after another as long as the caller wants more.
 * @throws {BudgetExceededError} If the search takes too long.
 */
export function* candidatePaths(
  leaf: Certificate,
  search: PathSearch,
): Generator<CandidatePath, void, void> {
  // A certificate that is trusted itself needs no issuer, as in OpenSSL (X509_V_FLAG_PARTIAL_CHAIN) and Go
  for (const anchor of search.anchors) {
    if (anchor.certificate?.equals(leaf) === true) {
      yield { certificates: [leaf], anchor, leafIsAnchor: true };
    }
  }
  const verdicts = new Map<Certificate, NssError | null>();
  const anchorVerdicts = new Map<TrustAnchor, NssError | null>();
  yield* extend([leaf], 0);

  function* extend(
    path: readonly Certificate[],
    depth: number,
  ): Generator<CandidatePath, void, void> {
    const child = path[path.length - 1]!;
    let found = false;
    for (const anchor of byHint(child, search.anchors, keyIdentifierOfAnchor)) {
      search.budget.spend("pathSteps");
      found = true;
      const error = memoized(anchorVerdicts, anchor, () => checkAnchor(anchor, search)) ??
        checkPathLength(anchor.certificate, depth) ?? checkDistrust(anchor, leaf);
      if (error === null) yield { certificates: path, anchor, leafIsAnchor: false };
      else search.reject(error);
    }
    for (const candidate of byHint(child, search.intermediates, keyIdentifierOf)) {
      search.budget.spend("pathSteps");
      if (path.some((certificate) => isSameAuthority(certificate, candidate))) continue;
      found = true;
      const inner = depth + (candidate.isSelfIssued ? 0 : 1);
      const error = memoized(verdicts, candidate, () => checkIntermediate(candidate, search)) ??
        checkPathLength(candidate, depth) ??
        checkDepth(candidate, inner, path.length, search.maxDepth);
      if (error === null) yield* extend([...path, candidate], inner);
      else search.reject(error);
    }
    if (!found) {
      search.reject(certificateError(
        "SEC_ERROR_UNKNOWN_ISSUER",
        child,
        child.isSelfIssued
          ? "it is self-signed and no trust anchor"
          : `its issuer "${child.issuer}" is not known`,
      ));
    }
  }
}

function memoized<K>(
  verdicts: Map<K, NssError | null>,
  key: K,
  check: () => NssError | null,
): NssError | null {
  let verdict = verdicts.get(key);
  if (verdict === undefined) verdicts.set(key, verdict = check());
  return verdict;
}

/** Those whose subject is the issuer of a certificate, those with its key identifier first. */
function byHint<T extends { readonly subject: Certificate["subject"] }>(
  child: Certificate,
  candidates: readonly T[],
  identifierOf: (candidate: T) => Uint8Array | null,
): readonly T[] {
  const { issuer } = child;
  const named = candidates.filter(({ subject }) => subject.equals(issuer));
  if (named.length < 2) return named;
  const wanted = authorityIdentifierOf(child);
  if (wanted === null) return named;
  const rank = (candidate: T) => {
    const identifier = identifierOf(candidate);
    if (identifier === null) return 1;
    return bytesEqual(identifier, wanted) ? 0 : 2;
  };
  return named.map((candidate) => [rank(candidate), candidate] as const)
    .sort(([a], [b]) => a - b).map(([, candidate]) => candidate);
}

/** A hint that is malformed is none; whether the certificate may be used is decided elsewhere. */
function hint<T>(read: () => T | undefined): T | null {
  try {
    return read() ?? null;
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
}

function authorityIdentifierOf(certificate: Certificate): Uint8Array | null {
  return hint(() => certificate.authorityKeyIdentifier?.keyIdentifier);
}

function keyIdentifierOf(certificate: Certificate): Uint8Array | null {
  return hint(() => certificate.subjectKeyIdentifier);
}

function keyIdentifierOfAnchor({ certificate }: TrustAnchor): Uint8Array | null {
  return certificate === undefined ? null : keyIdentifierOf(certificate);
}

function isSameAuthority(a: Certificate, b: Certificate): boolean {
  return bytesEqual(a.subjectPublicKeyInfoDer, b.subjectPublicKeyInfoDer) &&
    a.subject.equals(b.subject);
}

function errorOf(check: () => void): NssError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof NssError) return error;
    throw error;
  }
}

function checkIntermediate(certificate: Certificate, search: PathSearch): NssError | null {
  return errorOf(() => checkAuthority(certificate, search, false));
}

function checkAnchor({ certificate }: TrustAnchor, search: PathSearch): NssError | null {
  return certificate === undefined
    ? null
    : errorOf(() => checkAuthority(certificate, search, true));
}

/** RFC 5280, Section 6.1.4 (l), (m), counted from below: the constraint bounds what is under it. */
function checkPathLength(certificate: Certificate | undefined, below: number): NssError | null {
  const pathLength = certificate?.basicConstraints?.pathLength;
  if (pathLength === undefined || below <= pathLength) return null;
  return certificateError(
    "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
    certificate!,
    `its pathLenConstraint is ${pathLength}, and ${below} authorities are under it`,
  );
}

function checkDepth(
  certificate: Certificate,
  depth: number,
  length: number,
  maxDepth: number,
): NssError | null {
  if (depth <= maxDepth && length <= MAX_PATH_LENGTH) return null;
  return certificateError(
    "SEC_ERROR_UNKNOWN_ISSUER",
    certificate,
    `the path would have more than ${
      depth > maxDepth ? maxDepth : MAX_PATH_LENGTH
    } authorities between`,
  );
}

function checkDistrust(anchor: TrustAnchor, leaf: Certificate): NssError | null {
  if (anchor.distrustAfter === undefined || leaf.notBefore <= anchor.distrustAfter) return null;
  return certificateError(
    "SEC_ERROR_UNTRUSTED_ISSUER",
    leaf,
    `certificates of "${anchor.subject}" made after ${anchor.distrustAfter.toISOString()} ` +
      "are not trusted",
  );
}
