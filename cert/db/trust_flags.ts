// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";

/**
 * What trust is made of (`CERTDB_*` of NSS's `certdb.h`), with NSS's numbers.
 *
 * - `terminalRecord`: trust is decided here, without a look at the issuer. Alone: distrusted.
 * - `trusted`: with `terminalRecord`, trusted as it stands.
 * - `validCa`: an authority, trusted by nobody for that.
 * - `trustedCa`: an authority that is trusted to issue: of servers in the first column.
 * - `trustedClientCa`: an authority that is trusted to issue to clients; only in the first column.
 * - `user`: the private key is there.
 * - `sendWarn`: warn before use.
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
 * How far a certificate is trusted, in NSS's three columns (`CERTCertTrust`), each a sum of
 * {@linkcode TRUST_FLAGS}.
 */
export interface CertTrust {
  /** TLS: servers and clients. */
  readonly ssl: number;
  /** S/MIME. */
  readonly email: number;
  /** Signed code and other objects. */
  readonly objectSigning: number;
}

const F = TRUST_FLAGS;

/** What each letter of certutil's `-t` sets (`CERT_DecodeTrustString`). */
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
 * NSS's order and conditions (`EncodeFlags`): a letter for each flag that no other letter implies.
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
 * Reads trust in the form of certutil, `"CT,C,C"` (`CERT_DecodeTrustString`): what the certificate
 * is trusted for in TLS, in S/MIME and in the signing of objects.
 *
 * | letter | meaning |
 * |---|---|
 * | `C` | authority that is trusted to issue (in the first column: to servers) |
 * | `T` | authority that is trusted to issue to clients (first column) |
 * | `c` | authority, not trusted by itself |
 * | `P` | trusted peer: taken as it is, without a look at its issuer |
 * | `p` | distrusted, whoever issued it |
 * | `u` | the private key is there; databases find that out themselves |
 * | `w` | warn before use |
 *
 * @param text Up to three columns, separated by commas; those left out are empty.
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
 */
export function parseTrust(text: string): CertTrust {
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
 * Prints trust in the form of certutil (`CERT_EncodeTrustString`).
 *
 * @param trust The trust.
 * @returns As `"CT,C,C"`; `",,"` where there is none.
 *
 * @example Usage
 * ```ts
 * import { formatTrust } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTrust({ ssl: 0, email: 0, objectSigning: 0 }), ",,");
 * ```
 */
export function formatTrust(trust: CertTrust): string {
  return [trust.ssl, trust.email, trust.objectSigning].map((flags) =>
    PRINTED.filter(([, holds]) => holds(flags)).map(([letter]) => letter).join("")
  ).join(",");
}

/**
 * How far a certificate is trusted for one purpose, as tokens store it (`CKT_NSS_*`, and since
 * PKCS#11 3.2 `CKT_*`).
 *
 * - `mustVerify`: as its issuer says; what an empty column means.
 * - `trusted`: as it stands (`P`); `notTrusted`: never (`p`).
 * - `trustAnchor`: to issue (`C`, for clients `T`); `validDelegator`: an authority that is not
 *   (`c`).
 */
export type TrustLevel =
  | "mustVerify"
  | "trusted"
  | "notTrusted"
  | "trustAnchor"
  | "validDelegator";

/** The purposes for which tokens store trust. */
export type TrustPurpose = "serverAuth" | "clientAuth" | "emailProtection" | "codeSigning";

/** Trust by purposes. */
export type TrustLevels = Readonly<Record<TrustPurpose, TrustLevel>>;

/** Where the trust for a purpose stands: the column, and the flag that makes an anchor. */
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
 * Tells how far trust goes for one purpose (`get_stan_trust`).
 *
 * @param trust The trust.
 * @param purpose The purpose.
 * @returns The level.
 *
 * @example Usage
 * ```ts
 * import { parseTrust, trustLevel } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const trust = parseTrust("C,p,");
 * assertEquals(trustLevel(trust, "serverAuth"), "trustAnchor");
 * assertEquals(trustLevel(trust, "clientAuth"), "validDelegator");
 * assertEquals(trustLevel(trust, "emailProtection"), "notTrusted");
 * assertEquals(trustLevel(trust, "codeSigning"), "mustVerify");
 * ```
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
 * Takes trust apart for a token that stores it by purposes.
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
 */
export function trustLevels(trust: CertTrust): TrustLevels {
  return {
    serverAuth: trustLevel(trust, "serverAuth"),
    clientAuth: trustLevel(trust, "clientAuth"),
    emailProtection: trustLevel(trust, "emailProtection"),
    codeSigning: trustLevel(trust, "codeSigning"),
  };
}

/**
 * Puts together what a token stores by purposes (`nssTrust_GetCERTCertTrust`).
 *
 * @param levels The level of each purpose; one that is left out is `mustVerify`.
 * @returns The trust.
 *
 * @example Usage
 * ```ts
 * import { formatTrust, trustFromLevels } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTrust(trustFromLevels({ serverAuth: "trustAnchor" })), "C,,");
 * ```
 */
export function trustFromLevels(levels: Partial<TrustLevels>): CertTrust {
  const trust = { ssl: 0, email: 0, objectSigning: 0 };
  for (const purpose of Object.keys(PURPOSES) as TrustPurpose[]) {
    const level = levels[purpose] ?? "mustVerify";
    const { column, anchor } = PURPOSES[purpose];
    trust[column] |= FLAGS_OF_LEVEL[level] | (level === "trustAnchor" ? anchor : 0);
  }
  // The first column has room for one of the two; distrust in servers must not become trust by
  // clients
  if (levels.serverAuth === "notTrusted" || levels.clientAuth === "notTrusted") {
    trust.ssl &= ~F.trusted;
  }
  return trust;
}
