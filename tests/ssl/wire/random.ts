// Copyright 2026 the NSS for Deno authors. MIT license.

/** Reproducible pseudo-random values (mulberry32): a failing test fails again. */
export class Random {
  #state: number;

  /** Creates a generator; the same seed gives the same values. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 up to, and without, the limit. */
  below(limit: number): number {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * limit);
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** Bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Between `min` and `max` made values. */
  list<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.between(min, max) }, make);
  }

  /** A copy of the bytes with one to four changes: a bit, a byte, some bytes less, some more. */
  mutate(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    let mutant = Array.from(bytes);
    for (let changes = this.between(1, 4); changes > 0; changes--) {
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
          mutant.splice(at, this.between(1, 4));
          break;
        case 4:
          mutant.splice(at, 0, ...this.bytes(this.between(1, 4)));
          break;
      }
    }
    return Uint8Array.from(mutant);
  }
}
