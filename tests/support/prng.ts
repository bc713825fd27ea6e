// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A small seeded generator (xoshiro128**), so that a random test that fails can be run again from
 * its seed.
 */
export class Prng {
  #state: Uint32Array<ArrayBuffer>;

  /**
   * Creates a generator.
   *
   * @param seed Two generators with the same seed give the same numbers.
   */
  constructor(seed: number) {
    // SplitMix32 spreads a small seed over the whole state.
    let s = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /**
   * Gives the next number.
   *
   * @returns An integer from 0 to 2^32 - 1.
   */
  uint32(): number {
    const s = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    const c1 = c ^ a;
    const d1 = d ^ b;
    s[0] = a ^ d1;
    s[1] = b ^ c1;
    s[2] = c1 ^ t;
    s[3] = (d1 << 11) | (d1 >>> 21);
    return result;
  }

  /**
   * Gives an integer from a range.
   *
   * @param min The least value.
   * @param max The greatest value, which may be given too.
   * @returns The integer.
   */
  integer(min: number, max: number): number {
    return min + Math.floor((this.uint32() / 2 ** 32) * (max - min + 1));
  }

  /**
   * Gives random bytes.
   *
   * @param length How many.
   * @returns The bytes.
   */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.uint32();
      for (let j = i; j < Math.min(i + 4, length); j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }

  /**
   * Picks one item of a list.
   *
   * @param items The list, which must not be empty.
   * @returns The item.
   */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError("Cannot pick: the list is empty");
    return item;
  }
}
