// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  hasMembers,
  isOneOf,
  isString,
  requireArgs,
  required,
  type Shape,
  show,
  takeOptions,
} from "../base/options.ts";
import { NssError } from "../base/errors.ts";

/**
 * The flags of trust, with the values of `CERTDB_*` in NSS's `certdb.h`.
 *
 * - `terminalRecord`: the trust is final, whatever the issuer; without `trusted`, the certificate
 *   is distrusted.
 * - `trusted`: with `terminalRecord`, the certificate itself is trusted.
 * - `validCa`: a valid CA; on its own it does not make a trust anchor.
 * - `trustedCa`: a CA that is trusted to issue certificates; in the first column to servers.
 * - `trustedClientCa`: a CA that is trusted to issue certificates to clients; only in the first
 *   column.
 * - `user`: the private key is available.
 * - `sendWarn`: warn before use.
 *
 * @category Certificate databases
 */
export const TRUST_FLAGS = {
  terminalRecord: 1,
  trusted: 2,
  sendWarn: 4,
  validCa: 8,
  trustedCa: 16,
  user: 64,
  trustedClientCa: 128,
} as const;

/**
 * The trust in a certificate, in NSS's three columns (`CERTCertTrust`), each a combination of
 * {@linkcode TRUST_FLAGS}.
 *
 * @category Certificate databases
 */
export interface CertTrust {
  /** TLS: servers and clients. */
  readonly ssl: number;
  /** S/MIME. */
  readonly email: number;
  /** Signed code and other objects. */
  readonly objectSigning: number;
}

const isFlags: Check = (value, name) =>
  Number.isInteger(value) ? null : `${name} is ${show(value)}, not a number of TRUST_FLAGS`;

/** Accepts trust. */
export const isTrust: Check = hasMembers("trust, such as parseTrust() makes", {
  ssl: required(isFlags),
  email: required(isFlags),
  objectSigning: required(isFlags),
});

const F = TRUST_FLAGS;

/** The flags of each letter in certutil's `-t` (`CERT_DecodeTrustString`). */
const LETTERS: Readonly<Record<string, number>> = {
  p: F.terminalRecord,
  P: F.terminalRecord | F.trusted,
  w: F.sendWarn,
  c: F.validCa,
  T: F.validCa | F.trustedClientCa,
  C: F.validCa | F.trustedCa,
  u: F.user,
};

/**
 * The order and conditions of NSS (`EncodeFlags`): a letter for each flag that no other letter
 * implies.
 */
const PRINTED: readonly (readonly [string, (flags: number) => boolean])[] = [
  ["c", (f) => (f & F.validCa) !== 0 && (f & (F.trustedCa | F.trustedClientCa)) === 0],
  ["p", (f) => (f & F.terminalRecord) !== 0 && (f & F.trusted) === 0],
  ["C", (f) => (f & F.trustedCa) !== 0],
  ["T", (f) => (f & F.trustedClientCa) !== 0],
  ["P", (f) => (f & F.trusted) !== 0],
  ["u", (f) => (f & F.user) !== 0],
  ["w", (f) => (f & F.sendWarn) !== 0],
];

/**
 * Parses trust in the form of certutil, such as `"CT,C,C"` (`CERT_DecodeTrustString`). The columns
 * are TLS, S/MIME and object signing.
 *
 * | letter | meaning |
 * |---|---|
 * | `C` | CA that is trusted to issue certificates (in the first column: to servers) |
 * | `T` | CA that is trusted to issue certificates to clients (first column) |
 * | `c` | valid CA, not trusted itself |
 * | `P` | trusted peer, whatever its issuer |
 * | `p` | distrusted, whatever its issuer |
 * | `u` | the private key is available; databases determine that themselves |
 * | `w` | warn before use |
 *
 * @param text Up to three columns, separated by commas; missing ones are empty.
 * @returns The trust.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if there is another letter or a fourth column.
 *
 * @example Usage
 * ```ts
 * import { formatTrust, parseTrust, TRUST_FLAGS } from "@nss/nss/cert";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const trust = parseTrust("CT,C,");
 * assert(trust.ssl & TRUST_FLAGS.trustedClientCa);
 * assertEquals(formatTrust(trust), "CT,C,");
 * ```
 *
 * @category Certificate databases
 */
export function parseTrust(text: string): CertTrust {
  requireArgs("Cannot parse trust", isString(text, "text"));
  const columns = text.split(",");
  if (columns.length > 3) throw invalid(text, `there are ${columns.length} columns, not 3`);
  const [ssl = 0, email = 0, objectSigning = 0] = columns.map((column) => {
    let flags = 0;
    for (const letter of column.trim()) {
      const flag = Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : undefined;
      if (flag === undefined) throw invalid(text, `the letter "${letter}" is none of CTcPpuw`);
      flags |= flag;
    }
    return flags;
  });
  return { ssl, email, objectSigning };
}

function invalid(text: string, state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot parse trust "${text}": ${state}`);
}

/**
 * Formats trust in the form of certutil (`CERT_EncodeTrustString`).
 *
 * @param trust The trust.
 * @returns For example `"CT,C,C"`; `",,"` if there is none.
 *
 * @example Usage
 * ```ts
 * import { formatTrust } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTrust({ ssl: 0, email: 0, objectSigning: 0 }), ",,");
 * ```
 *
 * @category Certificate databases
 */
export function formatTrust(trust: CertTrust): string {
  requireArgs("Cannot format trust", isTrust(trust, "trust"));
  return [trust.ssl, trust.email, trust.objectSigning].map((flags) =>
    PRINTED.filter(([, holds]) => holds(flags)).map(([letter]) => letter).join("")
  ).join(",");
}

/**
 * The trust in a certificate for one purpose, as tokens store it (`CKT_NSS_*`, and since PKCS#11
 * 3.2 `CKT_*`).
 *
 * - `mustVerify`: verified by its issuer; an empty column.
 * - `trusted`: trusted itself (`P`); `notTrusted`: distrusted (`p`).
 * - `trustAnchor`: a CA that is trusted to issue certificates (`C`, for clients `T`);
 *   `validDelegator`: a CA that is not (`c`).
 *
 * @category Certificate databases
 */
export type TrustLevel =
  | "mustVerify"
  | "trusted"
  | "notTrusted"
  | "trustAnchor"
  | "validDelegator";

/**
 * The purposes for which tokens store trust.
 *
 * @category Certificate databases
 */
export type TrustPurpose = "serverAuth" | "clientAuth" | "emailProtection" | "codeSigning";

/**
 * The trust in a certificate for each purpose.
 *
 * @category Certificate databases
 */
export type TrustLevels = Readonly<Record<TrustPurpose, TrustLevel>>;

/** The column of each purpose, and the flag of a trust anchor. */
const PURPOSES: Readonly<
  Record<TrustPurpose, { readonly column: keyof CertTrust; readonly anchor: number }>
> = {
  serverAuth: { column: "ssl", anchor: F.trustedCa },
  clientAuth: { column: "ssl", anchor: F.trustedClientCa },
  emailProtection: { column: "email", anchor: F.trustedCa },
  codeSigning: { column: "objectSigning", anchor: F.trustedCa },
};

const FLAGS_OF_LEVEL: Readonly<Record<TrustLevel, number>> = {
  mustVerify: 0,
  trusted: F.terminalRecord | F.trusted,
  notTrusted: F.terminalRecord,
  trustAnchor: F.validCa,
  validDelegator: F.validCa,
};

/**
 * Returns the trust for one purpose (`get_stan_trust`).
 *
 * @param trust The trust.
 * @param purpose The purpose.
 * @returns The level.
 */
export function trustLevel(trust: CertTrust, purpose: TrustPurpose): TrustLevel {
  const { column, anchor } = PURPOSES[purpose];
  const flags = trust[column];
  if ((flags & anchor) !== 0) return "trustAnchor";
  if ((flags & F.trusted) !== 0) return "trusted";
  if ((flags & F.terminalRecord) !== 0) return "notTrusted";
  return (flags & F.validCa) !== 0 ? "validDelegator" : "mustVerify";
}

/**
 * Converts trust to the form in which tokens store it, by purpose.
 *
 * @param trust The trust.
 * @returns The level of each purpose.
 *
 * @example Usage
 * ```ts
 * import { formatTrust, parseTrust, trustFromLevels, trustLevels } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const levels = trustLevels(parseTrust("T,,P"));
 * assertEquals(levels.clientAuth, "trustAnchor");
 * assertEquals(formatTrust(trustFromLevels(levels)), "T,,P");
 * ```
 *
 * @category Certificate databases
 */
export function trustLevels(trust: CertTrust): TrustLevels {
  requireArgs("Cannot read trust", isTrust(trust, "trust"));
  return {
    serverAuth: trustLevel(trust, "serverAuth"),
    clientAuth: trustLevel(trust, "clientAuth"),
    emailProtection: trustLevel(trust, "emailProtection"),
    codeSigning: trustLevel(trust, "codeSigning"),
  };
}

const isLevel = isOneOf(Object.keys(FLAGS_OF_LEVEL));
const LEVELS: Shape<Partial<TrustLevels>> = {
  serverAuth: isLevel,
  clientAuth: isLevel,
  emailProtection: isLevel,
  codeSigning: isLevel,
};

/**
 * Converts trust from the form in which tokens store it, by purpose (`nssTrust_GetCERTCertTrust`).
 *
 * @param levels The level of each purpose; `mustVerify` if absent.
 * @returns The trust.
 *
 * @example Usage
 * ```ts
 * import { formatTrust, trustFromLevels } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTrust(trustFromLevels({ serverAuth: "trustAnchor" })), "C,,");
 * ```
 *
 * @category Certificate databases
 */
export function trustFromLevels(levels: Partial<TrustLevels>): CertTrust {
  const given = takeOptions("Cannot make trust", levels, LEVELS);
  const trust = { ssl: 0, email: 0, objectSigning: 0 };
  for (const purpose of Object.keys(PURPOSES) as TrustPurpose[]) {
    const level = given[purpose] ?? "mustVerify";
    const { column, anchor } = PURPOSES[purpose];
    trust[column] |= FLAGS_OF_LEVEL[level] | (level === "trustAnchor" ? anchor : 0);
  }
  // Both purposes share the flags of the first column; distrust for one must not become trust
  // because of the other
  if (given.serverAuth === "notTrusted" || given.clientAuth === "notTrusted") {
    trust.ssl &= ~F.trusted;
  }
  return trust;
}
