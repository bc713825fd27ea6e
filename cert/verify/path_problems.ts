// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type CandidatePath,
  candidatePaths,
  checkAnchor,
  checkIntermediate,
  MAX_SUB_CA_COUNT,
  MostSpecificError,
  type PathFailure,
  type PathSearch,
  REVOCATION_UNKNOWN,
  unknownIssuer,
} from "./build_path.ts";
import type { Certificate } from "../certificate/certificate.ts";
import {
  attempt,
  checkContent,
  type CheckOptions,
  checkSignatureAlgorithm,
  errorOf,
  leafProblems,
} from "./check_certificate.ts";
import { checkPolicies, type PolicyInputs } from "./check_policies.ts";
import { checkStrictProfile } from "./check_profile.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import {
  checkPathNames,
  checkSignatures,
  checksOf,
  pathChecks,
  placeOf,
  type SearchPathOptions,
  verifiedPath,
  type VerifyLogEntry,
} from "./search_path.ts";
import { BudgetExceededError, VerificationBudget } from "./verification_budget.ts";

/** The errors from least to most grave; an unlisted one is graver, an unknown issuer gravest. */
const GRAVITY: readonly ErrorName[] = [
  "SEC_ERROR_EXPIRED_CERTIFICATE",
  "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
  ...REVOCATION_UNKNOWN,
  "SEC_ERROR_EXTENSION_NOT_FOUND",
  "SEC_ERROR_EXTENSION_VALUE_INVALID",
  "SEC_ERROR_BAD_DER",
  "SEC_ERROR_POLICY_VALIDATION_FAILED",
  "SEC_ERROR_INADEQUATE_KEY_USAGE",
  "SEC_ERROR_INADEQUATE_CERT_TYPE",
  "SEC_ERROR_INVALID_KEY",
  "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
  "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
  "SSL_ERROR_BAD_CERT_DOMAIN",
  "SEC_ERROR_UNTRUSTED_ISSUER",
  "SEC_ERROR_UNTRUSTED_CERT",
  "SEC_ERROR_REVOKED_CERTIFICATE",
];

/**
 * Returns how grave an error of a verification is.
 *
 * @param error The error.
 * @returns A number that is greater for a graver error.
 */
export function gravityOf({ name }: NssError): number {
  if (name === "SEC_ERROR_UNKNOWN_ISSUER") return GRAVITY.length + 1;
  const index = GRAVITY.indexOf(name);
  return index < 0 ? GRAVITY.length : index;
}

/**
 * Finds all that is wrong with a certificate for which there is no valid path.
 *
 * A second search, with a budget of its own, takes a path although its dates, usages, algorithms,
 * policies or form are wrong, a certificate on it is distrusted, or `checkPath` refuses it. Its
 * signatures, anchor, basicConstraints, keyCertSign, path lengths and name constraints must be
 * right. Of several paths, it takes the one whose gravest error is least grave.
 *
 * @param leaf The certificate.
 * @param options The options of the first search.
 * @param first The result of the first search, which is listed if there is no path.
 * @returns The errors: those of the leaf, then those of the path.
 */
export async function pathProblems(
  leaf: Certificate,
  options: SearchPathOptions,
  first: PathFailure,
): Promise<readonly VerifyLogEntry[]> {
  const found: PathFailure[] = [];
  const note = (error: NssError): void => {
    found.push({ error, certificate: leaf, depth: 0 });
  };
  const checks = { ...checksOf(options), note };
  leafProblems(leaf, checks).forEach(note);
  const fatal = errorOf(() => checkContent(leaf, checks));
  found.push(
    ...fatal === null ? await problemsOfPath(leaf, options, first) : [
      { error: fatal, certificate: leaf, depth: 0 },
      { error: unknownIssuer(leaf), certificate: leaf, depth: 0 },
    ],
  );
  const { usage } = options;
  const isNew = ({ error: { name, message }, depth = 0 }: PathFailure, i: number): boolean =>
    i ===
      found.findIndex((one) =>
        one.error.name === name && (one.error.message === message || (one.depth ?? 0) === depth)
      );
  return found.filter(isNew).map(({ error, certificate, depth }) => ({
    usage,
    error,
    ...(certificate !== undefined && { certificate }),
    ...(depth !== undefined && { depth }),
  }));
}

async function problemsOfPath(
  leaf: Certificate,
  options: SearchPathOptions,
  first: PathFailure,
): Promise<readonly PathFailure[]> {
  const checks = checksOf(options);
  const budget = new VerificationBudget();
  const mostSpecific = new MostSpecificError();
  let best: readonly PathFailure[] | null = null;
  try {
    const search = {
      ...options,
      reject: mostSpecific.offer.bind(mostSpecific),
      isWanted: (problems: readonly PathFailure[]) => best === null || isBetter(problems, best),
    };
    for await (const { path, problems } of faultyPaths(leaf, search, checks, budget)) {
      const verified = verifiedPath(path, { options, budget });
      const refusals: PathFailure[] = [];
      for (const check of pathChecks(options)) {
        try {
          await check(verified);
        } catch (error) {
          if (!(error instanceof NssError)) throw error;
          refusals.push({ error, ...placeOf(error, path) });
        }
      }
      const all = [...problems, ...refusals];
      if (best === null || isBetter(all, best)) best = all;
      if (best.length === 0) break;
    }
  } catch (error) {
    if (!(error instanceof BudgetExceededError)) throw error;
  }
  if (best !== null) return best;
  const failures = [first, ...mostSpecific.failure === null ? [] : [mostSpecific.failure]];
  const unknown = failures.some(({ error }) => error.name === "SEC_ERROR_UNKNOWN_ISSUER");
  return unknown
    ? failures
    : [...failures, { error: unknownIssuer(leaf), certificate: leaf, depth: 0 }];
}

/** A path, and what is wrong with it that leaves its chain of signatures intact. */
export interface FaultyPath {
  /** The path. */
  readonly path: CandidatePath;
  /** The errors, but for those of the leaf alone. */
  readonly problems: readonly PathFailure[];
}

/**
 * Searches paths whose signatures, anchor, basicConstraints, keyCertSign, path lengths and name
 * constraints are right, whatever else is wrong.
 *
 * @param leaf The certificate.
 * @param options The certificates at hand, the anchors, what is distrusted.
 * @param given The checks of each certificate.
 * @param budget The budget.
 * @returns A generator of paths.
 * @throws {BudgetExceededError} If the search exceeds the budget.
 */
export async function* faultyPaths(
  leaf: Certificate,
  options: FaultySearch,
  given: CheckOptions,
  budget: VerificationBudget,
): AsyncGenerator<FaultyPath, void, void> {
  const { intermediates = [], anchors, distrusts, reject, isWanted } = options;
  const checks: CheckOptions = { ...given, note: () => {} };
  const paths = candidatePaths(leaf, {
    ...checks,
    intermediates,
    anchors,
    maxDepth: options.maxDepth ?? MAX_SUB_CA_COUNT[given.profile],
    budget,
    reject,
    ...(distrusts !== undefined && { distrusts }),
  });
  for (const path of paths) {
    try {
      checkPathNames(path, checks, budget);
      const problems = notesOf(path, options, checks, budget);
      if (!isWanted(problems)) continue;
      if (!path.leafIsAnchor) await checkSignatures(path, budget);
      yield { path, problems };
    } catch (error) {
      if (!(error instanceof NssError) || error instanceof BudgetExceededError) throw error;
      reject(error.name, () => error, placeOf(error, path));
    }
  }
}

/** The options of {@linkcode faultyPaths}. */
export interface FaultySearch
  extends
    PolicyInputs,
    Pick<SearchPathOptions, "anchors" | "intermediates" | "maxDepth" | "distrusts">,
    Pick<PathSearch, "reject"> {
  /** Returns whether a path with these problems is worth the check of its signatures. */
  readonly isWanted: (problems: readonly PathFailure[]) => boolean;
}

/** Returns the errors of a path, but for those of the leaf alone, which leave it a path. */
function notesOf(
  path: CandidatePath,
  options: FaultySearch,
  checks: CheckOptions,
  budget: VerificationBudget,
): PathFailure[] {
  const { certificates, anchor, leafIsAnchor } = path;
  const problems: PathFailure[] = [];
  const noting: CheckOptions = {
    ...checks,
    note: (error) => void problems.push({ error, ...placeOf(error, path) }),
  };
  const { distrusts } = options;
  const search = { ...noting, ...(distrusts !== undefined && { distrusts }) };
  for (const certificate of certificates.slice(1)) checkIntermediate(certificate, search);
  if (!leafIsAnchor) {
    checkAnchor(anchor, certificates[0]!, noting);
    checkSignatureAlgorithm(certificates[0]!, noting);
  }
  attempt(() => checkPolicies(certificates, options, budget), noting);
  if (noting.profile === "strict") checkStrictProfile(path, noting);
  return problems;
}

/** Returns whether the gravest errors of a path, one after the other, are less grave. */
export function isBetter(some: readonly PathFailure[], others: readonly PathFailure[]): boolean {
  const [a, b] = [some, others].map((list) =>
    list.map(({ error }) => gravityOf(error)).sort((x, y) => y - x)
  ) as [number[], number[]];
  for (const [i, gravity] of a.entries()) {
    const other = b[i];
    if (other === undefined) return false;
    if (gravity !== other) return gravity < other;
  }
  return a.length < b.length;
}
