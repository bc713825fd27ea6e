// Copyright 2026 the NSS for Deno authors. MIT license.

/** External pre-shared keys: keys that both ends have got in another way than by TLS. @module */

import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { kindOf, show } from "../../cert/base/options.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { CipherSuiteHash } from "../crypto/hkdf.ts";
import { SslError } from "../base/errors.ts";
import { copyInput, isSameInput, reusing, type Take } from "./option_values.ts";

/**
 * How a pre-shared key of TLS 1.3 is used: with a key exchange of (EC)DHE, or alone.
 *
 * @category Options
 */
export type PskKeyExchangeMode = "psk_dhe_ke" | "psk_ke";

/**
 * What is imported with a pre-shared key (RFC 9258): any context that both ends know, or the names
 * of the client and the server, 1 to 255 bytes each. A node that is both client and server with one
 * key must use names, so that what it has sent as a client cannot be reflected to itself as a
 * server (Selfie, RFC 9257, Section 4.1).
 *
 * @category Options
 */
export type ExternalPskImporter =
  | {
    /** The context: text, or at most 1,024 bytes; none by default. */
    readonly context?: string | Uint8Array;
  }
  | {
    /** The name of the node that is the client. */
    readonly client: string | Uint8Array;
    /** The name of the node that is the server. */
    readonly server: string | Uint8Array;
  };

/**
 * A pre-shared key without its identity, as a server finds it for one.
 *
 * @category Options
 */
export interface ExternalPskSecret {
  /**
   * The key: 16 to 65,535 random bytes, or an HKDF `CryptoKey` with the usage `deriveBits`, with
   * which TLS 1.2 is not possible. It must not be a password: whoever sees a handshake can try out
   * words (RFC 9257, Section 6).
   */
  readonly key: Uint8Array | CryptoKey;
  /** The hash that the key is bound to; default `"SHA-256"`. */
  readonly hash?: "SHA-256" | "SHA-384";
  /**
   * Imports the key (RFC 9258): it is then used with suites of either hash, and for TLS 1.3 only.
   * Both ends must import it, or neither.
   */
  readonly importer?: ExternalPskImporter;
}

/**
 * An external pre-shared key, for the option `externalPsks` and {@linkcode addExternalPsk}.
 *
 * @category Options
 */
export interface ExternalPsk extends ExternalPskSecret {
  /** The identity, 1 to 1,024 bytes, or text in UTF-8. It is sent in the clear. */
  readonly identity: string | Uint8Array;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** A checked pre-shared key. */
export interface ExternalKey {
  /** The identity; that before the import. */
  readonly identity: Bytes;
  /** The key, a copy. */
  readonly key: Bytes | CryptoKey;
  /** The hash that it is bound to. */
  readonly hash: CipherSuiteHash;
  /** The context to import it with; `null` if it is used as it is. */
  readonly context: Bytes | null;
}

/** The minimum length of a key in bytes: 128 bits (RFC 9257, Section 6). */
export const MIN_PSK_LENGTH = 16;
/** The maximum length of a key in bytes (RFC 4279, Section 2). */
export const MAX_PSK_LENGTH = 0xffff;
/** The maximum length of an identity in bytes: a hello must have room for several. */
export const MAX_PSK_IDENTITY_LENGTH = 1024;
/** The maximum length of an importer's context in bytes. */
export const MAX_PSK_CONTEXT_LENGTH = 1024;
/** The maximum number of keys that a client offers, each in up to two forms. */
export const MAX_OFFERED_PSKS = 8;
/** The maximum length of the names of RFC 9258, Appendix A, in bytes. */
const MAX_NODE_NAME_LENGTH = 255;

/** The code points of the modes (RFC 8446, Section 4.2.9). */
const MODES: Readonly<Record<PskKeyExchangeMode, number>> = { psk_ke: 0, psk_dhe_ke: 1 };

/** The names of the modes. */
export const PSK_KEY_EXCHANGE_MODES: readonly PskKeyExchangeMode[] = ["psk_dhe_ke", "psk_ke"];

/** The settings about keys. */
interface PskSettings {
  readonly externalPsks: readonly ExternalKey[];
  readonly getExternalPsk: unknown;
  readonly certificateFallback: boolean;
  readonly clientAuth: "none" | "request" | "require";
}

/** Returns the code points of the modes that a configuration allows. */
export function pskModesOf(
  { pskKeyExchangeModes }: { readonly pskKeyExchangeModes: readonly PskKeyExchangeMode[] },
): readonly number[] {
  return pskKeyExchangeModes.map((mode) => MODES[mode]);
}

/** Returns whether a configuration has external pre-shared keys, or a hook that finds them. */
export function hasExternalPsks({ externalPsks, getExternalPsk }: PskSettings): boolean {
  return externalPsks.length > 0 || getExternalPsk !== null;
}

/** Returns whether a client takes a server with a pre-shared key only. */
export function requiresExternalPsk(config: PskSettings): boolean {
  return hasExternalPsks(config) && !config.certificateFallback;
}

/**
 * Returns whether a server takes pre-shared keys: not where it requires a client's certificate,
 * which it must not request then (RFC 8446, Section 4.3.2).
 */
export function takesExternalPsks(config: PskSettings): boolean {
  return config.clientAuth !== "require" && hasExternalPsks(config);
}

/**
 * Checks the option `externalPsks`.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS`.
 */
export function takeExternalPsks(value: unknown, option: string): readonly ExternalKey[] {
  if (!Array.isArray(value)) throw wrong(option, `is ${kindOf(value)}, not an array`);
  return takeDistinct(value.map((given, i) => knownKey(given, `${option}[${i}]`)), option);
}

const takeDistinct = reusing((keys, option) => distinct(keys as readonly ExternalKey[], option));

interface KnownKey {
  readonly parts: readonly unknown[];
  readonly key: ExternalKey;
}

/** The keys of objects that an application uses for many connections. */
const KNOWN_KEYS = new WeakMap<object, KnownKey>();

/** Checks a key unless it is as it was; what is derived from it need not be derived again. */
function knownKey(given: unknown, name: string): ExternalKey {
  if (typeof given !== "object" || given === null) return toExternalKey(given, name);
  const members = new Map(Object.entries(given));
  const importer: unknown = members.get("importer");
  const parts = [...members].flat();
  if (typeof importer === "object" && importer !== null) {
    parts.push(...Object.entries(importer).flat());
  }
  const known = KNOWN_KEYS.get(given);
  if (known !== undefined && isSameInput(parts, known.parts)) return known.key;
  const key = toExternalKey(given, name);
  KNOWN_KEYS.set(given, { parts: parts.map(copyInput), key });
  return key;
}

/** Checks the option `pskKeyExchangeModes`. */
export const takePskModes: Take<readonly PskKeyExchangeMode[]> = reusing((value, option) => {
  const modes = PSK_KEY_EXCHANGE_MODES.filter((mode) =>
    Array.isArray(value) && value.includes(mode)
  );
  if (Array.isArray(value) && value.length > 0 && new Set(value).size === modes.length) {
    return modes;
  }
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot use options: ${option} is not a list of ${PSK_KEY_EXCHANGE_MODES.join(", ")}`,
  );
});

/** Checks the option `pskIdentityHint`. */
export function takePskIdentityHint(value: unknown, option: string): string {
  if (typeof value === "string") {
    const { length } = new TextEncoder().encode(value);
    if (length > 0 && length <= MAX_PSK_IDENTITY_LENGTH) return value;
  }
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot use options: ${option} is not a text of 1 to ${MAX_PSK_IDENTITY_LENGTH} bytes`,
  );
}

/** Returns the keys if no two have the same name. */
export function distinct(keys: readonly ExternalKey[], option: string): readonly ExternalKey[] {
  const names = new Map(keys.map((key, i) => [nameOfKey(key), i] as const));
  const i = names.size === keys.length
    ? -1
    : keys.findIndex((key, i) => names.get(nameOfKey(key)) !== i);
  if (i === -1) return keys;
  throw wrong(`${option}[${i}]`, "has the identity of another one; remove one of the two");
}

/** Returns what distinguishes a key from others: its identity, and the context of its import. */
export function nameOfKey(
  { identity, context }: Pick<ExternalKey, "identity" | "context">,
): string {
  return `${toHex(identity)} ${context === null ? "-" : toHex(context)}`;
}

/** Checks a key. */
export function toExternalKey(given: unknown, name: string): ExternalKey {
  const { identity } = membersOf(given, name);
  if (identity === undefined) throw wrong(`${name}.identity`, "is missing");
  return toKeyOf(toIdentity(identity, `${name}.identity`), given, name);
}

/** Checks the key of an identity, which may be repeated beside it. */
export function toKeyOf(identity: Bytes, given: unknown, name: string): ExternalKey {
  const { key, hash = "SHA-256", importer, ...others } = membersOf(given, name);
  const { identity: repeated = identity } = others;
  if (!bytesEqual(toIdentity(repeated, `${name}.identity`), identity)) {
    throw wrong(`${name}.identity`, "is not the one that was asked for");
  }
  if (hash !== "SHA-256" && hash !== "SHA-384") {
    throw wrong(`${name}.hash`, `is ${show(hash)}, not one of SHA-256, SHA-384`);
  }
  const context = importer === undefined ? null : toContext(importer, `${name}.importer`);
  return { identity, key: toKey(key, `${name}.key`), hash, context };
}

/** Checks an identity. */
export function toIdentity(value: unknown, name: string): Bytes {
  return toBytes(value, name, 1, MAX_PSK_IDENTITY_LENGTH);
}

function toKey(value: unknown, name: string): Bytes | CryptoKey {
  if (value instanceof CryptoKey) {
    if (value.algorithm.name === "HKDF" && value.usages.includes("deriveBits")) return value;
    throw wrong(
      name,
      `is a CryptoKey for ${value.algorithm.name} with the usages ${
        value.usages.join(", ") || "none"
      }; import it by crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"])`,
    );
  }
  if (!(value instanceof Uint8Array)) {
    // A text is most often a password, or hexadecimal digits that were not decoded
    throw wrong(name, `is ${kindOf(value)}, not a Uint8Array or a CryptoKey`);
  }
  if (value.length < MIN_PSK_LENGTH) {
    throw wrong(
      name,
      `has ${value.length} bytes, and ${MIN_PSK_LENGTH} (128 bits) are the least that RFC 9257 ` +
        "allows; make one by crypto.getRandomValues(new Uint8Array(32))",
    );
  }
  if (value.length > MAX_PSK_LENGTH) {
    throw wrong(name, `has ${value.length} bytes, more than ${MAX_PSK_LENGTH}`);
  }
  return copyBytes(value);
}

function toContext(value: unknown, name: string): Bytes {
  const { context, client, server } = membersOf(value, name, ["context", "client", "server"]);
  if (client === undefined && server === undefined) {
    return toBytes(context ?? "", `${name}.context`, 0, MAX_PSK_CONTEXT_LENGTH);
  }
  if (context !== undefined || client === undefined || server === undefined) {
    throw wrong(name, "needs both client and server, or context alone");
  }
  const names = [client, server].map((node, i) =>
    toBytes(node, `${name}.${i === 0 ? "client" : "server"}`, 1, MAX_NODE_NAME_LENGTH)
  );
  if (toHex(names[0]!) === toHex(names[1]!)) {
    throw wrong(name, "has one name for client and server; a node does not talk to itself");
  }
  // RFC 9258, Appendix A: the names, each after its length
  return Uint8Array.from(names.flatMap((node) => [node.length, ...node]));
}

function toBytes(value: unknown, name: string, min: number, max: number): Bytes {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw wrong(name, `is ${kindOf(value)}, not a string or a Uint8Array`);
  }
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : copyBytes(value);
  if (bytes.length < min || bytes.length > max) {
    throw wrong(name, `has ${bytes.length} bytes, not ${min} to ${max}`);
  }
  return bytes;
}

function membersOf(
  value: unknown,
  name: string,
  known: readonly string[] = ["identity", "key", "hash", "importer"],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    throw wrong(name, `is ${kindOf(value)}, not an object with ${known.join(", ")}`);
  }
  const unknown = Object.keys(value).find((member) => !known.includes(member));
  if (unknown !== undefined) {
    throw wrong(name, `has a member ${unknown.slice(0, 100)}; there are ${known.join(", ")}`);
  }
  return { ...value };
}

function wrong(name: string, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot use pre-shared key: ${name} ${why}`);
}
