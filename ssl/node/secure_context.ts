// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import { constants } from "node:crypto";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { type Crl, parseCrlsPem } from "../../cert/revocation/crl.ts";
import { isInteger, kindOf, show } from "../../cert/base/options.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { SslModel } from "../base/socket_type.ts";
import { type CertificateOptions, toCertificates } from "../config/credential.ts";
import type { ImportOptions } from "../config/import_options.ts";
import { newModel } from "../config/model.ts";
import { invalid } from "../config/option_values.ts";
import { GIVEN_KEY_LENGTH } from "../session/ticket_keyring.ts";
import { suitesOf } from "./cipher_list.ts";
import { defaultAuthorities } from "./default_authorities.ts";
import { readIdentities } from "./identities.ts";
import { groupsOf, schemesOf, versionsOf, versionsOfMethod } from "./openssl_names.ts";
import { type NodeOptions, readNodeOptions } from "./read_options.ts";

/**
 * Node's `tls.DEFAULT_MIN_VERSION`.
 *
 * @category Node
 */
export const DEFAULT_MIN_VERSION = "TLSv1.2";
/**
 * Node's `tls.DEFAULT_MAX_VERSION`.
 *
 * @category Node
 */
export const DEFAULT_MAX_VERSION = "TLSv1.3";

/** What a context has made of Node's options. */
export interface ContextSettings {
  /** The configuration of sockets; a promise while keys under passwords are decrypted. */
  readonly model: SslModel | Promise<SslModel>;
  /** The certificates to present, leaf first, with their keys; a promise as the model is. */
  readonly certificates: readonly CertificateOptions[] | Promise<readonly CertificateOptions[]>;
  /** The authorities to trust; `undefined` for those of the NSS context. */
  readonly anchors: readonly Certificate[] | undefined;
  /** Certificates of the option `ca` that are no trust anchors, but may be links of a path. */
  readonly intermediates: readonly Certificate[];
  /** Authorities of PKCS#12 files, which Node trusts besides; a promise while they are read. */
  readonly bundled: readonly Certificate[] | Promise<readonly Certificate[]>;
  /** The revocation lists; where there are any, each certificate needs one. */
  readonly crls: readonly Crl[];
  /** The lifetime of a server's sessions in seconds. */
  readonly sessionTimeout: number | undefined;
  /** The key of a server's tickets, 48 bytes; `undefined` for keys that are renewed. */
  readonly ticketKeys: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * A TLS configuration in the form of Node's `tls.SecureContext`, as {@linkcode createSecureContext}
 * makes it.
 *
 * @category Node
 */
export class SecureContext {
  /** As in Node, what `SNICallback` may return in place of the context: the context itself. */
  readonly context: SecureContext = this;
  readonly #settings: ContextSettings;

  /**
   * Creates a context.
   *
   * @param options The options of {@linkcode createSecureContext}.
   */
  constructor(options?: object | null) {
    this.#settings = readSettings(readNodeOptions(options));
  }

  /** Returns what a context has made of its options. */
  static settingsOf(context: SecureContext): ContextSettings {
    return context.#settings;
  }
}

/**
 * Returns the secure context of an option.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is none of this module's.
 */
export function toSecureContext(value: unknown, name: string): SecureContext {
  if (value instanceof SecureContext) return value;
  throw invalid(
    name,
    `it is ${kindOf(value)} that createSecureContext() of this module has not made; one of ` +
      "node:tls hides what it was made of",
  );
}

function readSettings(options: NodeOptions): ContextSettings {
  refuseUnsupported(options);
  const { anchors, intermediates } = authoritiesOf(options);
  const { certificates, bundled } = readIdentities(options);
  const base = {
    ...negotiationOf(options),
    ...sessionsOf(options),
    ...anchors && { caCerts: anchors },
  };
  // Made without certificates, it checks the other options at once
  newModel(base);
  const withOwn = (own: readonly CertificateOptions[]) => newModel({ ...base, certificates: own });
  return {
    model: certificates instanceof Promise
      ? handled(certificates.then(withOwn))
      : withOwn(certificates),
    certificates,
    anchors,
    intermediates,
    bundled,
    crls: crlsOf(options),
    sessionTimeout: options.number("sessionTimeout"),
    ticketKeys: ticketKeysOf(options),
  };
}

/** A promise whose rejection is reported by whoever awaits it. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** What is known of Node, not supported, and would be missed; and the way around. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  clientCertEngine: "engines are OpenSSL's; give the key of a token of NSS's or PKCS #11's as key",
  privateKeyEngine: "engines are OpenSSL's; give the key of a token of NSS's or PKCS #11's as key",
  privateKeyIdentifier:
    "engines are OpenSSL's; give the key of a token of NSS's or PKCS #11's as key",
};

/**
 * Refuses options that are not supported.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for the first one.
 */
export function refuseUnsupported(options: NodeOptions): void {
  const found = Object.keys(UNSUPPORTED).find((name) => options.has(name));
  if (found !== undefined) throw invalid(found, UNSUPPORTED[found]!);
}

/** Returns the options that decide what is negotiated. */
function negotiationOf(options: NodeOptions): ImportOptions {
  const ciphers = options.string("ciphers");
  const groups = options.string("ecdhCurve");
  const schemes = options.string("sigalgs");
  const curves = groups === undefined ? undefined : groupsOf(groups);
  // Not needed without finite-field Diffie-Hellman, and so not read
  for (const name of ["dhparam"]) options.inputs(name);
  options.check(
    "minDHSize",
    (value, name) => value === undefined ? null : isInteger(1)(value, name),
  );
  const suites = ciphers === undefined || ciphers === "" ? undefined : suitesOf(ciphers);
  let versions = narrowed(requestedVersions(options), Number(options.number("secureOptions") ?? 0));
  if (suites !== undefined && suites.every((name) => !name.includes("_WITH_"))) {
    versions = { ...versions, min: "TLSv1.3" };
    if (versions.max === "TLSv1.2") {
      throw invalid(
        "ciphers",
        `${show(ciphers)} has suites of TLS 1.3 only, and maxVersion is TLSv1.2`,
      );
    }
  }
  return {
    versions,
    ...suites !== undefined && { cipherSuites: suites },
    ...curves !== undefined && { groups: curves },
    ...schemes !== undefined && { signatureSchemes: schemesOf(schemes) },
  };
}

type Versions = ReturnType<typeof versionsOf>;

function requestedVersions(options: NodeOptions): Versions {
  const method = options.string("secureProtocol");
  const [min, max] = [options.get("minVersion"), options.get("maxVersion")];
  if (method === undefined || method === "") {
    return versionsOf(min ?? DEFAULT_MIN_VERSION, max ?? DEFAULT_MAX_VERSION);
  }
  if (min === undefined && max === undefined) return versionsOfMethod(method);
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    `Cannot use options: secureProtocol ${show(method)} and ${
      min === undefined ? "maxVersion" : "minVersion"
    } exclude each other; use minVersion and maxVersion`,
  );
}

/** Leaves out the versions that `secureOptions` switches off. */
function narrowed(versions: Versions, bits: number): Versions {
  const isOff = (bit: number) => (bits & bit) !== 0;
  const left = (["TLSv1.2", "TLSv1.3"] as const).filter((name) =>
    name >= versions.min && name <= versions.max &&
    !isOff(name === "TLSv1.2" ? constants.SSL_OP_NO_TLSv1_2 : constants.SSL_OP_NO_TLSv1_3)
  );
  if (left.length > 0) return { min: left[0]!, max: left.at(-1)! };
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    `Cannot use options: secureOptions switches off all versions from ${versions.min} to ${versions.max}`,
  );
}

function ticketKeysOf(options: NodeOptions): Uint8Array<ArrayBuffer> | undefined {
  const given = options.get("ticketKeys");
  if (!given) return undefined;
  if (!ArrayBuffer.isView(given)) {
    throw invalid("ticketKeys", `it is ${kindOf(given)}, not a Buffer of 48 bytes`);
  }
  if (given.byteLength === GIVEN_KEY_LENGTH) return bytesOfView(given);
  throw invalid("ticketKeys", `it has ${given.byteLength} bytes, not 48`);
}

/** Copies the bytes of a view. */
export function bytesOfView(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

/** The shortest lifetime of sessions, in seconds; shorter ones switch sessions off. */
const MIN_SESSION_TIMEOUT = 5;

function sessionsOf(options: NodeOptions): ImportOptions {
  options.check(
    "secureOptions",
    (value, name) => value === undefined ? null : isInteger(0, 2 ** 40)(value, name),
  );
  options.check(
    "sessionTimeout",
    (value, name) => value === undefined ? null : isInteger(0, 2 ** 31 - 1)(value, name),
  );
  options.boolean("honorCipherOrder"); // a server's order counts always
  const hasTickets =
    (Number(options.number("secureOptions") ?? 0) & constants.SSL_OP_NO_TICKET) === 0;
  const isShort = (options.number("sessionTimeout") ?? MIN_SESSION_TIMEOUT) < MIN_SESSION_TIMEOUT;
  const sessionIdContext = options.string("sessionIdContext");
  return {
    ...(!hasTickets || isShort) && { sessionTickets: false },
    ...sessionIdContext !== undefined && sessionIdContext !== "" && { sessionIdContext },
  };
}

/**
 * Returns the authorities of the option `ca`. As in OpenSSL, a path has to end at a certificate
 * that is its own issuer, unless partial paths are allowed.
 */
function authoritiesOf(
  options: NodeOptions,
): Pick<ContextSettings, "anchors" | "intermediates"> {
  const isPartialAllowed = options.boolean("allowPartialTrustChain") ?? false;
  if (!options.get("ca")) return { anchors: defaultAuthorities(), intermediates: [] };
  const given = options.inputs("ca").flatMap((input, i) => toCertificates(input, `ca[${i}]`));
  const isAnchor = (one: Certificate) => isPartialAllowed || one.isSelfIssued;
  return {
    anchors: given.filter(isAnchor),
    intermediates: given.filter((one) => !isAnchor(one)),
  };
}

function crlsOf(options: NodeOptions): readonly Crl[] {
  return options.inputs("crl").flatMap((input, i) => {
    try {
      return parseCrlsPem(input);
    } catch (cause) {
      const { name, message } = toSslError(cause);
      throw new SslError(name, `Cannot use option crl[${i}]: ${message}`, { cause });
    }
  });
}

/**
 * Creates a TLS configuration in the form of Node's `tls.createSecureContext`.
 *
 * Certificates, keys and names are checked at once; a key under a password and a PKCS#12 file are
 * decrypted afterwards, and what is wrong with them is the error of the first connection. Besides
 * what Node takes, `key` may be a `CryptoKey` or any key that signs, such as a token's.
 *
 * @param options Node's options; see the table in `docs/node.md`.
 * @returns The context.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an invalid value, one that is not supported, or a
 * name that is one slip away from one that protects, `SSL_ERROR_INVALID_VERSION_RANGE` for versions
 * that are not supported.
 *
 * @example Usage
 * ```ts
 * import { createSecureContext, SecureContext } from "@nss/nss/node";
 * import { assertInstanceOf, assertThrows } from "@std/assert";
 *
 * const context = createSecureContext({ minVersion: "TLSv1.3", ecdhCurve: "X25519:P-256" });
 * assertInstanceOf(context, SecureContext);
 * assertThrows(() => createSecureContext({ maxVersion: "TLSv1.1" }), "TLSv1.2 and TLSv1.3");
 * ```
 *
 * @category Node
 */
export function createSecureContext(options?: object | null): SecureContext {
  return new SecureContext(options);
}
