// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Checks of options' values: types do not bind JavaScript. Each throws `SEC_ERROR_INVALID_ARGS`.
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
 * How many bytes a list of protocols takes at most: beside a cookie and a ticket there must be room
 * for it in a hello.
 */
const MAX_PROTOCOLS_LENGTH = 2 ** 13;

/** Makes a setting of an option's value, or throws. */
export type Take<T> = (value: unknown, option: string) => T;

/** The error for a value that an option has not. */
export function invalid(option: string, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot use option ${option}: ${why}`);
}

/** A value as an error's text shows it; of objects only the kind, since they may hold secrets. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Promise) return "a Promise (await it)";
  return `an object of type ${value.constructor?.name ?? "Object"}`;
}

/** `true` or `false`. */
export const takeBoolean: Take<boolean> = (value, option) => {
  if (typeof value === "boolean") return value;
  throw invalid(option, `${show(value)} is neither true nor false`);
};

/** A text. */
export const takeString: Take<string> = (value, option) => {
  if (typeof value === "string") return value;
  throw invalid(option, `${show(value)} is no string`);
};

/** A length of time. */
export const takeMilliseconds: Take<number> = (value, option) => {
  if (typeof value === "number" && value >= 0) return value;
  throw invalid(option, `${show(value)} is no number of milliseconds`);
};

/** A hook or callback. */
export function takeFunction<T>(value: unknown, option: string): T {
  if (typeof value === "function") return value as T;
  throw invalid(option, `${show(value)} is no function`);
}

/** An object of a class. */
export function takeInstance<T>(type: abstract new (...args: never[]) => T): Take<T> {
  return (value, option) => {
    if (value instanceof type) return value;
    throw invalid(option, `${show(value)} is no ${type.name}`);
  };
}

/** One of a few words. */
export function takeOneOf<T extends string>(...choices: readonly T[]): Take<T> {
  return (value, option) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    throw invalid(option, `${show(value)} is none of ${choices.join(", ")}`);
  };
}

/** The elements of an array. */
export const takeArray: Take<readonly unknown[]> = (value, option) => {
  if (Array.isArray(value)) return value;
  throw invalid(option, `${show(value)} is no array`);
};

/** The rows of a table by their names, each once, in the order of the names. */
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

/** A range of versions before it is known to be one. */
interface GivenRange {
  readonly min?: unknown;
  readonly max?: unknown;
}

interface VersionNumbers {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** The numbers of a range of versions; whether it is one is for the whole configuration to say. */
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
 * Reads an object of options: its own members that are there, and none that it inherits, which
 * somebody else may have set.
 *
 * @param options What the application has given.
 * @param known The names that there are.
 * @param what What the options are for, as in "Cannot use options of importFD()".
 * @returns The options that are not `undefined`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is no plain object, or has a member that is
 * none of the names: the nearest is named.
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
 * The known name that looks most like one that is not; `undefined` where none looks much like it.
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

/** How many letters must be put in, taken out or replaced to make one text of the other. */
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
