// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  type Check,
  editDistance,
  hasMembers,
  isAmount,
  isArrayOf,
  isBoolean,
  isBytes,
  isDate,
  isFunction,
  isInstance,
  isInteger,
  isLike,
  isObjectOf,
  isOneOf,
  isString,
  nearestName,
  orNull,
  required,
  takeOptions,
} from "../../../cert/base/options.ts";

interface Inner {
  readonly a: string;
  readonly b?: number;
}

interface Options {
  readonly inner?: readonly Inner[];
  readonly name: string;
  readonly isBig?: boolean;
}

const SHAPE = {
  inner: isArrayOf(isObjectOf<Inner>({ a: required(isString), b: isAmount })),
  name: required(isString),
  isBig: isBoolean,
};

function refusal(options: unknown): string {
  const call = () => takeOptions<Options>("Cannot try", options as Options, SHAPE);
  return assertThrows(call, NssError).message;
}

Deno.test("takeOptions() takes the own members that are not undefined, and no others", () => {
  const taken = takeOptions<Options>("Cannot try", { name: "n", isBig: undefined } as never, SHAPE);
  assertEquals(Object.entries(taken), [["name", "n"]]);
  Object.defineProperty(Object.prototype, "isBig", { value: true, configurable: true });
  try {
    const { isBig } = takeOptions<Options>("Cannot try", { name: "n" }, SHAPE);
    assertEquals(isBig, undefined);
    Object.defineProperty(Object.prototype, "name", { value: "n", configurable: true });
    assertEquals(refusal({}), "Cannot try: name is missing");
  } finally {
    delete (Object.prototype as { isBig?: unknown }).isBig;
    delete (Object.prototype as { name?: unknown }).name;
  }
});

Deno.test("takeOptions() reads each member once", () => {
  let reads = 0;
  const given = {
    get name() {
      return ++reads === 1 ? "n" : 7;
    },
  };
  assertEquals(takeOptions("Cannot try", given as Options, SHAPE).name, "n");
  assertEquals(reads, 1);
});

Deno.test("takeOptions() says what is wrong, and where", () => {
  const rows: [unknown, string][] = [
    [null, "the options are null, not a plain object"],
    [7, "the options are a number, not a plain object"],
    [[], "the options are an array, not a plain object"],
    [Promise.resolve(), "the options are a Promise (await it), not a plain object"],
    [Object.create({ name: "n" }), "the options are an object, not a plain object"],
    [new Map(), "the options are an object of type Map, not a plain object"],
    [{ nam: "n" }, "there is no option nam; did you mean name?"],
    [{ big: true }, "there is no option big; did you mean isBig?"],
    [{ zzz: 1 }, "there is no option zzz"],
    [{ zzz: undefined }, "there is no option zzz"],
    [{ ["z".repeat(100_000)]: 1 }, `there is no option ${"z".repeat(100)}`],
    [{}, "name is missing"],
    [{ name: "n", isBig: "false" }, 'isBig is "false", not true or false'],
    [{ name: "n", inner: {} }, "inner is an object, not an array"],
    [{ name: "n", inner: [{ a: "a" }, 7] }, "inner[1] is a number, not a plain object"],
    [{ name: "n", inner: [{}] }, "inner[0].a is missing"],
    [{ name: "n", inner: [{ a: "a", c: 1 }] }, "inner[0] has no member c"],
    [{ name: "n", inner: [{ a: "a", b: -1 }] }, "inner[0].b is -1, not a number from 0 up"],
  ];
  for (const [options, why] of rows) assertEquals(refusal(options), `Cannot try: ${why}`);
});

Deno.test("checks take what they name, and no message quotes what may be a secret", () => {
  class Thing {}
  const Other = { Thing: class Thing {} }.Thing;
  const rows: [Check, unknown[], [unknown, string][]][] = [
    [isString, ["", "x"], [[1234, "x is a number, not a string"]]],
    [isBytes, [new Uint8Array(0)], [["secret", "x is a string, not a Uint8Array"]]],
    [isFunction, [() => {}], [["secret", "x is a string, not a function"]]],
    [isDate, [new Date(0)], [
      [0, "x is 0, not a Date"],
      ["2030", 'x is "2030", not a Date'],
      [new Date(NaN), "x is an invalid Date"],
    ]],
    [isInteger(1, 3), [1, 3], [
      [0, "x is 0, not a whole number from 1 to 3"],
      [4, "x is 4, not a whole number from 1 to 3"],
      [1.5, "x is 1.5, not a whole number from 1 to 3"],
      ["1", 'x is "1", not a whole number from 1 to 3'],
    ]],
    [isAmount, [0, 0.5], [[NaN, "x is NaN, not a number from 0 up"], [
      Infinity,
      "x is Infinity, not a number from 0 up",
    ]]],
    [isOneOf(["a", "b"]), ["a"], [["c", 'x is "c", not one of a, b']]],
    [isInstance(Thing), [new Thing()], [
      [{}, "x is an object, not a Thing"],
      [new Other(), "x is an object of type Thing, not a Thing of this copy of the package"],
    ]],
    [isLike("a lamp", "on", "off"), [{ on() {}, off() {} }], [
      [{ on() {} }, "x is an object, not a lamp: it has no method off"],
      [null, "x is null, not a lamp"],
    ]],
    [hasMembers("a pair", { a: required(isString) }), [{ a: "a", b: 1 }], [
      [{}, "x.a is missing"],
      [undefined, "x is undefined, not a pair"],
    ]],
    [orNull(isString), [null, "x"], [[undefined, "x is undefined, not a string"]]],
  ];
  for (const [check, good, bad] of rows) {
    for (const value of good) assertEquals(check(value, "x"), null);
    for (const [value, why] of bad) assertEquals(check(value, "x"), why);
  }
});

Deno.test("nearestName() takes one slip in three letters: missing, too many, other, or swapped", () => {
  const known = ["serve", "list", "keyUsage", "subject", "ca"];
  const rows: [string, string | undefined][] = [
    ["sevre", "serve"], // two letters that have changed places are one slip
    ["lsit", "list"],
    ["SUBJCET", "subject"],
    ["ac", "ca"],
    ["keyUsag", "keyUsage"],
    ["keyUsagee", "keyUsage"],
    ["usage", "keyUsage"],
    ["sbujcet", "subject"], // two swaps in seven letters
    ["tsil", undefined], // three slips in four
    ["x", undefined],
    ["zzzz", undefined],
  ];
  for (const [given, nearest] of rows) assertEquals(nearestName(given, known), nearest, given);
});

Deno.test("editDistance() counts what is missing, too many, other or swapped, either way round", () => {
  const rows: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "acb", 1],
    ["abcd", "badc", 2],
    ["abc", "cab", 2],
    ["ca", "abc", 3], // no letter that has moved is edited again
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, distance] of rows) {
    assertEquals([editDistance(a, b), editDistance(b, a)], [distance, distance], `${a} ${b}`);
  }
});
