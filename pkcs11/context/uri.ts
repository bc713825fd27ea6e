// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * `pkcs11:` URIs (RFC 7512), which name tokens, keys and certificates.
 *
 * ```ts
 * import { parsePkcs11Uri } from "@nss/nss/pkcs11/uri";
 * import { assertEquals } from "@std/assert";
 *
 * const { token, object } = parsePkcs11Uri("pkcs11:token=My%20token;object=server;type=cert");
 * assertEquals([token, object], ["My token", "server"]);
 * ```
 *
 * @module
 */

import {
  hasMembers,
  isBytes,
  isOneOf,
  isString,
  kindOf,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";

/**
 * The attributes of a `pkcs11:` URI (RFC 7512). An absent attribute matches anything.
 *
 * @category Tokens
 */
export interface Pkcs11Uri {
  /** The label of the token. */
  readonly token?: string;
  /** The manufacturer of the token. */
  readonly manufacturer?: string;
  /** The serial number of the token. */
  readonly serial?: string;
  /** The model of the token. */
  readonly model?: string;
  /** The label of the object; the nickname of a certificate. */
  readonly object?: string;
  /** The class of the object. */
  readonly type?: Pkcs11ObjectType;
  /** The `CKA_ID` of the object. */
  readonly id?: Uint8Array<ArrayBuffer>;
  /** The description of the slot. */
  readonly slotDescription?: string;
  /** The manufacturer of the slot. */
  readonly slotManufacturer?: string;
  /** The number of the slot. */
  readonly slotId?: bigint;
  /** The description of the library. */
  readonly libraryDescription?: string;
  /** The manufacturer of the library. */
  readonly libraryManufacturer?: string;
  /** The version of the library, such as `2.6`. */
  readonly libraryVersion?: string;
  /** The source of the password, such as `file:/etc/token.pin`. */
  readonly pinSource?: string;
  /** The password. */
  readonly pinValue?: string;
  /** The name of the module, without path and extension. */
  readonly moduleName?: string;
  /** The file of the module. */
  readonly modulePath?: string;
  /** The vendor-specific attributes, by name. */
  readonly vendor?: Readonly<Record<string, string>>;
}

/**
 * The classes of objects that a `pkcs11:` URI can name; `unknown` is any other, which tools print
 * of objects that RFC 7512 has no word for. No search finds such an object.
 *
 * @category Tokens
 */
export type Pkcs11ObjectType = "public" | "private" | "cert" | "secret-key" | "data" | "unknown";

/**
 * The maximum length of a `pkcs11:` URI in characters.
 *
 * @category Tokens
 */
export const MAX_PKCS11_URI_LENGTH = 8192;

const TYPES: readonly Pkcs11ObjectType[] = [
  "public",
  "private",
  "cert",
  "secret-key",
  "data",
  "unknown",
];

type TextName = Exclude<keyof Pkcs11Uri, "type" | "id" | "slotId" | "vendor">;

/** RFC 7512, Section 2.3: the attributes of the path and of the query. */
const SHAPE: Shape<Pkcs11Uri> = {
  token: isString,
  manufacturer: isString,
  serial: isString,
  model: isString,
  object: isString,
  type: isOneOf(TYPES),
  id: isBytes,
  slotDescription: isString,
  slotManufacturer: isString,
  slotId: (value, name) =>
    typeof value === "bigint" ? null : `${name} is ${kindOf(value)}, not a bigint`,
  libraryDescription: isString,
  libraryManufacturer: isString,
  libraryVersion: isString,
  pinSource: isString,
  pinValue: isString,
  moduleName: isString,
  modulePath: isString,
  vendor: hasMembers("an object of strings", {}),
};

const PATH: ReadonlyMap<string, TextName> = new Map<string, TextName>([
  ["token", "token"],
  ["manufacturer", "manufacturer"],
  ["serial", "serial"],
  ["model", "model"],
  ["object", "object"],
  ["slot-description", "slotDescription"],
  ["slot-manufacturer", "slotManufacturer"],
  ["library-description", "libraryDescription"],
  ["library-manufacturer", "libraryManufacturer"],
  ["library-version", "libraryVersion"],
]);
const QUERY: ReadonlyMap<string, TextName> = new Map<string, TextName>([
  ["pin-source", "pinSource"],
  ["pin-value", "pinValue"],
  ["module-name", "moduleName"],
  ["module-path", "modulePath"],
]);

/**
 * Parses a `pkcs11:` URI (RFC 7512).
 *
 * @param text The URI.
 * @returns The attributes.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is malformed.
 *
 * @example Usage
 * ```ts
 * import { parsePkcs11Uri } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const uri = parsePkcs11Uri("pkcs11:token=My%20token;object=server;type=cert");
 * assertEquals(uri, { token: "My token", object: "server", type: "cert" });
 * ```
 *
 * @category Tokens
 */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  requireArgs("Cannot parse PKCS#11 URI", isString(text, "text"));
  if (text.length > MAX_PKCS11_URI_LENGTH) {
    throw invalid(`it has ${text.length} characters, more than ${MAX_PKCS11_URI_LENGTH}`);
  }
  const [, path, query] = /^pkcs11:([^?]*)(?:\?(.*))?$/is.exec(text) ?? [];
  if (path === undefined) throw invalid(`it does not begin with "pkcs11:"`);
  const uri: { -readonly [K in keyof Pkcs11Uri]: Pkcs11Uri[K] } = {};
  const vendor: Record<string, string> = Object.create(null);
  const seen = new Set<string>();
  const read = (part: string, names: ReadonlyMap<string, TextName>, allowed: RegExp): void => {
    const at = part.indexOf("=");
    const name = part.slice(0, at);
    if (at < 1 || !/^[\w-]+$/.test(name)) {
      throw invalid(`"${part.slice(0, 40)}" is not an attribute`);
    }
    // RFC 7512, Section 2.3: attributes MUST NOT be duplicated, except vendor-specific ones of the
    // query
    if (seen.has(name) && (names === PATH || names.has(name))) {
      throw invalid(`"${name}" is there twice`);
    }
    seen.add(name);
    const value = part.slice(at + 1);
    if (!allowed.test(value)) {
      throw invalid(`the value of "${name}" has a character that must be percent-encoded`);
    }
    const known = names.get(name);
    if (known !== undefined) uri[known] = decodeText(name, value);
    else if (names === PATH && name === "id") uri.id = decodeBytes(value);
    else if (names === PATH && name === "type") uri.type = readType(decodeText(name, value));
    else if (names === PATH && name === "slot-id") uri.slotId = readSlotId(value);
    else vendor[name] = decodeText(name, value);
  };
  if (path !== "") { for (const part of path.split(";")) read(part, PATH, PATH_VALUE); }
  if (query !== undefined && query !== "") {
    for (const part of query.split("&")) read(part, QUERY, QUERY_VALUE);
  }
  if (Object.keys(vendor).length > 0) uri.vendor = { ...vendor };
  return uri;
}

/** RFC 7512, Section 2.3: `pk11-pchar` and `pk11-qchar`. */
const PATH_VALUE = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&]|%[0-9a-f]{2})*$/i;
const QUERY_VALUE = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|]|%[0-9a-f]{2})*$/i;

function decodeBytes(value: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let i = 0; i < value.length; i++) {
    if (value[i] === "%") {
      bytes.push(parseInt(value.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(value.charCodeAt(i));
  }
  return Uint8Array.from(bytes);
}

function decodeText(name: string, value: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBytes(value));
  } catch (cause) {
    throw invalid(`the value of "${name}" is not UTF-8`, cause);
  }
}

function readType(text: string): Pkcs11ObjectType {
  return TYPES.find((type) => type === text) ?? "unknown";
}

function readSlotId(value: string): bigint {
  if (/^[0-9]{1,20}$/.test(value)) return BigInt(value);
  throw invalid(`the slot-id "${value.slice(0, 40)}" is not a number`);
}

function invalid(state: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot parse PKCS#11 URI: ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Encodes a `pkcs11:` URI.
 *
 * @param uri The attributes.
 * @returns The URI, in whose values all but letters, digits and `-._~` are percent-encoded.
 *
 * @example Usage
 * ```ts
 * import { formatPkcs11Uri } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const uri = formatPkcs11Uri({ token: "My token", id: Uint8Array.of(1, 0xff), type: "private" });
 * assertEquals(uri, "pkcs11:token=My%20token;type=private;id=%01%FF");
 * ```
 *
 * @category Tokens
 */
export function formatPkcs11Uri(uri: Pkcs11Uri): string {
  uri = takeOptions("Cannot format PKCS#11 URI", uri, SHAPE);
  const list = (names: ReadonlyMap<string, TextName>): string[] =>
    [...names].flatMap(([name, key]) => {
      const value = uri[key];
      return value === undefined ? [] : [`${name}=${encode(new TextEncoder().encode(value))}`];
    });
  const path = list(PATH);
  if (uri.type !== undefined) path.push(`type=${uri.type}`);
  if (uri.slotId !== undefined) path.push(`slot-id=${uri.slotId}`);
  if (uri.id !== undefined) {
    path.push(`id=${[...uri.id].map(percent).join("")}`);
  }
  for (const [name, value] of Object.entries(uri.vendor ?? {})) {
    path.push(`${name}=${encode(new TextEncoder().encode(value))}`);
  }
  const query = list(QUERY);
  return `pkcs11:${path.join(";")}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

function encode(bytes: Uint8Array): string {
  return [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(character) ? character : percent(byte);
  }).join("");
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
