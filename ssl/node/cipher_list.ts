// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Cipher lists in OpenSSL's form (`openssl-ciphers(1)`), such as `HIGH:!aNULL:@STRENGTH`, and the
 * suites of TLS 1.3 by name, which Node takes in the same list.
 *
 * @module
 */

import { show } from "../../cert/base/options.ts";
import type { SslError } from "../base/errors.ts";
import { invalid } from "../config/option_values.ts";
import { ABSENT_CIPHER_SUITES } from "../tables/absent_cipher_suites.ts";
import {
  CIPHER_SUITES,
  type CipherSuiteName,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
  type Tls12CipherSuiteName,
} from "../tables/cipher_suites.ts";
import { opensslSuiteName } from "./openssl_names.ts";

/** The names of the suites of a list, in preference order. */
export type SuiteNames = readonly (CipherSuiteName | Tls12CipherSuiteName)[];

type Matches = (suite: Tls12CipherSuite) => boolean;

const isAes: Matches = ({ bulk }) => bulk.startsWith("AES");
const bits = (length: number): Matches => ({ keyLength }) => 8 * keyLength === length;
const mac = (name: string): Matches => (suite) => suite.mac === name;
const all: Matches = () => true;
const both = (one: Matches, other: Matches): Matches => (suite) => one(suite) && other(suite);

const isPsk: Matches = ({ auth }) => auth === "psk";

/**
 * The words for suites with pre-shared keys, which take them in although they are off by default.
 */
const PSK_WORDS: readonly string[] = ["PSK", "aPSK", "kECDHEPSK", "ECDHEPSK"];

/**
 * The words that stand for several suites. Those that OpenSSL knows and that are not here, such as
 * `RC4` or `kRSA`, stand for suites that are not supported, and so for none.
 */
const WORDS: ReadonlyMap<string, Matches> = new Map([
  ...["ALL", "HIGH", "FIPS", "TLSv1.2"].map((word) => [word, all] as const),
  ...["ECDHE", "EECDH", "kEECDH", "kECDHE", "ECDH"].map((word) =>
    [word, (suite: Tls12CipherSuite) => !isPsk(suite)] as const
  ),
  ...PSK_WORDS.map((word) => [word, isPsk] as const),
  ...["aRSA"].map((word) => [word, ({ auth }: Tls12CipherSuite) => auth === "rsa"] as const),
  ...["aECDSA", "ECDSA"].map((word) =>
    [word, ({ auth }: Tls12CipherSuite) => auth === "ecdsa"] as const
  ),
  ["AES", isAes],
  ["AES128", both(isAes, bits(128))],
  ["AES256", both(isAes, bits(256))],
  ["AESGCM", ({ bulk }) => bulk === "AES-GCM"],
  ["CHACHA20", ({ bulk }) => bulk === "ChaCha20-Poly1305"],
  ["SHA1", mac("SHA-1")],
  ["SHA", mac("SHA-1")],
  ["SHA256", mac("SHA-256")],
  ["SHA384", mac("SHA-384")],
]);

/** The highest level of security whose demands the rules for certificates here include. */
const MAX_SECURITY_LEVEL = 2;

/**
 * Returns the suites of a list.
 *
 * As in OpenSSL, what is unknown is passed over, suites of TLS 1.3 are taken by their full name
 * only, and all of them are in use if the list names none. Words for several suites leave out those
 * that are off by default (AES-CBC); these have to be named one by one. `PSK` means the suite with
 * pre-shared keys.
 *
 * @param list The list.
 * @returns The suites; those of TLS 1.3 alone if the list names none of TLS 1.2.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if no suite is left, or the list demands a level of
 * security that is not supported.
 */
export function suitesOf(list: string): SuiteNames {
  const items = list.split(/[:, ;]+/).filter((item) => item !== "");
  const isTls13 = (item: string) => /^[!+-]?TLS_(?!.*_WITH_)/.test(item);
  const tls13 = tls13Suites(items.filter(isTls13));
  const tls12Items = items.filter((item) => !isTls13(item));
  const tls12 = tls12Suites(tls12Items);
  const isOldLeft = tls12.length > 0 || tls12Items.length === 0;
  if (items.length > 0 && isOldLeft && tls13.length + tls12.length > 0) {
    return [...tls13, ...tls12];
  }
  throw nothingLeft(list, tls12Items);
}

function tls13Suites(items: readonly string[]): readonly CipherSuiteName[] {
  const names = CIPHER_SUITES.map(({ name }) => name);
  const removed = items.filter((item) => /^[!-]/.test(item)).map((item) => item.slice(1));
  const wanted = items.filter((item) => !/^[!-]/.test(item)).map((item) => item.replace("+", ""));
  const from = wanted.length === 0 ? names : wanted;
  return from.flatMap((item) => names.filter((name) => name === item && !removed.includes(name)));
}

function tls12Suites(items: readonly string[]): readonly Tls12CipherSuiteName[] {
  let chosen: readonly Tls12CipherSuite[] = [];
  const killed = new Set<Tls12CipherSuite>();
  for (const item of items) {
    // "DEFAULT@SECLEVEL=1" are two items in one
    const [text, ...commands] = item.split("@");
    if (text !== "") {
      const isAdded = !/^[!+-]/.test(text!);
      const found = matching(text!.replace(/^[!+-]/, ""), isAdded)
        .filter((suite) => !killed.has(suite));
      const others = chosen.filter((suite) => !found.includes(suite));
      const kept = chosen.filter((suite) => found.includes(suite));
      if (text!.startsWith("!")) {
        chosen = others;
        for (const suite of found) killed.add(suite);
      } else if (text!.startsWith("-")) chosen = others;
      else if (text!.startsWith("+")) chosen = [...others, ...kept];
      else chosen = [...chosen, ...found.filter((suite) => !chosen.includes(suite))];
    }
    for (const command of commands) chosen = obey(command, chosen);
  }
  return chosen.map(({ name }) => name);
}

/**
 * Returns the suites of a word, of words joined by `+`, or of a suite's name.
 *
 * @param isAdded Whether words leave out what is off by default: they do where they add suites.
 */
function matching(text: string, isAdded: boolean): readonly Tls12CipherSuite[] {
  const suite = TLS12_CIPHER_SUITES.find(({ name }) =>
    name === text || opensslSuiteName(name) === text
  );
  if (suite !== undefined) return [suite];
  const parts = text.split("+");
  const withPsk = parts.some((word) => PSK_WORDS.includes(word));
  const among = TLS12_CIPHER_SUITES.filter((suite) =>
    suite.enabledByDefault || !isAdded || withPsk && isPsk(suite)
  );
  if (text === "DEFAULT") return among.filter(({ enabledByDefault }) => enabledByDefault);
  if (text === "COMPLEMENTOFALL" || text === "COMPLEMENTOFDEFAULT") return [];
  const words = parts.map((word) => WORDS.get(word));
  return among.filter((one) => words.every((matches) => matches?.(one) === true));
}

function obey(
  command: string,
  suites: readonly Tls12CipherSuite[],
): readonly Tls12CipherSuite[] {
  if (command === "STRENGTH") return suites.toSorted((a, b) => b.keyLength - a.keyLength);
  const [, level] = /^SECLEVEL=(\d)$/.exec(command) ?? [];
  if (level === undefined || Number(level) <= MAX_SECURITY_LEVEL) return suites;
  throw invalid(
    "ciphers",
    `@SECLEVEL=${level} is not supported, only levels up to ${MAX_SECURITY_LEVEL}; restrict ` +
      "ciphers, ecdhCurve and sigalgs instead",
  );
}

function nothingLeft(list: string, items: readonly string[]): SslError {
  const absent = ABSENT_CIPHER_SUITES.find(({ name }) =>
    items.some((item) => item === name || item === absentName(name))
  );
  const psk = items.some((item) => /PSK/.test(item) && !/^[!-]/.test(item));
  const why = absent !== undefined
    ? `${absent.name} is not supported: ${absent.because}`
    : psk
    ? "of suites with pre-shared keys only ECDHE-PSK-CHACHA20-POLY1305 is supported"
    : `supported are ${
      [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES].map(({ name }) => opensslSuiteName(name)).join(
        ", ",
      )
    }`;
  return invalid("ciphers", `${show(list)} leaves no cipher suite; ${why}`);
}

/** OpenSSL's name of a suite that is not supported; RSA key transport goes without saying there. */
function absentName(name: string): string {
  return name.replace(/^TLS_(?:RSA_WITH_)?/, "").replace("_WITH_", "_")
    .replace(/AES_(\d+)_CBC/, "AES$1").replace(/AES_(\d+)/, "AES$1")
    .replace(/3DES_EDE_CBC/, "DES-CBC3").replace("POLY1305_SHA256", "POLY1305")
    .replaceAll("_", "-");
}
