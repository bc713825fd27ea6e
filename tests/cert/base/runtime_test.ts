// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  deferred,
  fromBase64,
  fromHex,
  groupBy,
  inTime,
  toBase64,
  toHex,
} from "../../../cert/base/runtime.ts";
import { Prng } from "../../support/prng.ts";

/** Calls a function as a runtime without these methods does. */
function withoutMethods<T>(call: () => T): T {
  const places: readonly (readonly [object, string])[] = [
    [Uint8Array.prototype, "toHex"],
    [Uint8Array.prototype, "toBase64"],
    [Uint8Array, "fromHex"],
    [Uint8Array, "fromBase64"],
  ];
  const own = places.map(([object, name]) => Object.getOwnPropertyDescriptor(object, name)!);
  for (const [object, name] of places) Reflect.deleteProperty(object, name);
  try {
    return call();
  } finally {
    places.forEach(([object, name], i) => Object.defineProperty(object, name, own[i]!));
  }
}

/** What a function returns; `null` if it throws. */
function outcome<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    assert(error instanceof Error || error instanceof DOMException);
    return null;
  }
}

Deno.test("toHex(), toBase64() and back are the same where the runtime has them not", () => {
  const prng = new Prng(1);
  for (const length of [0, 1, 2, 3, 4, 5, 255, 256, 257, 200_000]) {
    const bytes = prng.bytes(length);
    const [hex, base64] = [toHex(bytes), toBase64(bytes)];
    withoutMethods(() => {
      assertEquals([toHex(bytes), toBase64(bytes)], [hex, base64]);
      assertEquals(fromHex(hex), bytes);
      assertEquals(fromHex(hex.toUpperCase()), bytes);
      assertEquals(fromBase64(base64), bytes);
    });
  }
});

Deno.test("fromHex() and fromBase64() refuse the same where the runtime has them not", () => {
  const prng = new Prng(2);
  const alphabet = "AZaz09+/-_== \t\n\f\r\v\u00a0\u2028gGfFéÿ";
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    const text = Array.from(
      { length: prng.integer(0, 9) },
      () => alphabet[prng.integer(0, alphabet.length - 1)],
    ).join("");
    for (const decode of [fromHex, fromBase64]) {
      const native = outcome(() => decode(text));
      if (native === null) refused++;
      assertEquals(outcome(() => withoutMethods(() => decode(text))), native, JSON.stringify(text));
    }
  }
  assert(refused > 1000 && refused < 5000);
});

Deno.test("groupBy() and deferred() do as Map.groupBy() and Promise.withResolvers()", async () => {
  const keyOf = (n: number) => n % 3;
  assertEquals(groupBy([1, 2, 3, 4, 5], keyOf), Map.groupBy([1, 2, 3, 4, 5], keyOf));
  const [kept, broken] = [deferred<number>(), deferred<number>()];
  kept.resolve(Promise.resolve(1));
  kept.reject(new Error("later"));
  broken.reject(new RangeError("no"));
  assertEquals(await kept.promise, 1);
  await assertRejects(() => broken.promise, RangeError, "no");
});

Deno.test("inTime() gives what a promise gives, or its error, or says that it is late", async () => {
  const never = (): Error => new Error("late");
  assertEquals(await inTime(Promise.resolve(7), 60_000, never), 7);
  await assertRejects(() => inTime(Promise.reject(new Error("own")), 60_000, never), Error, "own");
  const late = deferred<number>();
  const error = new Error("late");
  const given = await inTime(late.promise, 0, () => error).catch((caught) => caught);
  assertStrictEquals(given, error);
  // Which nobody is told: an unhandled rejection would fail this test
  late.reject(new Error("too late"));
  await new Promise((resolve) => setTimeout(resolve));
});
