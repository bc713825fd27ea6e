// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Checks of option values at run time, for callers without types. Each throws
 * `SEC_ERROR_INVALID_ARGS`.
 *
 * @module
 */

import {
  anything,
  type Check,
  hasMembers,
  isAmount,
  isArray,
  isArrayOf,
  isBoolean,
  isBytes,
  isBytesOrText,
  isInstance,
  isOneOf,
  isString,
  readMembers,
  required,
  type Shape,
  show,
} from "../../cert/base/options.ts";
import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { fromBase64 } from "../../cert/base/runtime.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { SslError } from "../base/errors.ts";
import type { EchKey } from "./ech_key.ts";
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
 * Checks arguments.
 *
 * @param attempt What fails: "Cannot ...".
 * @param problems What the checks of the arguments returned.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for the first problem.
 */
export function requireSslArgs(attempt: string, ...problems: readonly (string | null)[]): void {
  const problem = problems.find((found) => found !== null);
  if (problem !== undefined) throw new SslError("SEC_ERROR_INVALID_ARGS", `${attempt}: ${problem}`);
}

/**
 * Reads an object of options, as {@linkcode takeOptions} of `cert/` does.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is no plain object, or for the first member
 * that is unknown, missing or of a wrong shape.
 */
export function takeSslOptions<T extends object>(
  attempt: string,
  given: unknown,
  shape: Shape<T>,
  name?: string,
): T {
  const { own, problem } = readMembers(given, shape, name);
  requireSslArgs(attempt, problem);
  return own;
}

/** Returns a conversion that only checks. */
export function taking<T>(check: Check): Take<T> {
  return (value, option) => {
    requireSslArgs("Cannot use options", check(value, option));
    return value as T;
  };
}

export const takeBoolean: Take<boolean> = taking(isBoolean);
export const takeString: Take<string> = taking(isString);
export const takeMilliseconds: Take<number> = taking(isMilliseconds);
export const takeArray: Take<readonly unknown[]> = taking(isArray);

/** Accepts a time in milliseconds; `Infinity` is none at all. */
export function isMilliseconds(value: unknown, name: string): string | null {
  return value === Infinity ? null : isAmount(value, name);
}

/** Returns a check for one of several strings. */
export function takeOneOf<T extends string>(...choices: readonly T[]): Take<T> {
  return taking(isOneOf(choices));
}

/**
 * Returns a check that converts names to rows of a table, without duplicates, in the order of the
 * names.
 */
export function takeRows<Row extends { readonly name: string }>(
  table: readonly Row[],
): Take<readonly Row[]> {
  return (value, option) => {
    const names = new Set(takeArray(value, option));
    if (names.size === 0) throw invalid(option, "the list is empty; omit it for the default");
    const isKnown = isOneOf(table.map(({ name }) => name));
    requireSslArgs("Cannot use options", isArrayOf(isKnown)(value, option));
    return [...names].flatMap((name) => table.filter((row) => row.name === name));
  };
}

/** The maximum number of inputs of one option whose results are kept. */
export const MAX_KEPT_INPUTS = 16;
/**
 * The maximum total length of these inputs, in characters and bytes: four times the authorities of
 * the public web as PEM. What is parsed of them takes some ten times as much.
 */
export const MAX_KEPT_LENGTH = 2 ** 20;

interface KeptInput<T> {
  readonly input: readonly unknown[];
  readonly length: number;
  readonly result: T;
}

/**
 * Returns a conversion of arrays that keeps its last results, and returns one again for an array
 * with the same elements: many connections are given the same options, and to parse their
 * authorities takes longer than all else that `importFD` does. Each element is compared each time,
 * since applications change arrays and bytes in place. A conversion must depend on the array alone,
 * and its result must not be changed.
 */
export function reusing<T>(take: Take<T>): Take<T> {
  let kept: KeptInput<T>[] = []; // most recently used first
  return (value, option) => {
    if (!Array.isArray(value)) return take(value, option);
    const found = kept.find(({ input }) => isSameInput(value, input));
    if (found !== undefined) {
      if (found !== kept[0]) kept = [found, ...kept.filter((each) => each !== found)];
      return found.result;
    }
    const input = Array.from(value, copyInput);
    const added = { input, length: lengthOf(input), result: take(input, option) };
    let [count, length] = [0, 0];
    kept = [added, ...kept].filter((each) =>
      ++count <= MAX_KEPT_INPUTS && (length += each.length) <= MAX_KEPT_LENGTH
    );
    return added.result;
  };
}

/** Returns a copy of what an application may change in place: bytes, and arrays to any depth. */
export function copyInput(value: unknown): unknown {
  if (value instanceof Uint8Array) return copyBytes(value);
  return Array.isArray(value) ? value.map(copyInput) : value;
}

/** Returns whether an input is the same as one that has been copied. */
export function isSameInput(value: unknown, copy: unknown): boolean {
  if (value === copy) return true;
  if (value instanceof Uint8Array) return copy instanceof Uint8Array && bytesEqual(value, copy);
  return Array.isArray(value) && Array.isArray(copy) && value.length === copy.length &&
    copy.every((each, i) => isSameInput(value[i], each));
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum, each) => sum + lengthOf(each), 0);
  if (value instanceof Certificate) return value.der.length;
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}

/** Accepts an `ECHConfigList`, or its Base64; it is parsed when the handshake starts. */
export const takeEchConfigList: Take<Uint8Array<ArrayBuffer>> = (value, option) => {
  requireSslArgs("Cannot use options", isBytesOrText(value, option));
  return echConfigListOf([value], option);
};

const echConfigListOf = reusing((values, option) => {
  const [value] = values as [Uint8Array | string];
  const bytes = typeof value === "string" ? base64Of(value) : copyBytes(value);
  if (bytes === null || bytes.length < 6 || (bytes[0]! << 8 | bytes[1]!) !== bytes.length - 2) {
    throw invalid(
      option,
      "it is not an ECHConfigList, in bytes or Base64: the value of the key ech in an HTTPS record",
    );
  }
  return bytes;
});

function base64Of(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return fromBase64(text.trim());
  } catch {
    return null;
  }
}

/**
 * The maximum number of keys of a server for Encrypted Client Hello: each of the same identifier
 * costs a decryption.
 */
export const MAX_ECH_KEYS = 16;

/**
 * The maximum length in bytes of the configurations that clients have to be sent to try again: half
 * of what EncryptedExtensions has room for.
 */
export const MAX_RETRY_CONFIGS_LENGTH = 32_768;

/** Accepts keys of Encrypted Client Hello, which are checked when the handshake starts. */
export const takeEchKeys: Take<readonly EchKey[]> = (value, option) => {
  const isKey = hasMembers("a key that generateEchKeys() or importEchKey() returns", {
    config: required(isBytes),
    privateKey: required(isInstance(CryptoKey)),
  });
  requireSslArgs("Cannot use options", isArrayOf(isKey)(value, option));
  const keys = value as readonly EchKey[];
  if (keys.length > MAX_ECH_KEYS) {
    throw invalid(option, `it has ${keys.length} keys, more than ${MAX_ECH_KEYS}`);
  }
  const length = keys.reduce(
    (sum, { config, isRetryConfig = true }) => isRetryConfig ? sum + config.length : sum,
    0,
  );
  if (length > MAX_RETRY_CONFIGS_LENGTH) {
    throw invalid(
      option,
      `its configurations have ${length} bytes, more than ${MAX_RETRY_CONFIGS_LENGTH}, which a ` +
        "client could not be sent; give old ones isRetryConfig: false",
    );
  }
  return echKeysOf(
    keys.map(({ config, privateKey, isRetryConfig = true }) => [config, privateKey, isRetryConfig]),
    option,
  );
};

/** Takes the members of each key, so that all are compared; the bytes are copies. */
const echKeysOf = reusing((members): readonly EchKey[] =>
  (members as [Uint8Array<ArrayBuffer>, CryptoKey, boolean][])
    .map(([config, privateKey, isRetryConfig]) => ({ config, privateKey, isRetryConfig }))
);

interface VersionNumbers {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** Converts a range of versions to their numbers; the caller checks that the range is not empty. */
export function takeVersions(value: unknown, option: string): VersionNumbers {
  const shape = { min: anything, max: anything };
  const { min, max } = takeSslOptions<{ min?: unknown; max?: unknown }>(
    "Cannot use options",
    value,
    shape,
    option,
  );
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

const takeSuites: Take<readonly (CipherSuite | Tls12CipherSuite)[]> = takeRows([
  ...CIPHER_SUITES,
  ...TLS12_CIPHER_SUITES,
]);

/** Takes the suites of TLS 1.3 from a list. */
export const takeTls13Suites: Take<readonly CipherSuite[]> = reusing((value, option) =>
  takeSuites(value, option).filter((suite) => "aead" in suite)
);

/** Takes the suites of TLS 1.2 from a list. */
export const takeTls12Suites: Take<readonly Tls12CipherSuite[]> = reusing((value, option) =>
  takeSuites(value, option).filter((suite) => "bulk" in suite)
);

export const takeGroups: Take<readonly NamedGroup[]> = reusing(takeRows(NAMED_GROUPS));

export const takeSchemes: Take<readonly SignatureScheme[]> = reusing((value, option) => {
  const names = SIGNATURE_SCHEMES.map(({ scheme }) => ({ name: scheme }));
  return takeRows(names)(value, option).map(({ name }) => name);
});

export const takeProtocols: Take<readonly string[]> = reusing((value, option) => {
  let total = 0;
  const protocols = [...taking<readonly string[]>(isArrayOf(isString))(value, option)];
  for (const protocol of protocols) {
    const { length } = new TextEncoder().encode(protocol);
    total += 1 + length;
    if (length === 0 || length > 255) {
      throw invalid(option, `"${protocol}" is not 1 to 255 bytes long`);
    }
  }
  if (total > MAX_PROTOCOLS_LENGTH) throw invalid(option, `they take ${total} bytes`);
  return protocols;
});
