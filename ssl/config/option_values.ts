// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Checks of option values at run time, for callers without types. Each throws
 * `SEC_ERROR_INVALID_ARGS`.
 *
 * @module
 */

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { SslError } from "../base/errors.ts";
import {
  CIPHER_SUITES,
  type CipherSuite,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
} from "../tables/cipher_suites.ts";
import { NAMED_GROUPS, type NamedGroup } from "../tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../tables/signature_schemes.ts";
import { PROTOCOL_VERSIONS, SUPPORTED_VERSIONS } from "../tables/versions.ts";

/**
 * The maximum encoded length of a list of protocols, which leaves room for a cookie and a ticket in
 * a ClientHello.
 */
const MAX_PROTOCOLS_LENGTH = 2 ** 13;

/** Converts an option's value to a setting, or throws. */
export type Take<T> = (value: unknown, option: string) => T;

/** Returns the error for an invalid value of an option. */
export function invalid(option: string, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot use option ${option}: ${why}`);
}

/**
 * Returns a value as error messages show it; of objects only the type, since they may contain
 * secrets.
 */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Promise) return "a Promise (await it)";
  return `an object of type ${value.constructor?.name ?? "Object"}`;
}

/** Accepts a boolean. */
export const takeBoolean: Take<boolean> = (value, option) => {
  if (typeof value === "boolean") return value;
  throw invalid(option, `${show(value)} is neither true nor false`);
};

/** Accepts a string. */
export const takeString: Take<string> = (value, option) => {
  if (typeof value === "string") return value;
  throw invalid(option, `${show(value)} is no string`);
};

/** Accepts a number of milliseconds. */
export const takeMilliseconds: Take<number> = (value, option) => {
  if (typeof value === "number" && value >= 0) return value;
  throw invalid(option, `${show(value)} is no number of milliseconds`);
};

/** Accepts a hook or callback. */
export function takeFunction<T>(value: unknown, option: string): T {
  if (typeof value === "function") return value as T;
  throw invalid(option, `${show(value)} is no function`);
}

/** Returns a check for instances of a class. */
export function takeInstance<T>(type: abstract new (...args: never[]) => T): Take<T> {
  return (value, option) => {
    if (value instanceof type) return value;
    throw invalid(option, `${show(value)} is no ${type.name}`);
  };
}

/** Returns a check for one of several strings. */
export function takeOneOf<T extends string>(...choices: readonly T[]): Take<T> {
  return (value, option) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    throw invalid(option, `${show(value)} is none of ${choices.join(", ")}`);
  };
}

/** Accepts an array. */
export const takeArray: Take<readonly unknown[]> = (value, option) => {
  if (Array.isArray(value)) return value;
  throw invalid(option, `${show(value)} is no array`);
};

/**
 * Returns a check that converts names to rows of a table, without duplicates, in the order of the
 * names.
 */
export function takeRows<Row extends { readonly name: string }>(
  table: readonly Row[],
): Take<readonly Row[]> {
  return (value, option) => {
    const names = new Set(takeArray(value, option));
    if (names.size === 0) throw invalid(option, "the list is empty");
    return [...names].map((name) => {
      const row = table.find((candidate) => candidate.name === name);
      if (row !== undefined) return row;
      const known = table.map((candidate) => candidate.name).join(", ");
      throw invalid(option, `${show(name)} is none of ${known}`);
    });
  };
}

/** A range of versions before validation. */
interface GivenRange {
  readonly min?: unknown;
  readonly max?: unknown;
}

interface VersionNumbers {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** Converts a range of versions to their numbers; the caller checks that the range is not empty. */
export function takeVersions(value: unknown, option: string): VersionNumbers {
  const { min, max } = takeOptions(value as GivenRange, ["min", "max"], `option ${option}`);
  return { min: numberOfVersion(min), max: numberOfVersion(max) };
}

function numberOfVersion(name: unknown): number | undefined {
  if (name === undefined) return undefined;
  const version = SUPPORTED_VERSIONS.find((supported) => supported === name);
  if (version !== undefined) return PROTOCOL_VERSIONS[version];
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    `Cannot use option versions: ${show(name)} is not supported, only ${
      SUPPORTED_VERSIONS.join(", ")
    }`,
  );
}

export const takeSuites: Take<readonly (CipherSuite | Tls12CipherSuite)[]> = takeRows([
  ...CIPHER_SUITES,
  ...TLS12_CIPHER_SUITES,
]);

export function takeGroups(value: unknown, option: string): readonly NamedGroup[] {
  const groups = takeRows(NAMED_GROUPS)(value, option);
  const missing = groups.find((group) => !group.available());
  if (missing) throw invalid(option, `this runtime's WebCrypto lacks ${missing.name}`);
  return groups;
}

export function takeSchemes(value: unknown, option: string): readonly SignatureScheme[] {
  const names = SIGNATURE_SCHEMES.map(({ scheme }) => ({ name: scheme }));
  return takeRows(names)(value, option).map(({ name }) => name);
}

export function takeProtocols(value: unknown, option: string): readonly string[] {
  let total = 0;
  const protocols = takeArray(value, option).map((element) => takeString(element, option));
  for (const protocol of protocols) {
    const { length } = new TextEncoder().encode(protocol);
    total += 1 + length;
    if (length === 0 || length > 255) {
      throw invalid(option, `"${protocol}" is not 1 to 255 bytes long`);
    }
  }
  if (total > MAX_PROTOCOLS_LENGTH) throw invalid(option, `they take ${total} bytes`);
  return protocols;
}

/**
 * Reads an object of options: only its own properties, since inherited ones may be polluted.
 *
 * @param options The options from the application.
 * @param known The names of all options.
 * @param what What the options are, for the error message.
 * @returns The options that are not `undefined`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is no plain object or has an unknown property;
 * the message suggests the nearest name.
 */
export function takeOptions<T extends object>(
  options: T,
  known: readonly string[],
  what: string,
): T {
  if (!isPlainObject(options)) {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot use ${what}: ${show(options)} is no plain object`,
    );
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, known);
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot use ${what}: there is no option ${unknown}` +
        (nearest === undefined ? "" : `; did you mean ${nearest}?`),
    );
  }
  const present = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.assign(Object.create(null), Object.fromEntries(present));
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Returns the known name that is most similar to an unknown one; `undefined` if none is similar.
 */
function nearestName(unknown: string, known: readonly string[]): string | undefined {
  const text = unknown.toLowerCase();
  const distances = known.map((name) => ({
    name,
    distance: editDistance(text, name.toLowerCase()),
  }))
    .sort((a, b) => a.distance - b.distance);
  const [nearest] = distances;
  const begins = known.find((name) => name.toLowerCase().startsWith(text));
  if (nearest !== undefined && nearest.distance <= Math.max(1, text.length / 3)) {
    return nearest.name;
  }
  return text.length > 1 ? begins : undefined;
}

/** Returns the Levenshtein distance of two strings. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
