// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../../cert/der/der_reader.ts";
import { NssError } from "../../cert/base/errors.ts";

/**
 * The default maximum of the iterations of all parts of a file: what NIST SP 800-132, Section 5.2,
 * calls appropriate for very critical keys. Files have some 10,000 to 2,000,000; Windows takes at
 * most 600,000 a part. They take some seconds; for files from untrusted sources, set less.
 */
export const MAX_ITERATIONS = 10_000_000;

/**
 * The iterations that a file may still use. Without a limit, four bytes of a file could cost hours.
 */
export class IterationBudget {
  readonly #max: number;
  #left: number;

  /**
   * Creates a budget.
   *
   * @param max The maximum number of iterations.
   */
  constructor(max: number = MAX_ITERATIONS) {
    this.#max = max;
    this.#left = max;
  }

  /**
   * Spends iterations.
   *
   * @param iterations The number of iterations.
   * @throws {NssError} `SEC_ERROR_BAD_DATA` if the budget is exceeded.
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
 * Reads an iteration count.
 *
 * @param reader The reader in front of the INTEGER.
 * @returns The count, at least 1.
 * @throws {NssError} The error of the reader if it is less.
 */
export function readIterations(reader: DerReader): number {
  const iterations = reader.smallInteger("iterations");
  if (iterations === 0) reader.fail("iterations", "0 is less than 1");
  return iterations;
}
