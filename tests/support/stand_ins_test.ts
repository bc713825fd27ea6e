// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

import { assert, assertEquals, assertFalse, assertThrows, equal } from "@std/assert";
import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
} from "@std/encoding";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import * as hashes from "./std/crypto/_hashes.ts";
import { Prng } from "./prng.ts";

Deno.test("stand-ins: the hashes that other runtimes use are Node's", () => {
  const prng = new Prng(1);
  const lengths = [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 1000];
  for (const [name, hash] of Object.entries(hashes)) {
    for (const length of lengths) {
      const data = prng.bytes(length);
      const expected = createHash(name).update(data).digest("hex");
      assertEquals(encodeHex(hash(data)), expected, `${name} of ${length} bytes`);
    }
  }
});

Deno.test("stand-ins: hex and base64 are Node's, for each byte and each length", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const bytes of [all, ...[0, 1, 2, 3, 4, 5, 100_000].map((n) => new Prng(n).bytes(n))]) {
    const node = Buffer.from(bytes);
    assertEquals(encodeHex(bytes), node.toString("hex"));
    assertEquals(decodeHex(node.toString("hex").toUpperCase()), bytes);
    assertEquals(encodeBase64(bytes), node.toString("base64"));
    assertEquals(decodeBase64(node.toString("base64")), bytes);
    assertEquals(encodeBase64Url(bytes), node.toString("base64url"));
    assertEquals(decodeBase64Url(node.toString("base64url")), bytes);
  }
  assertThrows(() => decodeHex("0"), RangeError);
  assertThrows(() => decodeHex("0g"), TypeError);
  assertThrows(() => decodeBase64("a b="), TypeError);
});

Deno.test("stand-ins: equal() looks into what it is given", () => {
  class A {
    constructor(readonly a: unknown) {}
  }
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const other: Record<string, unknown> = {};
  other.self = other;
  const same: readonly (readonly [unknown, unknown])[] = [
    [0, -0],
    [NaN, NaN],
    [{ a: [1, { b: 2n }] }, { a: [1, { b: 2n }] }],
    [
      new A(new Map([[1, { a: 2 }], [2, { a: 3 }]])),
      new A(new Map([[2, { a: 3 }], [1, { a: 2 }]])),
    ],
    [new Set([{ a: 1 }]), new Set([{ a: 1 }])],
    [new Date(1), new Date(1)],
    [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
    [new Error("a", { cause: 1 }), new Error("a", { cause: 1 })],
    [Object.create(null), {}],
    [circle, other],
  ];
  const different: readonly (readonly [unknown, unknown])[] = [
    [1, "1"],
    [null, undefined],
    [{ a: 1 }, { b: 1 }],
    [{ a: undefined }, {}],
    [{}, []],
    [[1], [1, 2]],
    [[{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: 2 }]],
    [new A(1), { a: 1 }],
    [new Map([[1, 1]]), new Map([[1, 2]])],
    [new Set([1]), new Set([2])],
    [new Date(1), new Date(2)],
    [/a/, /a/i],
    [new Uint8Array([1]), new Uint8Array([2])],
    [new Uint8Array([1]), new Int8Array([1])],
    [new Error("a"), new Error("b")],
    [new Error("a"), new TypeError("a")],
    [() => {}, () => {}],
  ];
  for (const [a, b] of same) assert(equal(a, b) && equal(b, a));
  for (const [a, b] of different) assertFalse(equal(a, b) || equal(b, a));
});
