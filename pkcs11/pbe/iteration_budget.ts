// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../../cert/der/der_reader.ts";
import { NssError } from "../../cert/base/errors.ts";

/**
 * The most iterations that one file may ask for, all its parts together: what NIST SP 800-132,
 * Section 5.2, calls appropriate for very critical keys. Files have some 10,000 to 2,000,000;
 * Windows takes no more than 600,000 a part. The work is some seconds, so that who reads files of
 * strangers sets less.
 */
export const MAX_ITERATIONS = 10_000_000;

/**
 * What is left of the iterations that a file may ask for. Without it, four bytes of a file could
 * cost hours.
 */
export class IterationBudget {
  readonly #max: number;
  #left: number;

  /**
   * Creates a budget.
   *
   * @param max The most iterations.
   */
  constructor(max: number = MAX_ITERATIONS) {
    this.#max = max;
    this.#left = max;
  }

  /**
   * Takes iterations out of the budget.
   *
   * @param iterations How many.
   * @throws {NssError} `SEC_ERROR_BAD_DATA` if there are not so many left.
   */
  spend(iterations: number): void {
    this.#left -= iterations;
    if (this.#left < 0) {
      throw new NssError(
        "SEC_ERROR_BAD_DATA",
        `Cannot derive key from password: more than ${this.#max} iterations are asked for`,
      );
    }
  }
}

/**
 * Reads how often a password is hashed.
 *
 * @param reader Where it stands.
 * @returns One or more.
 * @throws {NssError} If it is less.
 */
export function readIterations(reader: DerReader): number {
  const iterations = reader.smallInteger("iterations");
  if (iterations === 0) reader.fail("iterations", "0 is less than 1");
  return iterations;
}
