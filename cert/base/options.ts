// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Checks of arguments and of objects of options at run time, for callers without types.
 *
 * @module
 */

import { NssError } from "./errors.ts";

/** Returns what is wrong with a value, in words that begin with its name; `null` if nothing is. */
export type Check = (value: unknown, name: string) => string | null;

/** A check of a member that may not be absent. */
export type RequiredCheck = Check & { readonly isRequired: true };

/** The checks of the members of an object: the compiler misses none. */
export type Shape<T> = {
  readonly [Name in keyof T]-?: object extends Pick<T, Name> ? Check : RequiredCheck;
};

/** Returns a value in words that cannot contain a secret: its type. */
export function kindOf(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  if (value instanceof Promise) return "a Promise (await it)";
  if (Array.isArray(value)) return "an array";
  const type: unknown = value.constructor?.name;
  return typeof type !== "string" || type === "Object" ? "an object" : `an object of type ${type}`;
}

/** Returns a value as error messages show it; of objects only the type. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain ? String(value) : kindOf(value);
}

function isNot(name: string, shown: string, wanted: string): string {
  return `${name} is ${shown}, not ${wanted}`;
}

/** Accepts everything. */
export const anything: Check = () => null;

/** Accepts a boolean. */
export const isBoolean: Check = (value, name) =>
  typeof value === "boolean" ? null : isNot(name, show(value), "true or false");

/** Accepts a string; a message does not quote what else it is, which may be a password. */
export const isString: Check = (value, name) =>
  typeof value === "string" ? null : isNot(name, kindOf(value), "a string");

/** Accepts a function. */
export const isFunction: Check = (value, name) =>
  typeof value === "function" ? null : isNot(name, kindOf(value), "a function");

/** Accepts bytes. */
export const isBytes: Check = (value, name) =>
  value instanceof Uint8Array ? null : isNot(name, kindOf(value), "a Uint8Array");

/** Accepts bytes and text. */
export const isBytesOrText: Check = (value, name) =>
  typeof value === "string" || value instanceof Uint8Array
    ? null
    : isNot(name, kindOf(value), "a string or a Uint8Array");

/** Accepts a time. */
export const isDate: Check = (value, name) => {
  if (!(value instanceof Date)) return isNot(name, show(value), "a Date");
  return Number.isNaN(value.getTime()) ? `${name} is an invalid Date` : null;
};

/** Accepts an array. */
export const isArray: Check = (value, name) =>
  Array.isArray(value) ? null : isNot(name, kindOf(value), "an array");

/** Accepts a finite number that is not negative. */
export const isAmount: Check = (value, name) =>
  Number.isFinite(value) && Number(value) >= 0
    ? null
    : isNot(name, show(value), "a number from 0 up");

/** Returns a check for whole numbers in a range. */
export function isInteger(min: number, max: number = Number.MAX_SAFE_INTEGER): Check {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
  return (value, name) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? null
      : isNot(name, show(value), `a whole number ${range}`);
}

/** Returns a check for one of several strings. */
export function isOneOf(choices: readonly string[]): Check {
  return (value, name) =>
    choices.some((choice) => choice === value)
      ? null
      : isNot(name, show(value), `one of ${choices.join(", ")}`);
}

/**
 * Returns a check for instances of a class.
 *
 * @param type The class.
 * @param hint How to make one of what is often given instead.
 */
export function isInstance(type: abstract new (...args: never[]) => object, hint = ""): Check {
  const wanted = `${/^[AEIOU]/.test(type.name) ? "an" : "a"} ${type.name}`;
  return (value, name) => {
    if (value instanceof type) return null;
    const shown = kindOf(value);
    // Two copies of this package have a class of this name each
    const isOther = shown.endsWith(` of type ${type.name}`);
    return isNot(name, shown, wanted) + (isOther ? " of this copy of the package" : hint);
  };
}

/**
 * Returns a check for objects of any class that have some methods.
 *
 * @param what What they are, with an article.
 * @param methods The methods, of which each has to be there.
 */
export function isLike(what: string, ...methods: readonly string[]): Check {
  return (value, name) => {
    if (!isObject(value) || Array.isArray(value)) return isNot(name, kindOf(value), what);
    const missing = methods.find((method) => typeof Reflect.get(value, method) !== "function");
    if (missing === undefined) return null;
    return `${isNot(name, kindOf(value), what)}: it has no method ${missing}`;
  };
}

/**
 * Returns a check for objects of any class that have some members; others are not looked at.
 *
 * @param what What they are, with an article.
 * @param members The checks of the members.
 */
export function hasMembers(what: string, members: Readonly<Record<string, Check>>): Check {
  return (value, name) => {
    if (!isObject(value) || value instanceof Promise) return isNot(name, kindOf(value), what);
    const own = Object.fromEntries(
      Object.keys(members).map((member) => [member, Reflect.get(value, member)] as const)
        .filter(([, part]) => part !== undefined),
    );
    return problemOf(own, members, name);
  };
}

/** Returns a check for arrays whose elements pass another. */
export function isArrayOf(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) return isArray(value, name);
    for (let i = 0; i < value.length; i++) {
      // The name costs more than most checks
      if (check(value[i], name) !== null) return check(value[i], `${name}[${i}]`);
    }
    return null;
  };
}

/** Returns a check for iterables but strings; what they give is not looked at. */
export const isIterable: Check = (value, name) =>
  isObject(value) && typeof Reflect.get(value, Symbol.iterator) === "function"
    ? null
    : isNot(name, kindOf(value), "an array or another iterable");

/** Accepts a plain object, whose members are checked where they are used. */
export const isPlain: Check = (value, name) =>
  isPlainObject(value) ? null : isNot(name, kindOf(value), "a plain object");

/** Returns a check for objects of options within others. */
export function isObjectOf<T extends object>(shape: Shape<T>): Check {
  return (value, name) => readMembers(value, shape, name).problem;
}

/**
 * Returns a check for what one of several checks accepts.
 *
 * @param what What they accept, for the message.
 * @param checks The checks.
 */
export function isEither(what: string, ...checks: readonly Check[]): Check {
  return (value, name) =>
    checks.some((check) => check(value, name) === null) ? null : isNot(name, kindOf(value), what);
}

/** Returns a check that accepts `null`, too. */
export function orNull(check: Check): Check {
  return (value, name) => value === null ? null : check(value, name);
}

/** Marks the check of a member that may not be absent. */
export function required(check: Check): RequiredCheck {
  const copy: Check = (value, name) => check(value, name);
  return Object.assign(copy, { isRequired: true } as const);
}

/** The members of a key pair, which examples spread into the options of what creates. */
export const KEY_PAIR_MEMBERS: Readonly<
  Record<"privateKey" | "publicKey" | "exportPkcs8" | "id" | "label" | "algorithm", Check>
> = {
  privateKey: anything,
  publicKey: anything,
  exportPkcs8: anything,
  id: anything,
  label: anything,
  algorithm: anything,
};

/**
 * Checks arguments.
 *
 * @param attempt What fails: "Cannot ...".
 * @param problems What the checks of the arguments returned.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for the first problem.
 */
export function requireArgs(attempt: string, ...problems: readonly (string | null)[]): void {
  for (const problem of problems) {
    if (problem !== null) throw new NssError("SEC_ERROR_INVALID_ARGS", `${attempt}: ${problem}`);
  }
}

/**
 * Checks the other one of two that are compared, at no more than the cost of `instanceof`.
 *
 * @param other The other one.
 * @param type The class of both.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is none.
 */
export function requireSame(other: unknown, type: abstract new (...args: never[]) => object): void {
  if (!(other instanceof type)) requireArgs("Cannot compare", isInstance(type)(other, "the other"));
}

/**
 * Reads an object of options: only its own members, since inherited ones may be polluted.
 *
 * @param attempt What fails: "Cannot ...".
 * @param given The options from the application.
 * @param shape The checks of all options.
 * @returns The options that are not `undefined`.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is no plain object, or for the first member
 * that is unknown, missing or of a wrong shape.
 */
export function takeOptions<T extends object>(attempt: string, given: T, shape: Shape<T>): T {
  const { own, problem } = readMembers<T>(given, shape);
  requireArgs(attempt, problem);
  return own;
}

/**
 * Reads the own members of an object.
 *
 * @param given The object.
 * @param shape The checks of its members.
 * @param name Its name within other options; "" for the options themselves.
 * @returns The members that are not `undefined`, and what is wrong with them.
 */
export function readMembers<T extends object>(
  given: unknown,
  shape: Shape<T>,
  name = "",
): { readonly own: T; readonly problem: string | null } {
  const own = Object.create(null);
  if (!isPlainObject(given)) {
    const what = name === "" ? "the options are" : `${name} is`;
    return { own, problem: `${what} ${kindOf(given)}, not a plain object` };
  }
  const checks: Readonly<Record<string, Check>> = shape;
  for (const [member, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, member)) {
      const nearest = nearestName(member, Object.keys(checks));
      const which = name === ""
        ? `there is no option ${member.slice(0, 100)}`
        : `${name} has no member ${member.slice(0, 100)}`;
      const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
      return { own, problem: which + hint };
    }
    if (value !== undefined) own[member] = value;
  }
  return { own, problem: problemOf(own, checks, name) };
}

/** Returns what is wrong with own members that are known: few of those that there may be. */
function problemOf(
  own: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
  name: string,
): string | null {
  const members = name === "" ? "" : `${name}.`;
  for (const member of Object.keys(own)) {
    const problem = checks[member]!(own[member], members + member);
    if (problem !== null) return problem;
  }
  const missing = requiredIn(checks).find((member) => !Object.hasOwn(own, member));
  return missing === undefined ? null : `${members}${missing} is missing`;
}

const requiredMembers = new WeakMap<object, readonly string[]>();

function requiredIn(checks: Readonly<Record<string, Check>>): readonly string[] {
  let names = requiredMembers.get(checks);
  if (names === undefined) {
    names = Object.keys(checks).filter((member) => "isRequired" in checks[member]!);
    requiredMembers.set(checks, names);
  }
  return names;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isPlainObject(value: unknown): value is object {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Returns the known name that is most similar to an unknown one; `undefined` if none is similar.
 */
export function nearestName(unknown: string, known: readonly string[]): string | undefined {
  // What is longer is no typing mistake, and would take long to compare
  const text = unknown.toLowerCase().slice(0, 64);
  if (text.length < 2) return undefined;
  const distances = known.map((name) => ({ name, slips: editDistance(text, name.toLowerCase()) }));
  const [nearest] = distances.filter(({ slips }) => slips <= Math.max(1, text.length / 3))
    .sort((a, b) => a.slips - b.slips);
  if (nearest !== undefined) return nearest.name;
  const longer = known.filter((name) => name.toLowerCase().includes(text));
  const begins = longer.find((name) => name.toLowerCase().startsWith(text));
  return begins ?? (longer.length === 1 ? longer[0] : undefined);
}

/** Returns how many letters are missing, too many, wrong, or swapped with the next (Damerau). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
