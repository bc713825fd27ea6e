// Copyright 2026 the NSS for Deno authors. MIT license.

import { Prng } from "../../support/prng.ts";

/** Reproducible pseudo-random values for messages. */
export class Random extends Prng {
  /** An integer from 0 up to, and without, the limit. */
  below(limit: number): number {
    return this.integer(0, limit - 1);
  }

  /** Between `min` and `max` made values. */
  list<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.integer(min, max) }, make);
  }

  /** A copy of the bytes with one to four changes: a bit, a byte, some bytes less, some more. */
  mutate(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    let mutant = Array.from(bytes);
    for (let changes = this.integer(1, 4); changes > 0; changes--) {
      const at = this.below(mutant.length + 1);
      switch (this.below(5)) {
        case 0:
          if (at < mutant.length) mutant[at]! ^= 1 << this.below(8);
          break;
        case 1:
          if (at < mutant.length) mutant[at] = this.pick([0, 1, 0x7f, 0x80, 0xff, this.below(256)]);
          break;
        case 2:
          mutant = mutant.slice(0, at);
          break;
        case 3:
          mutant.splice(at, this.integer(1, 4));
          break;
        case 4:
          mutant.splice(at, 0, ...this.bytes(this.integer(1, 4)));
          break;
      }
    }
    return Uint8Array.from(mutant);
  }
}
