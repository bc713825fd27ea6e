// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { BerBudget } from "../../cert/der/ber.ts";

/** The maximum number of bags of a file. The largest stores of public authorities have some 300. */
export const MAX_BAGS = 4_096;

/** Counts the elements of all parts of a file, and its bags. */
export class FileBudget extends BerBudget {
  #bags = 0;

  /** Creates the budget of a file. */
  constructor() {
    super("PKCS#12", "SEC_ERROR_PKCS12_DECODING_PFX");
  }

  /**
   * Counts a bag.
   *
   * @throws {NssError} `SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE` beyond {@linkcode MAX_BAGS}.
   */
  spendBag(): void {
    if (++this.#bags <= MAX_BAGS) return;
    throw new NssError(
      "SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE",
      `Cannot import PKCS#12: the file has more than ${MAX_BAGS} keys and certificates`,
    );
  }
}
