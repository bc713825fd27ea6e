// Copyright 2026 the NSS for Deno authors. MIT license.

/** What OpenSSL, and so Node, calls suites, groups, signature schemes and versions. @module */

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { SslError } from "../base/errors.ts";
import { invalid } from "../config/option_values.ts";
import { show } from "../../cert/base/options.ts";
import type { CipherSuiteName, Tls12CipherSuiteName } from "../tables/cipher_suites.ts";
import { NAMED_GROUPS, type NamedGroupName } from "../tables/named_groups.ts";
import {
  DEFAULT_SIGNATURE_SCHEMES,
  SIGNATURE_SCHEMES,
  type SignatureSchemeRow,
} from "../tables/signature_schemes.ts";
import { type ProtocolVersion, SUPPORTED_VERSIONS } from "../tables/versions.ts";

/**
 * Returns OpenSSL's name of a cipher suite; suites of TLS 1.3 have the IANA name.
 *
 * @param name The IANA name.
 * @returns Such as `ECDHE-RSA-AES128-GCM-SHA256`.
 */
export function opensslSuiteName(name: CipherSuiteName | Tls12CipherSuiteName): string {
  const parts = /^TLS_(.*)_WITH_(.*)$/.exec(name);
  if (parts === null) return name;
  const [, exchange, cipher] = parts;
  const short = cipher!.replace(/^AES_(\d+)/, "AES$1").replace("_CBC", "")
    .replace("POLY1305_SHA256", "POLY1305");
  return `${exchange}-${short}`.replaceAll("_", "-");
}

/** The other names of groups that are supported: OpenSSL's and NIST's. */
export const GROUP_ALIASES: Readonly<Record<string, NamedGroupName>> = {
  "P-256": "secp256r1",
  prime256v1: "secp256r1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

/** Groups of OpenSSL's that are not supported here. */
const OTHER_GROUPS =
  /^(?:x448|ffdhe\d+|brainpoolp\d+[rt]1(?:tls13)?|sect\d+[rk]\d|secp\d+[rk]\d|prime\d+v\d|c2(?:pnb|tnb)\w+|wap-wsg-\w+|oakley-\w+|[bkp]-\d+|sm2|mlkem\d+|x448mlkem1024|curvesm2mlkem768)$/;

/**
 * Returns the groups of a list in OpenSSL's form, such as `X25519:P-256`.
 *
 * @param list The option's value; `"auto"` for the default.
 * @returns The groups in preference order; `undefined` for the default.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a name is unknown, or none is supported.
 */
export function groupsOf(list: string): readonly NamedGroupName[] | undefined {
  if (list === "auto") return undefined;
  const groups = new Set<NamedGroupName>();
  for (const item of split(list, "ecdhCurve", /[:/]/)) {
    const isOptional = /^[*?]*\?/.test(item);
    const name = item.replace(/^[*?]+/, "");
    const alias = GROUP_ALIASES[name] ?? name;
    const group = NAMED_GROUPS.find((row) => row.name.toLowerCase() === alias.toLowerCase());
    if (group === undefined) {
      if (isOptional || OTHER_GROUPS.test(name.toLowerCase())) continue;
      throw invalid("ecdhCurve", `${show(name)} is no group; ${supportedGroups()}`);
    }
    if (group.available()) groups.add(group.name);
  }
  if (groups.size > 0) return [...groups];
  throw invalid("ecdhCurve", `none of ${show(list)} is supported; ${supportedGroups()}`);
}

function supportedGroups(): string {
  return `supported are ${NAMED_GROUPS.map(({ name }) => name).join(", ")}`;
}

/** The kinds of keys in OpenSSL's `ECDSA+SHA256`, and those of the schemes that it means. */
const KEY_KINDS: Readonly<Record<string, (row: SignatureSchemeRow) => boolean>> = {
  RSA: ({ scheme }) => scheme.startsWith("rsa_pkcs1"),
  "RSA-PSS": ({ scheme }) => scheme.startsWith("rsa_pss"),
  PSS: ({ scheme }) => scheme.startsWith("rsa_pss"),
  ECDSA: ({ keyType }) => keyType === "ec",
  DSA: () => false,
};

const HASHES: Readonly<Record<string, string | null>> = {
  SHA1: "SHA-1",
  SHA256: "SHA-256",
  "SHA2-256": "SHA-256",
  SHA384: "SHA-384",
  "SHA2-384": "SHA-384",
  SHA512: "SHA-512",
  "SHA2-512": "SHA-512",
  SHA224: null,
  "SHA2-224": null,
  MD5: null,
};

/** Schemes of OpenSSL's that are not supported here. */
const OTHER_SCHEMES = /^(?:ed448|dsa_\w+|gostr\w+|sm2\w+|\w+_sha224|ecdsa_brainpool\w+)$/;

/**
 * Returns the signature schemes of a list in OpenSSL's form, such as
 * `ECDSA+SHA256:rsa_pss_rsae_sha256`.
 *
 * @param list The option's value.
 * @returns The schemes in preference order.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a name is unknown, or none is supported.
 */
export function schemesOf(list: string): readonly SignatureScheme[] {
  const schemes = new Set<SignatureScheme>();
  for (const item of split(list, "sigalgs", ":")) {
    const isOptional = item.startsWith("?");
    const found = schemesNamed(item.replace(/^\?/, ""));
    if (found === undefined && !isOptional) {
      throw invalid(
        "sigalgs",
        `${show(item)} is no signature scheme; supported are ${
          DEFAULT_SIGNATURE_SCHEMES.join(", ")
        }, and forms such as ECDSA+SHA256`,
      );
    }
    for (const scheme of found ?? []) schemes.add(scheme);
  }
  if (schemes.size > 0) return [...schemes];
  throw invalid(
    "sigalgs",
    `none of ${show(list)} is supported; supported are ${DEFAULT_SIGNATURE_SCHEMES.join(", ")}`,
  );
}

/** Returns the schemes of one item; empty if none is supported, `undefined` if it is unknown. */
function schemesNamed(name: string): readonly SignatureScheme[] | undefined {
  const [kind, hash] = name.toUpperCase().split("+");
  if (hash === undefined) {
    const row = SIGNATURE_SCHEMES.find(({ scheme }) => scheme === name.toLowerCase());
    if (row !== undefined) return [row.scheme];
    return OTHER_SCHEMES.test(name.toLowerCase()) ? [] : undefined;
  }
  const isOfKind = Object.hasOwn(KEY_KINDS, kind!) ? KEY_KINDS[kind!] : undefined;
  const hashName = Object.hasOwn(HASHES, hash) ? HASHES[hash] : undefined;
  if (isOfKind === undefined || hashName === undefined) return undefined;
  return SIGNATURE_SCHEMES.filter((row) => isOfKind(row) && row.hash === hashName)
    .map(({ scheme }) => scheme);
}

function split(list: string, option: string, separator: string | RegExp): readonly string[] {
  const items = list.split(separator).map((item) => item.trim()).filter((item) => item !== "");
  if (items.length === 0) throw invalid(option, "the list is empty; omit it for the default");
  return items;
}

/** The versions that Node knows, oldest first. */
const NODE_VERSIONS: readonly string[] = ["TLSv1", "TLSv1.1", ...SUPPORTED_VERSIONS];

/** The bounds of a range of versions. */
export interface Versions {
  /** The oldest version. */
  min: ProtocolVersion;
  /** The newest version. */
  max: ProtocolVersion;
}

/**
 * Returns the supported part of a range of versions.
 *
 * @param min The oldest version by Node's name; older ones than TLS 1.2 are left out of the range.
 * @param max The newest version by Node's name.
 * @returns The range.
 * @throws {SslError} `SSL_ERROR_INVALID_VERSION_RANGE` if a name is unknown, or nothing is left.
 */
export function versionsOf(min: unknown, max: unknown): Versions {
  const [from, to] = [indexOf("minVersion", min), indexOf("maxVersion", max)];
  const left = SUPPORTED_VERSIONS.filter((name) => {
    const index = NODE_VERSIONS.indexOf(name);
    return index >= from && index <= to;
  });
  if (left.length > 0) return { min: left[0]!, max: left.at(-1)! };
  if (to < NODE_VERSIONS.indexOf(SUPPORTED_VERSIONS[0]!)) {
    throw tooOld(`maxVersion is ${show(max)}`);
  }
  throw badVersions(`minVersion ${show(min)} is newer than maxVersion ${show(max)}`);
}

function indexOf(option: string, version: unknown): number {
  const index = NODE_VERSIONS.findIndex((name) => name === version);
  if (index >= 0) return index;
  throw badVersions(`${option} is ${show(version)}, not one of ${NODE_VERSIONS.join(", ")}`);
}

function badVersions(why: string): SslError {
  return new SslError("SSL_ERROR_INVALID_VERSION_RANGE", `Cannot use options: ${why}`);
}

function tooOld(why: string): SslError {
  return badVersions(
    `${why}, and only ${SUPPORTED_VERSIONS.join(" and ")} are supported: RFC 8996 forbids older ` +
      "versions",
  );
}

/**
 * Returns the versions of OpenSSL's names of methods, such as `TLSv1_2_method`.
 *
 * @param method The option's value.
 * @returns The range of versions.
 * @throws {SslError} `SSL_ERROR_INVALID_VERSION_RANGE` if it is none, or of an older version.
 */
export function versionsOfMethod(method: string): Versions {
  const [, name] = /^(\w+?)_(?:client_|server_)?method$/.exec(method) ?? [];
  if (name === "TLS" || name === "SSLv23") return { min: "TLSv1.2", max: "TLSv1.3" };
  if (name === "TLSv1_2") return { min: "TLSv1.2", max: "TLSv1.2" };
  if (name === "TLSv1_1" || name === "TLSv1" || name === "SSLv3" || name === "SSLv2") {
    throw tooOld(`secureProtocol is ${show(method)}`);
  }
  throw badVersions(
    `secureProtocol is ${
      show(method)
    }, which is no method of OpenSSL's; use minVersion and maxVersion`,
  );
}
