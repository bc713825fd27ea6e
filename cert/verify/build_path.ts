// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import {
  certificateError,
  checkAuthority,
  type CheckOptions,
  errorOf,
} from "./check_certificate.ts";
import { bytesEqual } from "../der/der.ts";
import { type ErrorName, ERRORS, NssError } from "../base/errors.ts";
import { timeText } from "../der/time.ts";
import type { TrustAnchor } from "./trust_anchor.ts";
import type { VerificationBudget } from "./verification_budget.ts";

/**
 * How many certificates of authorities may stand between the last certificate and the trust anchor
 * by default, self-issued ones not counted (webpki: `MAX_SUB_CA_COUNT`). The public web has two or
 * three.
 */
export const MAX_SUB_CA_COUNT = 6;

/**
 * How many certificates of authorities a path may have besides the anchor's, self-issued ones
 * counted (GnuTLS: `DEFAULT_MAX_VERIFY_DEPTH`).
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
  /** Tells whether a certificate must not issue, whatever stands in it. */
  readonly distrusts?: (certificate: Certificate) => boolean;
  /** Hears why a candidate was not taken; the error is made only if its name tells more. */
  readonly reject: (name: ErrorName, error: () => NssError, where: PathPlace) => void;
}

/** The certificate at fault, and where it stands. */
export interface PathPlace {
  /** The certificate, where it is known. */
  readonly certificate?: Certificate | undefined;
  /** How many certificates are under it: 0 is the leaf. */
  readonly depth?: number;
}

/** Why there is no path. */
export interface PathFailure extends PathPlace {
  /** What is wrong. */
  readonly error: NssError;
}

/**
 * Why it could not be found out whether a certificate is revoked: the path is good but for that.
 */
const REVOCATION_UNKNOWN: readonly ErrorName[] = (Object.keys(ERRORS) as ErrorName[])
  .filter((name) => /^SEC_ERROR_(CRL|OCSP)_/.test(name));

/**
 * Which error tells most, where every path fails with another (webpki: `Error::rank`): an error
 * further along the way, and one about a certificate rather than about a lack of one.
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
  ...REVOCATION_UNKNOWN,
  "SEC_ERROR_REVOKED_CERTIFICATE",
];

/** Keeps the error that tells most. */
export class MostSpecificError {
  #failure: PathFailure | null = null;

  /** The error kept and where it is from, or `null` if there was none. */
  get failure(): PathFailure | null {
    return this.#failure;
  }

  /**
   * Offers an error.
   *
   * @param name Its name.
   * @param make Makes it; called only if it is kept, for a search may reject 200,000 times.
   * @param where Which certificate is at fault.
   */
  offer(name: ErrorName, make: () => NssError, where: PathPlace = {}): void {
    const kept = this.#failure?.error.name;
    if (kept === undefined || RANKS.indexOf(name) > RANKS.indexOf(kept)) {
      this.#failure = { ...where, error: make() };
    }
  }
}

/**
 * Searches the paths from a certificate to a trust anchor, depth first.
 *
 * Names and extensions decide; signatures are the caller's, from the anchor down, once a path is
 * complete. Several certificates may have the issuer's name (authorities are cross-signed and
 * renewed): those whose key identifier fits are tried first, none is left out, for identifiers are
 * hints (RFC 4158, Section 3.5). A certificate of the same name and key as one already on the path
 * is not taken (RFC 4158, Section 2.4.2): the path would be longer, not better.
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
  // A certificate that is trusted itself needs no issuer, as in OpenSSL (X509_V_FLAG_PARTIAL_CHAIN)
  // and Go
  for (const anchor of search.anchors) {
    if (anchor.certificate?.equals(leaf) === true) {
      yield { certificates: [leaf], anchor, leafIsAnchor: true };
    }
  }
  const { budget, maxDepth } = search;
  const anchors = bySubject(search.anchors);
  const intermediates = bySubject(search.intermediates);
  // Per certificate once, however often the search comes by
  const verdicts = new Map<Certificate | TrustAnchor, NssError | null>();
  const issuers = new Map<Certificate, Issuers>();
  const authorities = new Map<Certificate, number>();
  const numbers = new Map<string, number>();
  /** One number for each name and key. */
  const authorityOf = (certificate: Certificate) =>
    memoized(authorities, certificate, () => {
      const id = `${certificate.subjectPublicKeyInfoDer.toHex()} ${certificate.subject.key}`;
      return memoized(numbers, id, () => numbers.size);
    });
  const issuersOf = (child: Certificate) =>
    memoized(issuers, child, () => ({
      anchors: byHint(child, anchors.get(child.issuer.key), keyIdentifierOfAnchor),
      intermediates: byHint(child, intermediates.get(child.issuer.key), keyIdentifierOf),
    }));
  yield* extend([leaf], [authorityOf(leaf)], 0);

  function* extend(
    path: readonly Certificate[],
    onPath: readonly number[],
    depth: number,
  ): Generator<CandidatePath, void, void> {
    const child = path[path.length - 1]!;
    const issuers = issuersOf(child);
    let found = false;
    for (const anchor of issuers.anchors) {
      budget.spend("pathSteps");
      found = true;
      const { certificate } = anchor;
      const error = memoized(verdicts, anchor, () => checkAnchor(anchor, leaf, search));
      if (!takes(certificate, error, depth, path.length)) continue;
      budget.spend("paths");
      yield { certificates: path, anchor, leafIsAnchor: false };
    }
    for (const candidate of issuers.intermediates) {
      budget.spend("pathSteps");
      const authority = authorityOf(candidate);
      if (onPath.includes(authority)) continue;
      found = true;
      const inner = depth + (candidate.isSelfIssued ? 0 : 1);
      if (inner > maxDepth || path.length > MAX_PATH_LENGTH) {
        search.reject("SEC_ERROR_UNKNOWN_ISSUER", () => tooDeep(candidate, inner, maxDepth), {
          certificate: candidate,
          depth: path.length,
        });
        continue;
      }
      const error = memoized(verdicts, candidate, () => checkIntermediate(candidate, search));
      if (!takes(candidate, error, depth, path.length)) continue;
      yield* extend([...path, candidate], [...onPath, authority], inner);
    }
    if (!found) {
      search.reject("SEC_ERROR_UNKNOWN_ISSUER", () => unknownIssuer(child), {
        certificate: child,
        depth: path.length - 1,
      });
    }
  }

  /** Whether an issuer may stand above what is on the path. */
  function takes(
    certificate: Certificate | undefined,
    error: NssError | null,
    below: number,
    depth: number,
  ): boolean {
    const where = { certificate, depth };
    if (error !== null) {
      search.reject(error.name, () => error, where);
      return false;
    }
    // RFC 5280, Section 6.1.4 (l), (m), counted from below: the constraint bounds what is under it
    const pathLength = certificate?.basicConstraints?.pathLength ?? Infinity;
    if (below <= pathLength) return true;
    search.reject("SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", () =>
      certificateError(
        "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
        certificate!,
        `its pathLenConstraint is ${pathLength}, and ${below} authorities are under it`,
      ), where);
    return false;
  }
}

/**
 * Makes the error of a certificate whose issuer is not there.
 *
 * @param child The certificate.
 * @returns The error.
 */
export function unknownIssuer(child: Certificate): NssError {
  return certificateError(
    "SEC_ERROR_UNKNOWN_ISSUER",
    child,
    child.isSelfIssued
      ? "it is self-signed and no trust anchor"
      : `its issuer "${child.issuer}" is not known`,
  );
}

/** What has the name of a certificate's issuer. */
interface Issuers {
  readonly anchors: readonly TrustAnchor[];
  readonly intermediates: readonly Certificate[];
}

function memoized<K, V>(values: Map<K, V>, key: K, make: () => V): V {
  let value = values.get(key);
  if (value === undefined) values.set(key, value = make());
  return value;
}

function bySubject<T extends { readonly subject: Certificate["subject"] }>(
  candidates: readonly T[],
): Map<string, T[]> {
  const named = new Map<string, T[]>();
  for (const candidate of candidates) {
    memoized(named, candidate.subject.key, (): T[] => []).push(candidate);
  }
  return named;
}

/**
 * Of candidates that have the name of a certificate's issuer those with its key identifier first.
 */
function byHint<T>(
  child: Certificate,
  named: readonly T[] = [],
  identifierOf: (candidate: T) => Uint8Array | null,
): readonly T[] {
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

function checkIntermediate(certificate: Certificate, search: PathSearch): NssError | null {
  if (search.distrusts?.(certificate) === true) {
    const state = "it is an issuer that is distrusted";
    return certificateError("SEC_ERROR_UNTRUSTED_ISSUER", certificate, state);
  }
  return errorOf(() => checkAuthority(certificate, search, false));
}

function checkAnchor(
  anchor: TrustAnchor,
  leaf: Certificate,
  search: PathSearch,
): NssError | null {
  const { certificate, distrustAfter } = anchor;
  if (distrustAfter !== undefined && !(leaf.notBefore <= distrustAfter)) {
    return certificateError(
      "SEC_ERROR_UNTRUSTED_ISSUER",
      leaf,
      `certificates of "${anchor.subject}" made after ${timeText(distrustAfter)} ` +
        "are not trusted",
    );
  }
  return certificate === undefined
    ? null
    : errorOf(() => checkAuthority(certificate, search, true));
}

function tooDeep(certificate: Certificate, depth: number, maxDepth: number): NssError {
  const limit = depth > maxDepth ? maxDepth : MAX_PATH_LENGTH;
  return certificateError(
    "SEC_ERROR_UNKNOWN_ISSUER",
    certificate,
    `the path would have more than ${limit} authorities between`,
  );
}
