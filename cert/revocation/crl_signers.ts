// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import { NssError } from "../base/errors.ts";
import { shown } from "../base/printable.ts";
import { keyIdentifierOf, MostSpecificError } from "../verify/build_path.ts";
import {
  checkContent,
  type CheckOptions,
  errorOf,
  leafProblems,
} from "../verify/check_certificate.ts";
import { type FaultyPath, faultyPaths, isBetter } from "../verify/path_problems.ts";
import { MIN_RSA_BITS, type Verification } from "../verify/search_path.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";
import { BudgetExceededError, type VerificationBudget } from "../verify/verification_budget.ts";
import { isNoVerdict } from "../verify/verify_signature.ts";
import type { Crl } from "./crl.ts";
import { crlError, type VerifyCrlOptions, verifyCrlSignature } from "./verify_crl.ts";

/** The key that has signed a CRL. */
export interface CrlSigner {
  /** Its certificate, or the trust anchor. */
  readonly issuer: Certificate | TrustAnchor;
  /** The certificates of its own path, itself first; empty if it is on that of the subject. */
  readonly certificates: readonly Certificate[];
  /** Why the key may not be used now; `null` if it may. */
  readonly problem: NssError | null;
}

/** A certificate whose status is asked, with its path. */
export interface Subject {
  /** The certificate. */
  readonly certificate: Certificate;
  /** The certificates of the authorities above it, its issuer first, without the anchor's. */
  readonly authorities: readonly Certificate[];
  /** The trust anchor. */
  readonly anchor: TrustAnchor;
}

/** What the search of a signer needs besides. */
export interface SignerSearch {
  /** The time, the profile and the like. */
  readonly checks: Omit<VerifyCrlOptions, "issuer">;
  /** The certificates of CRL issuers that the application has given. */
  readonly crlIssuers: readonly Certificate[];
  /** The verification of the path. */
  readonly verification: Verification | undefined;
  /** The budget. */
  readonly budget: VerificationBudget;
}

/**
 * Finds the key that has signed a CRL, among those that may: that of the subject's issuer; another
 * of the same authority, after its renewal or for CRLs only; that of the issuer of an indirect CRL.
 *
 * RFC 5280, Section 6.3.3 (f): the path of the CRL's issuer must end at the trust anchor of the
 * certificate's path. Section 8 calls that the minimum, because unrelated authorities may have the
 * same name. So the names of the authorities in both paths must be the same as well, unless the
 * application has given the certificate itself.
 *
 * @param crl The CRL.
 * @param subject The certificate.
 * @param search The certificates at hand, and the budget.
 * @returns The signer.
 * @throws {NssError} `SEC_ERROR_CRL_BAD_SIGNATURE` if it is of none of these keys,
 * `SEC_ERROR_UNKNOWN_SIGNER` if there is no certificate of the CRL's issuer, the error of its path.
 */
export async function findCrlSigner(
  crl: Crl,
  subject: Subject,
  search: SignerSearch,
): Promise<CrlSigner> {
  const others = othersOf(crl, subject, search);
  const candidates: readonly Candidate[] = [
    ...knownOf(crl, subject).map((issuer) => ({
      issuer,
      signer: () => ({ issuer, certificates: [], problem: null }),
    })),
    ...others.map((issuer) => ({
      issuer,
      signer: () => verifySigner(crl, issuer, subject, search),
    })),
  ];
  const failures: NssError[] = [];
  for (const { issuer, signer } of byIdentifier(crl, candidates)) {
    try {
      const found = await signer();
      await verifyCrlSignature(crl, issuer, search.budget);
      return found;
    } catch (error) {
      if (!(error instanceof NssError) || error instanceof BudgetExceededError) throw error;
      failures.push(error);
    }
  }
  // That a signature could not be verified outweighs that another key's is wrong
  const first = failures.find(isNoVerdict) ?? failures[0];
  if (first === undefined) {
    throw crlError(
      "SEC_ERROR_UNKNOWN_SIGNER",
      crl,
      `no certificate of ${shown(crl.issuer)} is at hand; give it in crlIssuers`,
    );
  }
  if (others.length > 0) throw first;
  throw new NssError(
    first.name,
    `${first.message}; if it has another key for CRLs, give its certificate in crlIssuers`,
    { cause: first },
  );
}

interface Candidate {
  readonly issuer: Certificate | TrustAnchor;
  readonly signer: () => CrlSigner | Promise<CrlSigner>;
}

/** The authorities on the path of the subject that have the name of the CRL's issuer. */
function knownOf(
  crl: Crl,
  { authorities, anchor }: Subject,
): readonly (Certificate | TrustAnchor)[] {
  return [...authorities, anchor].filter((one) => one.subject.equals(crl.issuer));
}

/** The other certificates at hand that have the name of the CRL's issuer, each once. */
function othersOf(
  crl: Crl,
  subject: Subject,
  { crlIssuers, verification }: SignerSearch,
): readonly Certificate[] {
  const found: Certificate[] = [];
  const keys = knownOf(crl, subject).map(({ subjectPublicKeyInfo }) => subjectPublicKeyInfo);
  for (const one of [...crlIssuers, ...verification?.options.intermediates ?? []]) {
    if (!one.subject.equals(crl.issuer) || one.equals(subject.certificate)) continue;
    // A peer may send one whose key is malformed: it must not hide the other keys
    if (errorOf(() => void one.subjectPublicKeyInfo) !== null) continue;
    if (keys.some((key) => key.equals(one.subjectPublicKeyInfo))) continue;
    if (!found.some((other) => other.equals(one))) found.push(one);
  }
  return found;
}

/** Those first that the CRL names in its authorityKeyIdentifier, which is a hint only. */
function byIdentifier(crl: Crl, candidates: readonly Candidate[]): readonly Candidate[] {
  const wanted = crl.authorityKeyIdentifier?.keyIdentifier;
  if (wanted === undefined || candidates.length < 2) return candidates;
  const isNamed = ({ issuer }: Candidate): boolean => {
    const identifier = keyIdentifierOf(issuer);
    return identifier !== null && bytesEqual(identifier, wanted);
  };
  return candidates.toSorted((a, b) => Number(isNamed(b)) - Number(isNamed(a)));
}

/**
 * Verifies the certificate of a key that is not on the path of the subject. What leaves its chain
 * of signatures intact, such as its dates, is a problem of the signer.
 */
async function verifySigner(
  crl: Crl,
  issuer: Certificate,
  subject: Subject,
  search: SignerSearch,
): Promise<CrlSigner> {
  const { keyUsage } = issuer;
  // The certificate of an authority, without cRLSign, is that of the right party nevertheless
  if (keyUsage !== undefined && !keyUsage.has("cRLSign") && !keyUsage.has("keyCertSign")) {
    throw crlError(
      "SEC_ERROR_INADEQUATE_KEY_USAGE",
      crl,
      "the keyUsage of its issuer's certificate has no cRLSign",
    );
  }
  const errors: NssError[] = [];
  const note = (error: NssError): void => void errors.push(error);
  const { options } = search.verification ?? {};
  const checks: CheckOptions = {
    slopSeconds: 0,
    profile: "strict",
    allowSha1: false,
    ...search.checks,
    usage: "crlSigner",
    minRsaBits: options?.minRsaBits ?? MIN_RSA_BITS,
    note,
  };
  errors.push(...leafProblems(issuer, checks));
  checkContent(issuer, checks);
  const path = await bestPath(crl, issuer, subject, search, checks);
  const [cause] = [...errors, ...path.problems.map(({ error }) => error)];
  return {
    issuer,
    certificates: path.path.certificates,
    problem: cause === undefined ? null : doubtful(crl, cause),
  };
}

function doubtful(crl: Crl, cause: NssError): NssError {
  const error = crlError(
    "SEC_ERROR_CRL_INVALID",
    crl,
    `its signer does not count: ${cause.message}`,
  );
  return new NssError(error.name, error.message, { cause });
}

async function bestPath(
  crl: Crl,
  issuer: Certificate,
  subject: Subject,
  { crlIssuers, verification, budget }: SignerSearch,
  checks: CheckOptions,
): Promise<FaultyPath> {
  const { intermediates = [], maxDepth, distrusts } = verification?.options ?? {};
  // It is about leaves that the anchor's holder has issued, not about its keys
  const { distrustAfter: _, ...anchor } = subject.anchor;
  const isGiven = crlIssuers.some((one) => one.equals(issuer));
  const rejected = new MostSpecificError();
  let best: FaultyPath | null = null;
  let isStranger = false;
  const paths = faultyPaths(
    issuer,
    {
      anchors: [anchor],
      intermediates: [...subject.authorities, ...crlIssuers, ...intermediates],
      ...(maxDepth !== undefined && { maxDepth }),
      ...(distrusts !== undefined && { distrusts }),
      reject: rejected.offer.bind(rejected),
      isWanted: (problems) => best === null || isBetter(problems, best.problems),
    },
    checks,
    budget,
  );
  for await (const found of paths) {
    if (!isGiven && !isOfSameAuthority(crl, found.path.certificates, subject)) {
      isStranger = true;
      continue;
    }
    best = found;
    if (found.problems.length === 0) break;
  }
  if (best !== null) return best;
  const state = isStranger
    ? `the certificate of its signer is of ${shown(issuer.issuer)}, by authorities that are not ` +
      "those of the certificate; give it in crlIssuers if they may sign this CRL"
    : `the certificate of its signer, of ${shown(issuer.issuer)}, does not lead to ` +
      `${shown(anchor.subject)}, the trust anchor of the certificate`;
  const { message } = crlError("SEC_ERROR_CRL_INVALID", crl, state);
  throw new NssError("SEC_ERROR_CRL_INVALID", message, { cause: rejected.failure?.error });
}

/**
 * Returns whether the authorities above a signer are, by their names, those above the subject, or
 * for an indirect CRL the upper ones of them.
 */
function isOfSameAuthority(
  crl: Crl,
  [signer, ...above]: readonly Certificate[],
  { certificate, authorities, anchor }: Subject,
): boolean {
  const isIndirect = !crl.issuer.equals(certificate.issuer);
  const names = namesOf([...(isIndirect ? [] : [signer!]), ...above, anchor]);
  const wanted = namesOf([...authorities, anchor]);
  if (!isIndirect && names.length !== wanted.length) return false;
  const start = wanted.length - names.length;
  return names.every((name, i) => name === wanted[start + i]);
}

/** The names, without repetitions: a self-issued certificate is of the authority before it. */
function namesOf(issuers: readonly Pick<Certificate, "subject">[]): readonly string[] {
  const names = issuers.map(({ subject }) => subject.key);
  return names.filter((name, i) => name !== names[i - 1]);
}
