// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { paddedLength, removePadding, writePadding } from "../../../ssl/record/cbc_padding.ts";
import { Random } from "../wire/random.ts";

/** What RFC 5246 says, without a thought of the time it takes. */
function expected(padded: Uint8Array, least: number) {
  const padding = padded.at(-1)!;
  const length = padded.length - 1 - padding;
  const good = length >= least && padded.subarray(length).every((byte) => byte === padding);
  return { good: Number(good), length: good ? length : padded.length - 1 };
}

Deno.test("paddedLength() is the next multiple of sixteen", () => {
  assertEquals([0, 1, 15, 16, 17, 31, 32].map(paddedLength), [16, 16, 16, 32, 32, 32, 48]);
});

Deno.test("writePadding() fills the rest with how many there are before the last", () => {
  for (let length = 0; length < 40; length++) {
    const padded = new Uint8Array(paddedLength(length)).fill(0xee);
    writePadding(padded, length);
    assertEquals(removePadding(padded, length), { good: 1, length });
    assertEquals(padded.subarray(0, length).every((byte) => byte === 0xee), true);
  }
});

Deno.test("removePadding() takes every padding that fits, and none that does not", () => {
  for (const total of [16, 32, 48, 256, 272, 512]) {
    for (const least of [0, 1, 15]) {
      for (let padding = 0; padding < 256; padding++) {
        const padded = new Uint8Array(total).fill(padding);
        const result = removePadding(padded, least);
        assertEquals(result, expected(padded, least));
        assertEquals(result.good, Number(total - 1 - padding >= least));
      }
    }
  }
});

Deno.test("removePadding() sees each bit of each byte of a padding", () => {
  for (const padding of [0, 1, 2, 15, 31, 127, 128, 254, 255]) {
    const padded = new Uint8Array(272).fill(0xaa);
    padded.fill(padding, 272 - padding - 1);
    for (let place = 0; place < 272; place++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = padded.slice();
        changed[place]! ^= 1 << bit;
        assertEquals(
          removePadding(changed, 16),
          expected(changed, 16),
          `${padding} ${place} ${bit}`,
        );
      }
    }
  }
});

Deno.test("removePadding() agrees with the RFC on random bytes", () => {
  const random = new Random(1);
  for (let i = 0; i < 5000; i++) {
    const padded = random.bytes(16 * random.integer(1, 20));
    if (i % 2) padded.fill(padded.at(-1)!, random.below(padded.length));
    const least = random.below(Math.min(padded.length, 49));
    assertEquals(removePadding(padded, least), expected(padded, least));
  }
});
