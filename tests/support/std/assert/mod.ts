// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A stand-in for `@std/assert` on machines that cannot reach the registry. Same names, signatures
 * and behaviour; only what this project uses.
 *
 * @module
 */

import { equal } from "./equal.ts";

export { equal };

/** What a failed assertion throws. */
export class AssertionError extends Error {
  /** Creates the error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Values that are false in a condition. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** A class that may be abstract and takes any arguments. */
type ErrorClass<E> = abstract new (...args: never[]) => E;

/** Asserts that a value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that a value is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Asserts that two values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference(actual, expected)}`);
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${format(actual)} not to be: ${format(expected)}${suffix(msg)}`,
  );
}

/** Asserts that two values are the same, by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const what = equal(actual, expected)
    ? "Values have the same structure but are not reference-equal"
    : "Values are not strictly equal";
  throw new AssertionError(`${what}${suffix(msg)}\n${difference(actual, expected)}`);
}

/** Asserts that two values are not the same, by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${format(actual)}${suffix(msg)}`,
  );
}

/** Asserts that a value is neither null nor undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

/** Asserts that two numbers differ by no more than the tolerance. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${allowed}"${
      suffix(msg)
    }`,
  );
}

/** Asserts that `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} > ${format(expected)}`);
}

/** Asserts that `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual >= expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} >= ${format(expected)}`);
}

/** Asserts that `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} < ${format(expected)}`);
}

/** Asserts that `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual <= expected) return;
  throw new AssertionError(msg ?? `Expect ${format(actual)} <= ${format(expected)}`);
}

/** Asserts that a string matches a regular expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`,
  );
}

/** Asserts that a string does not match a regular expression. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
  );
}

/** Asserts that a string contains another. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`);
}

/** Asserts that an array-like value contains every element of another, by deep equality. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T> & object,
  expected: ArrayLike<T> & object,
  msg?: string,
): void {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !items.some((it) => equal(it, item)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${format(actual)}" to include: "${format(expected)}"${
      suffix(msg)
    }\nmissing: ${format(missing)}`,
  );
}

/** Asserts that a value is an instance of a class. */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any -- the real package's signature
  T extends abstract new (...args: any[]) => any,
>(actual: unknown, expectedType: T, msg = ""): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const was = actual === null
    ? "null"
    : typeof actual === "object"
    ? actual?.constructor?.name ?? "Object"
    : typeof actual;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${was}"${suffix(msg)}`,
  );
}

/** Asserts that an object has at least the properties of another, recursively. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the real package's signature
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals<unknown>(intersection(actual, expected), intersection(expected, expected), msg);
}

/**
 * Asserts that a value is an error of a class whose message contains a text or matches an
 * expression.
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor?.name}"${
        suffix(msg)
      }\n${error.stack}`,
    );
  }
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches?.test(error.message) ?? true;
  if (!matches) {
    throw new AssertionError(
      `Expected error message to include ${
        msgMatches instanceof RegExp ? msgMatches : JSON.stringify(msgMatches)
      }, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
    );
  }
}

/** Asserts that a function throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that a function throws an error of a class, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const because = typeof classOrMsg === "string" ? classOrMsg : msg;
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
    if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, because);
    return thrown;
  }
  throw new AssertionError(`Expected function to throw${suffix(because)}`);
}

/** Asserts that a function returns a promise that rejects, and resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/**
 * Asserts that a function returns a promise that rejects with an error of a class, and resolves to
 * it.
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const because = typeof classOrMsg === "string" ? classOrMsg : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
    if (typeof promise?.then !== "function") throw new TypeError("Not a promise");
  } catch {
    throw new AssertionError(`Function throws when expected to reject${suffix(because)}`);
  }
  try {
    await promise;
  } catch (error) {
    if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, because);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(because)}`);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Fails because this place must not be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

/** Fails because something is not implemented yet. */
export function unimplemented(msg?: string): never {
  throw new AssertionError(`Unimplemented${suffix(msg)}`);
}

function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** Other runtimes show what JSON can say; those who look at messages run Deno. */
function format(value: unknown): string {
  if ("Deno" in globalThis) {
    return Deno.inspect(value, {
      depth: 10,
      sorted: true,
      iterableLimit: 200,
      strAbbreviateSize: 4096,
    });
  }
  const json = JSON.stringify(
    value,
    (_, member) => typeof member === "bigint" ? `${member}n` : member,
  );
  return json ?? String(value);
}

function difference(actual: unknown, expected: unknown): string {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    return bytesDifference(actual, expected);
  }
  const [is, due] = [actual, expected].map((value) => format(value).split("\n"));
  return linesDifference(is!, due!);
}

/** The lines from the first that differs to the last, with a few before and after them. */
function linesDifference(actual: readonly string[], expected: readonly string[]): string {
  const context = 3;
  const shortest = Math.min(actual.length, expected.length);
  let start = 0;
  while (start < shortest && actual[start] === expected[start]) start++;
  let end = 0;
  while (end < shortest - start && actual.at(-1 - end) === expected.at(-1 - end)) end++;
  const marked = (mark: string, lines: readonly string[]) =>
    lines.slice(start, lines.length - end).map((line) => `${mark}   ${line}`);
  return [
    ...actual.slice(Math.max(0, start - context), start).map((line) => `    ${line}`),
    ...marked("-", actual).map((line) => `${line}   (actual)`),
    ...marked("+", expected).map((line) => `${line}   (expected)`),
    ...actual.slice(actual.length - end).slice(0, context).map((line) => `    ${line}`),
  ].join("\n");
}

/** Bytes are compared in rows of 16, from the row before the first difference on. */
function bytesDifference(actual: Uint8Array, expected: Uint8Array): string {
  const row = 16;
  const rowsShown = 8;
  const longest = Math.max(actual.length, expected.length);
  let first = 0;
  while (first < longest && actual[first] === expected[first]) first++;
  const lines = [
    `actual has ${actual.length} bytes, expected has ${expected.length}; first difference at offset ${first}` +
    (actual.constructor === expected.constructor
      ? ""
      : ` (${actual.constructor.name} is not ${expected.constructor.name})`),
  ];
  const start = Math.max(0, Math.floor(first / row) - 1) * row;
  const end = Math.min(longest, start + rowsShown * row);
  for (let at = start; at < end; at += row) {
    const a = hexRow(actual, at, row);
    const b = hexRow(expected, at, row);
    const offset = at.toString(16).padStart(6, "0");
    if (a === b) lines.push(`    ${offset}  ${a}`);
    else lines.push(`-   ${offset}  ${a}   (actual)`, `+   ${offset}  ${b}   (expected)`);
  }
  if (end < longest) lines.push(`    ... ${longest - end} more`);
  return lines.join("\n");
}

function hexRow(bytes: Uint8Array, at: number, length: number): string {
  return Array.from(bytes.subarray(at, at + length), (b) => b.toString(16).padStart(2, "0"))
    .join(" ");
}

/** The part of `actual` that has the shape of `expected`. */
function intersection(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return expected.map((item, i) => intersection(actual[i], item)).slice(0, actual.length);
  }
  if (!isRecord(actual) || !isRecord(expected)) return actual;
  const out: Record<PropertyKey, unknown> = {};
  for (const key of Reflect.ownKeys(expected)) {
    if (key in actual) out[key] = intersection(actual[key], expected[key]);
  }
  return out;
}

/** Objects that are compared by their properties; built-ins with inner state are compared whole. */
function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !ArrayBuffer.isView(value) && !(value instanceof Date) && !(value instanceof RegExp) &&
    !(value instanceof Map) && !(value instanceof Set);
}
