// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";

/**
 * The limits of the work of one verification. The peer chooses the certificates, so without limits
 * it could cause any amount of work (CVE-2024-0567, the "pathological" cases of x509-limbo). The
 * values are those of webpki (`Budget` in `verify_cert.rs`), except for paths and policies, which
 * webpki does not limit.
 */
export const VERIFICATION_LIMITS = {
  /**
   * The number of signatures checked, of certificates and CRLs; a wrong one counts in each path but
   * is verified once. One by a large RSA key, or of SLH-DSA, counts as {@linkcode signatureCost}
   * says.
   */
  signatures: 100,
  /** The number of candidates for issuers that are examined. */
  pathSteps: 200_000,
  /**
   * The number of complete paths that are checked; no case of x509-limbo or BetterTLS needs more
   * than 3.
   */
  paths: 1_000,
  /** The number of comparisons of a name with a name constraint. */
  nameComparisons: 250_000,
  /**
   * The number of policies and policy mappings that are processed in the graph of RFC 9618, over
   * all paths.
   */
  policySteps: 250_000,
  /** The number of times that a CRL is looked at for a certificate. */
  crls: 10_000,
  /**
   * The number of entries of fetched CRLs that are sorted to be searched; those of the largest CRLs
   * of the public web are some 300,000 each.
   */
  crlEntries: 5_000_000,
} as const;

/** The kinds of work that are limited. */
export type BudgetedWork = keyof typeof VERIFICATION_LIMITS;

/** Thrown if a verification exceeds a limit; no other path is tried. */
export class BudgetExceededError extends NssError {
  /**
   * Creates an error.
   *
   * @param work The kind of work whose limit is exceeded.
   */
  constructor(work: BudgetedWork) {
    super(
      "SEC_ERROR_UNKNOWN_ISSUER",
      `Cannot verify certificate: gave up after ${VERIFICATION_LIMITS[work]} ${work}`,
    );
  }
}

/**
 * What verifying SLH-DSA counts. It hashes thousands of times: with the `f` sets, which sign fast,
 * more often than with the `s` sets; SHAKE takes longer than SHA-2. Three of the costliest fit.
 */
const SLH_DSA_COSTS = { SHA2: { s: 5, f: 12 }, SHAKE: { s: 10, f: 30 } } as const;

/**
 * Returns what the signature of a key counts in the budget: where the runtime does not take a large
 * RSA key, a signature takes time by the square of its length.
 *
 * @param key The key of the signer.
 * @returns The number of signatures, each of some 2 ms: of RSA 1 up to 5,838 bits, 8 for 16,384; of
 * SLH-DSA 5 to 30.
 */
export function signatureCost({ algorithm }: SubjectPublicKeyInfo): number {
  if (algorithm.type === "slhdsa") {
    const { parameterSet } = algorithm;
    const costs = SLH_DSA_COSTS[parameterSet.includes("SHAKE") ? "SHAKE" : "SHA2"];
    return costs[parameterSet.endsWith("s") ? "s" : "f"];
  }
  if (!("modulusLength" in algorithm)) return 1;
  // An exponent of 32 bits takes at most 63 multiplications
  return Math.max(1, Math.ceil(63 * algorithm.modulusLength ** 2 / 2 ** 31));
}

/** Counts the work of one verification. */
export class VerificationBudget {
  readonly #left: Record<BudgetedWork, number> = { ...VERIFICATION_LIMITS };
  readonly #failed = new Map<object, Set<SubjectPublicKeyInfo>>();

  /**
   * Subtracts work from the budget.
   *
   * @param work The kind of work.
   * @param times The amount, 1 by default.
   * @throws {BudgetExceededError} If the limit is exceeded.
   */
  spend(work: BudgetedWork, times = 1): void {
    this.#left[work] -= times;
    if (this.#left[work] < 0) throw new BudgetExceededError(work);
  }

  /** Whether a signature was wrong so far. */
  get hasWrongSignature(): boolean {
    return [...this.#failed.values()].some((keys) => keys.size > 0);
  }

  /**
   * Returns the keys that have not signed something, as far as this verification has found out.
   * They are not kept for the next one, because peers can make any number of them.
   *
   * @param signed The certificate or CRL.
   * @returns The keys, to which the caller adds.
   */
  failedSignatures(signed: object): Set<SubjectPublicKeyInfo> {
    let keys = this.#failed.get(signed);
    if (keys === undefined) this.#failed.set(signed, keys = new Set());
    return keys;
  }
}
