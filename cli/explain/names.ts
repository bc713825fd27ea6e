// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The names of code points, with what is to be said of them.
 *
 * @module
 */

import {
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  TLS_FALLBACK_SCSV,
} from "../../ssl/tables/cipher_suites.ts";
import { extensionTypeName } from "../../ssl/tables/extension_types.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { describeVersion, TLS_1_2 } from "../../ssl/tables/versions.ts";
import { type Content, hex16, type Mark } from "./field.ts";
import { REGISTERED_GROUP_NAMES } from "./registered_groups.ts";
import { REGISTERED_SCHEME_NAMES } from "./registered_schemes.ts";
import { REGISTERED_SUITE_NAMES } from "./registered_suites.ts";

/** A code point, with what is to be said of it. */
export interface Named {
  /** Its name, or its number. */
  readonly name: string;
  /** What is special about it. */
  readonly mark: Mark | null;
  /** What it is, if its name does not say it. */
  readonly text: string;
}

/** What a field says that is a code point. */
export function contentOf({ name, mark, text }: Named): Content {
  return { value: name, mark, text };
}

/** Whether a number of two bytes is one of those that stand for nothing (RFC 8701, Section 2). */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/** What is said of a number that stands for nothing. */
export const GREASE_TEXT =
  "GREASE: it stands for nothing, so that servers learn to ignore what they do not know (RFC 8701)";

function named(value: number, name: string | undefined, weak: string | null, text = ""): Named {
  if (isGrease(value)) return { name: `GREASE ${hex16(value)}`, mark: "grease", text: "" };
  if (name === undefined) return { name: hex16(value), mark: "unknown", text: "" };
  return { name, mark: weak === null ? null : "weak", text: weak ?? text };
}

/** Numbers in lists of cipher suites that are signals (RFC 5746, Section 3.3; RFC 7507). */
const SIGNALS: ReadonlyMap<number, readonly [name: string, text: string]> = new Map([
  [TLS_EMPTY_RENEGOTIATION_INFO_SCSV, [
    "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    "no suite: says that the client renegotiates securely only (RFC 5746)",
  ]],
  [TLS_FALLBACK_SCSV, [
    "TLS_FALLBACK_SCSV",
    "no suite: says that the client tried a higher version before, in vain (RFC 7507)",
  ]],
]);

/** Whether a number in a list of cipher suites is a signal, and no suite. */
export function isSignal(id: number): boolean {
  return SIGNALS.has(id);
}

/** What is wrong with cipher suites, by their names; the first that fits counts. */
const WEAK_SUITES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/_NULL_(?!WITH)/, "does not encrypt"],
  [/_EXPORT/, "broken: its keys were made short for export"],
  [/_anon_/i, "nobody is authenticated: whoever is between can read along"],
  [/_RC4_/, "broken: RC4 (RFC 7465)"],
  [/_RC2_|_DES_CBC_|_DES40_|_IDEA_|_SEED_/, "an old cipher that is too weak, or that nobody uses"],
  [/_3DES_/, "3DES: its blocks are too short (Sweet32)"],
  [/^TLS_RSA_/, "no forward secrecy: who gets the server's key reads what was recorded"],
  [/^TLS_(?:ECDH|DH)_/, "no forward secrecy: its key exchange is static"],
  [/_CBC_/, "CBC, whose padding was attacked again and again (Lucky Thirteen)"],
];

const TEXTS_OF_SUITES: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^TLS_(?:AES|CHACHA20|SM4|AEGIS)_/, "of TLS 1.3"],
  [/^TLS_ECDHE?_/, "of TLS 1.2, with forward secrecy"],
  [/^TLS_DHE_/, "of TLS 1.2, with forward secrecy of finite fields"],
];

const find = (rows: readonly (readonly [RegExp, string])[], name: string): string | undefined =>
  rows.find(([pattern]) => pattern.test(name))?.[1];

/** Names a cipher suite. */
export function namedSuite(id: number): Named {
  const signal = SIGNALS.get(id);
  if (signal !== undefined) return { name: signal[0], mark: null, text: signal[1] };
  const name = REGISTERED_SUITE_NAMES.get(id);
  return named(id, name, find(WEAK_SUITES, name ?? "") ?? null, find(TEXTS_OF_SUITES, name ?? ""));
}

const WEAK_GROUPS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^sec[pt]1[69]|^sect2[03]|^sect1/, "a curve that is too small, and is deprecated (RFC 8422)"],
  [/^sect|^secp224|_explicit_/, "deprecated (RFC 8422)"],
];

const TEXTS_OF_GROUPS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/Kyber/, "a draft of a hybrid, given up for ML-KEM"],
  [/^(?:X25519|Sec|curve)\w*MLKEM/, "a hybrid: quantum computers of the future do not break it"],
  [/^MLKEM/, "a KEM that quantum computers of the future do not break"],
  [/^ffdhe/, "a finite field (RFC 7919)"],
];

/** Names a group of the key exchange. */
export function namedGroup(id: number): Named {
  const name = REGISTERED_GROUP_NAMES.get(id);
  const text = find(TEXTS_OF_GROUPS, name ?? "") ?? "an elliptic curve";
  return named(id, name, find(WEAK_GROUPS, name ?? "") ?? null, text);
}

/** Those of RFC 9963, Section 2. */
const LEGACY_SCHEMES: ReadonlyMap<number, string> = new Map(
  SIGNATURE_SCHEMES.flatMap(({ clientId, scheme }) =>
    clientId === undefined ? [] : [[clientId, `${scheme}_legacy`]]
  ),
);

/** `HashAlgorithm` and `SignatureAlgorithm` (RFC 5246, Section 7.4.1.4.1). */
const HASHES = ["none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
const SIGNATURES = ["anonymous", "rsa_pkcs1", "dsa", "ecdsa"];

function pairName(id: number): string | undefined {
  const [hash, signature] = [HASHES[id >> 8], SIGNATURES[id & 0xff]];
  return hash === undefined || signature === undefined ? undefined : `${signature}_${hash}`;
}

const WEAK_SCHEMES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/_md5$|_none$|^anonymous/, "broken"],
  [/_sha1$/, "SHA-1, of which collisions are made (RFC 9155)"],
  [/^dsa_/, "DSA, which nobody uses"],
  [/_sha224$/, "SHA-224, which TLS 1.3 does not have"],
];

const TEXTS_OF_SCHEMES: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/_legacy$/, "for clients of TLS 1.3 whose keys cannot do RSA-PSS (RFC 9963)"],
  [/^rsa_pkcs1/, "in TLS 1.3 for certificates only"],
  [/^rsa_pss_pss/, "for RSA keys that are for RSA-PSS alone"],
  [/^mldsa/, "quantum computers of the future do not break it"],
];

/** Names a signature scheme. */
export function namedScheme(id: number): Named {
  const name = REGISTERED_SCHEME_NAMES.get(id) ?? LEGACY_SCHEMES.get(id) ?? pairName(id);
  const text = find(TEXTS_OF_SCHEMES, name ?? "") ?? "";
  return named(id, name, find(WEAK_SCHEMES, name ?? "") ?? null, text);
}

/** The extensions of IANA's registry that this package does not know, and a few of browsers. */
const OTHER_EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [2, "client_certificate_url"],
  [3, "trusted_ca_keys"],
  [4, "truncated_hmac"],
  [6, "user_mapping"],
  [7, "client_authz"],
  [8, "server_authz"],
  [9, "cert_type"],
  [12, "srp"],
  [17, "status_request_v2"],
  [24, "token_binding"],
  [25, "cached_info"],
  [26, "tls_lts"],
  [29, "pwd_protect"],
  [30, "pwd_clear"],
  [31, "password_salt"],
  [32, "ticket_pinning"],
  [33, "tls_cert_with_extern_psk"],
  [34, "delegated_credential"],
  [36, "TLMSP"],
  [37, "TLMSP_proxying"],
  [38, "TLMSP_delegate"],
  [39, "supported_ekt_ciphers"],
  [52, "transparency_info"],
  [53, "connection_id (deprecated)"],
  [54, "connection_id"],
  [55, "external_id_hash"],
  [56, "external_session_id"],
  [57, "quic_transport_parameters"],
  [58, "ticket_request"],
  [59, "dnssec_chain"],
  [60, "sequence_number_encryption_algorithms"],
  [61, "rrc"],
  [62, "tls_flags"],
  [13_172, "next_protocol_negotiation"],
  [17_513, "application_settings (old)"],
  [17_613, "application_settings"],
  [30_031, "channel_id (old)"],
  [30_032, "channel_id"],
  // draft-ietf-tls-trust-anchor-ids, as Chromium sends it
  [0xca34, "trust_anchors (draft)"],
  [0xfd00, "ech_outer_extensions"],
  [0xffa5, "quic_transport_parameters (draft)"],
]);

/** Names an extension. */
export function namedExtension(type: number): Named {
  const other = OTHER_EXTENSIONS.get(type);
  const own = extensionTypeName(type);
  return named(type, other ?? (own.startsWith("extension 0x") ? undefined : own), null);
}

/** The name of a cipher suite, or its number. */
export function suiteName(id: number): string {
  return namedSuite(id).name;
}

/** The name of a group, or its number. */
export function groupName(id: number): string {
  return namedGroup(id).name;
}

/** The name of a signature scheme, or its number. */
export function schemeName(id: number): string {
  return namedScheme(id).name;
}

/** The name of an extension, or its number. */
export function extensionName(type: number): string {
  return namedExtension(type).name;
}

/** Names a version. */
export function namedVersion(version: number): Named {
  const name = describeVersion(version);
  const isKnown = !name.startsWith("0x");
  const weak = version < TLS_1_2 ? "old and insecure (RFC 8996)" : null;
  return named(version, isKnown ? name : undefined, weak);
}
