// Copyright 2026 the NSS for Deno authors. MIT license.

import { shown } from "../base/printable.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { certUsageRow, type CheckedUsage } from "./check_cert_usage.ts";
import {
  certificateError,
  type CertProfile,
  checkAuthority,
  checkKey,
  type CheckOptions,
  errorOf,
  refuse,
} from "./check_certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import { toHex } from "../base/runtime.ts";
import { type ErrorName, ERRORS, NssError } from "../base/errors.ts";
import { timeText } from "../der/time.ts";
import { heldCertificate, type TrustAnchor } from "./trust_anchor.ts";
import { trustLevel } from "../db/trust_flags.ts";
import type { VerificationBudget } from "./verification_budget.ts";

/**
 * The default maximum number of intermediate certificates, not counting self-issued ones. The
 * public web has two or three, and webpki allows 6; OpenSSL, Go and GnuTLS allow 10 and more.
 */
export const MAX_SUB_CA_COUNT = { strict: 6, compatible: 10 } as const satisfies Record<
  CertProfile,
  number
>;

/**
 * The maximum number of intermediate certificates, including self-issued ones (GnuTLS:
 * `DEFAULT_MAX_VERIFY_DEPTH`).
 */
export const MAX_PATH_LENGTH = 16;

/** A path whose signatures are not verified yet. */
export interface CandidatePath {
  /** The certificates, leaf first, without that of the anchor unless it is the leaf. */
  readonly certificates: readonly Certificate[];
  /** The trust anchor. */
  readonly anchor: TrustAnchor;
  /** Whether the leaf is the certificate of the anchor. */
  readonly leafIsAnchor: boolean;
}

/** The options of a search. */
export interface PathSearch extends CheckOptions {
  /** The available intermediate certificates. */
  readonly intermediates: readonly Certificate[];
  /** The trust anchors. */
  readonly anchors: readonly TrustAnchor[];
  /** The maximum number of intermediate certificates, not counting self-issued ones. */
  readonly maxDepth: number;
  /** The budget of the verification. */
  readonly budget: VerificationBudget;
  /** Returns whether an intermediate certificate is distrusted. */
  readonly distrusts?: (certificate: Certificate) => boolean;
  /** Called when a candidate is rejected; it creates the error only if it is more specific. */
  readonly reject: (name: ErrorName, error: () => NssError, where: PathPlace) => void;
}

/** The certificate at fault and its position in the path. */
export interface PathPlace {
  /** The certificate, if known. */
  readonly certificate?: Certificate | undefined;
  /** The number of certificates below it: 0 for the leaf. */
  readonly depth?: number;
}

/** Why there is no path. */
export interface PathFailure extends PathPlace {
  /** The error. */
  readonly error: NssError;
}

/**
 * The errors if the revocation status is unknown. They rank high, because the path is otherwise
 * valid.
 */
export const REVOCATION_UNKNOWN: readonly ErrorName[] = (Object.keys(ERRORS) as ErrorName[])
  .filter((name) => /^SEC_ERROR_(CRL|OCSP)_/.test(name));

/**
 * The errors from least to most specific (webpki: `Error::rank`), to choose one if all paths fail:
 * errors of later checks, and those about a certificate rather than a missing one, are more
 * specific.
 */
const RANKS: readonly ErrorName[] = [
  "SEC_ERROR_UNKNOWN_ISSUER",
  "SEC_ERROR_BAD_SIGNATURE",
  "SEC_ERROR_LIBRARY_FAILURE",
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

/** Keeps the most specific error. */
export class MostSpecificError {
  #failure: PathFailure | null = null;

  /** The most specific error, or `null` if there was none. */
  get failure(): PathFailure | null {
    return this.#failure;
  }

  /**
   * Records an error if it is more specific than the one kept.
   *
   * @param name The name of the error.
   * @param make Creates the error; called only if it is kept, because a search may reject 200,000
   * times.
   * @param where The certificate at fault.
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
 * The search uses names and extensions; the caller verifies the signatures of complete paths.
 * Several certificates may have the issuer's name, because CAs are cross-signed and renewed. Those
 * with a matching key identifier are tried first, but all are tried, because identifiers are hints
 * (RFC 4158, Section 3.5). A certificate with the same name and key as one on the path is skipped
 * (RFC 4158, Section 2.4.2).
 *
 * @param leaf The certificate to verify.
 * @param search The options of the search.
 * @returns A generator of paths.
 * @throws {BudgetExceededError} If the search exceeds the budget.
 */
export function* candidatePaths(
  leaf: Certificate,
  search: PathSearch,
): Generator<CandidatePath, void, void> {
  // A leaf that is an anchor needs no issuer, as in OpenSSL (X509_V_FLAG_PARTIAL_CHAIN) and Go
  for (const anchor of search.anchors) {
    if (anchor.certificate?.equals(leaf) === true && isTrustedFor(anchor, search.usage)) {
      yield { certificates: [leaf], anchor, leafIsAnchor: true };
    }
  }
  const { budget, maxDepth } = search;
  const anchors = bySubject(search.anchors);
  const intermediates = bySubject(search.intermediates);
  // Cached, because a search may visit a certificate many times
  const verdicts = new Map<Certificate | TrustAnchor, NssError | null>();
  const issuers = new Map<Certificate, Issuers>();
  const authorities = new Map<Certificate, number>();
  const numbers = new Map<string, number>();
  /** A number that is the same for certificates with the same name and key. */
  const authorityOf = (certificate: Certificate) =>
    memoized(authorities, certificate, () => {
      const id = `${toHex(certificate.subjectPublicKeyInfoDer)} ${certificate.subject.key}`;
      return memoized(numbers, id, () => numbers.size);
    });
  const issuersOf = (child: Certificate) =>
    memoized(issuers, child, () => ({
      anchors: byHint(child, anchors.get(child.issuer.key), keyIdentifierOf),
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
      const certificate = heldCertificate(anchor, search);
      const error = memoized(
        verdicts,
        anchor,
        () => errorOf(() => checkAnchor(anchor, leaf, search)),
      );
      if (!accepts(certificate, error, depth, path.length)) continue;
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
      const error = memoized(
        verdicts,
        candidate,
        () => errorOf(() => checkIntermediate(candidate, search)),
      );
      if (!accepts(candidate, error, depth, path.length)) continue;
      yield* extend([...path, candidate], [...onPath, authority], inner);
    }
    if (!found) {
      search.reject("SEC_ERROR_UNKNOWN_ISSUER", () => unknownIssuer(child), {
        certificate: child,
        depth: path.length - 1,
      });
    }
  }

  /** Returns whether the path may be extended with an issuer; otherwise reports why not. */
  function accepts(
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
    // RFC 5280, Section 6.1.4 (l), (m), counted from the leaf instead of from the anchor
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
 * Creates the error of a certificate whose issuer is not known.
 *
 * @param child The certificate.
 * @returns The error.
 */
export function unknownIssuer(child: Certificate): NssError {
  return certificateError(
    "SEC_ERROR_UNKNOWN_ISSUER",
    child,
    child.isSelfIssued
      ? "it is self-signed and no trust anchor; to trust it, put it into caCerts"
      : `its issuer ${shown(child.issuer)} is not known: the peer has not sent an intermediate ` +
        "certificate, or the root is not trusted; give it in caCerts, or in the file of DENO_CERT " +
        "or NODE_EXTRA_CA_CERTS (programs cannot see the roots of Deno's --cert)",
  );
}

/** The candidates for the issuer of a certificate, by name. */
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
 * Sorts candidates for an issuer: those with the right key identifier first, then those without
 * one.
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

/** A malformed identifier counts as absent here; the checks of the certificate report it. */
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

/**
 * Returns the key identifier of an issuer.
 *
 * @param issuer The certificate of a CA, or a trust anchor.
 * @returns The identifier; `null` if it has none, or a malformed one.
 */
export function keyIdentifierOf(issuer: Certificate | TrustAnchor): Uint8Array | null {
  const certificate = "der" in issuer ? issuer : issuer.certificate;
  return hint(() => certificate?.subjectKeyIdentifier);
}

/**
 * Checks an intermediate certificate.
 *
 * @param certificate The certificate.
 * @param search The options of the search.
 * @throws {NssError} The first error found.
 */
export function checkIntermediate(
  certificate: Certificate,
  search: CheckOptions & Pick<PathSearch, "distrusts">,
): void {
  if (search.distrusts?.(certificate) === true) {
    const state = "it is an issuer that is distrusted";
    refuse(certificateError("SEC_ERROR_UNTRUSTED_ISSUER", certificate, state), search);
  }
  checkAuthority(certificate, search, false);
}

function isTrustedFor({ trust }: TrustAnchor, usage: CheckedUsage): boolean {
  return trust === undefined ||
    certUsageRow(usage).trust.some((purpose) => trustLevel(trust, purpose) === "trustAnchor");
}

/**
 * Checks a trust anchor.
 *
 * @param anchor The trust anchor.
 * @param leaf The certificate that is verified.
 * @param search The options of the search.
 * @throws {NssError} The first error found.
 */
export function checkAnchor(
  anchor: TrustAnchor,
  leaf: Certificate,
  search: CheckOptions,
): void {
  const { distrustAfter, subject } = anchor;
  if (!isTrustedFor(anchor, search.usage)) {
    throw certificateError(
      "SEC_ERROR_UNTRUSTED_ISSUER",
      leaf,
      `${shown(subject)} is not trusted for the usage ${search.usage}`,
    );
  }
  if (distrustAfter !== undefined && !(leaf.notBefore <= distrustAfter)) {
    const state = `certificates of ${shown(subject)} made after ${timeText(distrustAfter)} ` +
      "are not trusted";
    refuse(certificateError("SEC_ERROR_UNTRUSTED_ISSUER", leaf, state), search);
  }
  const certificate = heldCertificate(anchor, search);
  if (certificate !== undefined) return checkAuthority(certificate, search, true);
  const whose = `the trust anchor ${shown(subject)}'s`;
  checkKey(anchor.subjectPublicKeyInfo, leaf, whose, search);
}

function tooDeep(certificate: Certificate, depth: number, maxDepth: number): NssError {
  const limit = depth > maxDepth ? maxDepth : MAX_PATH_LENGTH;
  return certificateError(
    "SEC_ERROR_UNKNOWN_ISSUER",
    certificate,
    `the path would have more than ${limit} authorities between` +
      (limit < MAX_PATH_LENGTH ? "; maxDepth of verifyCertificateChain() allows more" : ""),
  );
}
