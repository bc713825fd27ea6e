// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../../cert/der/der_reader.ts";
import { NssError } from "../../cert/base/errors.ts";

/**
 * The maximum number of iterations that this package writes: what NIST SP 800-132, Section 5.2,
 * calls appropriate for very critical keys.
 */
export const MAX_ITERATIONS = 10_000_000;

/**
 * The default maximum of the work that all parts of a file may ask for, in iterations of PBKDF2
 * with SHA-256: some 30 seconds of one core. What certtool writes with 3DES and 600,000 iterations
 * asks for 84,000,000, Firefox's for 72,000,000; most files ask for less than 20,000,000.
 */
export const MAX_WORK = 100_000_000;

/**
 * The work that a file may still ask for. Without a limit, four bytes of a file could cost hours.
 * All of it is spent before anything is derived.
 */
export class IterationBudget {
  readonly #max: number;
  #left: number;

  /**
   * Creates a budget.
   *
   * @param max The maximum, in iterations of PBKDF2 with SHA-256.
   */
  constructor(max: number = MAX_WORK) {
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
        "Cannot derive key from password: the file asks for the work of " +
          `${this.#max - this.#left} iterations, more than maxIterations allows, ${this.#max}`,
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
