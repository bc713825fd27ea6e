// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Options in the form of Node's. These objects are Node's: drivers add members of their own to
 * them, and give them any prototype. So what is unknown is passed over, except for a name that is
 * one slip away from one that protects.
 *
 * @module
 */

import { bytesOf } from "../../cert/base/bytes.ts";
import { type Check, editDistance, isFunction, kindOf, show } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import { invalid, requireSslArgs } from "../config/option_values.ts";

/** The options that protect: without one of them a connection is open to more. */
export const PROTECTING: readonly string[] = [
  "ALPNCallback",
  "ALPNProtocols",
  "SNICallback",
  "allowPartialTrustChain",
  "ca",
  "cert",
  "checkServerIdentity",
  "ciphers",
  "crl",
  "ecdhCurve",
  "handshakeTimeout",
  "honorCipherOrder",
  "key",
  "maxVersion",
  "minDHSize",
  "minVersion",
  "passphrase",
  "pfx",
  "pskCallback",
  "rejectUnauthorized",
  "requestCert",
  "requestOCSP",
  "secureContext",
  "secureOptions",
  "secureProtocol",
  "servername",
  "sessionIdContext",
  "sessionTimeout",
  "sigalgs",
  "ticketKeys",
];

/** Options of `importFD` that protect, and what Node calls them. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  authCertificate: "checkServerIdentity and ca",
  badCert: "rejectUnauthorized",
  caCert: "ca",
  caCerts: "ca",
  certificates: "cert and key",
  cipherSuites: "ciphers",
  clientAuth: "requestCert and rejectUnauthorized",
  groups: "ecdhCurve",
  rawPublicKeys: "importFD() and toNodeSocket(), as Node has no raw public keys",
  signatureSchemes: "sigalgs",
  versions: "minVersion and maxVersion",
};

/** How many letters of a name may be wrong; short names are words of other meanings, too. */
function tolerance(name: string): number {
  if (name.length >= 7) return 2;
  return name.length >= 5 ? 1 : 0;
}

/** Returns the protecting option that a name is one slip away from. */
function protectingName(name: string): string | undefined {
  const text = name.toLowerCase().slice(0, 64);
  const near = PROTECTING.flatMap((known) => {
    const lower = known.toLowerCase();
    if (text === lower || text === `${lower}s`) return { known, distance: 0 };
    const most = tolerance(lower);
    if (most === 0 || Math.abs(lower.length - text.length) > most) return [];
    const distance = editDistance(text, lower);
    return distance <= most ? { known, distance } : [];
  });
  return near.sort((a, b) => a.distance - b.distance)[0]?.known;
}

/** Names that are close to a protecting one, and mean something else. */
const OTHER_NAMES: readonly string[] = ["keys"];

/**
 * Reads options in the form of Node's.
 *
 * @param given The options; `undefined` and `null` are none.
 * @param defaults What counts where they say nothing.
 * @returns The options, those of their prototypes included, but nothing of `Object.prototype`,
 * which may be polluted.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if they are no object, or for a name that is one slip
 * away from one that protects.
 */
export function readNodeOptions(given: unknown, defaults: Defaults = {}): NodeOptions {
  if (given instanceof NodeOptions) return given; // read already
  if (given === undefined || given === null) return new NodeOptions({}, defaults);
  if (typeof given !== "object") {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot use options: they are ${kindOf(given)}, not an object`,
    );
  }
  for (const name in given) {
    if (Object.hasOwn(Object.prototype, name)) continue;
    if (Reflect.get(given, name) === undefined || PROTECTING.includes(name)) continue;
    const meant = Object.hasOwn(OWN_NAMES, name)
      ? `use ${OWN_NAMES[name]}`
      : OTHER_NAMES.includes(name) || protectingName(name) === undefined
      ? undefined
      : `did you mean ${protectingName(name)}?`;
    if (meant === undefined) continue;
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot use options: there is no option ${name.slice(0, 100)}; ${meant}`,
    );
  }
  return new NodeOptions(given, defaults);
}

/** Values of options, by name. */
type Defaults = Readonly<Record<string, unknown>>;

/** Options of Node's, by name. `undefined` and, as in Node, `null` are as if they were omitted. */
export class NodeOptions {
  readonly #given: object;
  readonly #defaults: Defaults;

  constructor(given: object, defaults: Defaults) {
    this.#given = given;
    this.#defaults = defaults;
  }

  /** Returns an option's value as it is. */
  get(name: string): unknown {
    for (
      let owner: object | null = this.#given;
      owner !== null && owner !== Object.prototype;
      owner = Object.getPrototypeOf(owner)
    ) {
      if (!Object.hasOwn(owner, name)) continue;
      return Reflect.get(this.#given, name) ?? this.#default(name);
    }
    return this.#default(name);
  }

  #default(name: string): unknown {
    return Object.hasOwn(this.#defaults, name) ? this.#defaults[name] : undefined;
  }

  /** Returns whether an option is given. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Returns some options, those that are given, for Node's own functions. */
  pick(names: readonly string[]): Record<string, unknown> {
    return Object.fromEntries(
      names.filter((name) => this.has(name)).map((name) => [name, this.get(name)]),
    );
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === "boolean") return value;
    throw wrong(name, value, "true or false");
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === "string") return value;
    throw wrong(name, value, "a string");
  }

  /** A number from 0 up. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= 0) return value;
    throw wrong(name, value, "a number from 0 up");
  }

  /** A function; its caller checks what it returns. */
  function(name: string): Callable | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    this.check(name, isFunction);
    return isCallable(value) ? value : undefined;
  }

  /** Texts and bytes: one, or an array of them; empty ones, as in Node, are none. */
  inputs(name: string): readonly Input[] {
    return this.list(name).map((value, i) => inputOf(value, `${name}[${i}]`));
  }

  /** The elements of an array, or one value; what is falsy, as in Node, is none. */
  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (!value) return [];
    return Array.isArray(value) ? value : [value];
  }

  check(name: string, check: Check): void {
    requireSslArgs("Cannot use options", check(this.get(name), name));
  }
}

/** Text, or bytes in any view. */
export type Input = string | Uint8Array;

/** A function of the application's. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown;

function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

/** Returns text as it is, and a view of bytes as bytes. */
export function inputOf(value: unknown, name: string): Input {
  if (typeof value === "string") return value;
  const bytes = ArrayBuffer.isView(value) ? bytesOf(value) : null;
  if (bytes !== null) return bytes;
  throw invalid(name, `it is ${kindOf(value)}, not a string, a Buffer or another view of bytes`);
}

function wrong(name: string, value: unknown, wanted: string): SslError {
  // A string in place of another type may be a password
  const shown = typeof value === "string" && wanted !== "true or false"
    ? kindOf(value)
    : show(value);
  return new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot use options: ${name} is ${shown}, not ${wanted}`,
  );
}
