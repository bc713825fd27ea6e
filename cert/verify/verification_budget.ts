// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";

/**
 * What one verification may cost at most. A peer chooses the certificates, so without a bound it
 * chooses how long we work (CVE-2024-0567, the "pathological" cases of x509-limbo). The numbers are
 * webpki's (`Budget` in `verify_cert.rs`), those of paths and policies, which webpki does not
 * count, are ours.
 */
export const VERIFICATION_LIMITS = {
  /** How many signatures are verified. */
  signatures: 100,
  /** How often a certificate is put on a path. */
  pathSteps: 200_000,
  /**
   * How many paths that are complete are looked at; no case of x509-limbo or BetterTLS takes more
   * than 3.
   */
  paths: 1_000,
  /** How many names are compared with name constraints. */
  nameComparisons: 250_000,
  /**
   * How many policies and mappings of policies are put into the graph of RFC 9618, over all paths.
   */
  policySteps: 250_000,
} as const;

/** The kinds of work that are bounded. */
export type BudgetedWork = keyof typeof VERIFICATION_LIMITS;

/** A verification costs too much; no other path is tried. */
export class BudgetExceededError extends NssError {
  /**
   * Creates an error.
   *
   * @param work What there was too much of.
   */
  constructor(work: BudgetedWork) {
    super(
      "SEC_ERROR_UNKNOWN_ISSUER",
      `Cannot verify certificate: gave up after ${VERIFICATION_LIMITS[work]} ${work}`,
    );
  }
}

/** Counts the work of one verification. */
export class VerificationBudget {
  readonly #left: Record<BudgetedWork, number> = { ...VERIFICATION_LIMITS };

  /**
   * Takes work.
   *
   * @param work What is going to be done.
   * @param times How often.
   * @throws {BudgetExceededError} If that is too often.
   */
  spend(work: BudgetedWork, times = 1): void {
    this.#left[work] -= times;
    if (this.#left[work] < 0) throw new BudgetExceededError(work);
  }
}
