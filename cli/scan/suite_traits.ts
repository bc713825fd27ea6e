// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the name of a cipher suite says about it. @module */

import { REGISTERED_SUITES, type RegisteredSuite } from "../explain/registered_suites.ts";

/** What is weak about a suite. */
export type Weakness =
  | "null"
  | "anonymous"
  | "export"
  | "rc4"
  | "old-cipher"
  | "triple-des"
  | "no-forward-secrecy"
  | "cbc";

/** What a suite is made of. */
export interface SuiteTraits {
  /** Whether it is of TLS 1.3, which chooses key exchange and signature by themselves. */
  readonly isTls13: boolean;
  /** Whether TLS 1.1 and before cannot use it. */
  readonly needsTls12: boolean;
  /** The key exchange, as `ECDHE_RSA`; empty in TLS 1.3. */
  readonly keyExchange: string;
  /** Whether the server signs its half of the key exchange. */
  readonly isSigned: boolean;
  /** What is weak about it. */
  readonly weaknesses: readonly Weakness[];
}

/** The patterns of ciphers, hashes and key exchanges that are weak. */
const WEAK: readonly (readonly [Weakness, RegExp])[] = [
  ["null", /_WITH_NULL_|^TLS_SHA(?:256|384)_/],
  ["anonymous", /_anon_/],
  ["export", /_EXPORT|_DES40_|_(?:RC4|RC2|RC2_CBC|DES_CBC)_(?:40|56)_/],
  ["rc4", /_RC4_/],
  ["old-cipher", /_(?:DES_CBC|DES40_CBC|RC2|IDEA)_|_28147_/],
  ["triple-des", /_3DES_/],
  ["cbc", /_CBC_/],
];

const AEAD = /_(?:GCM|CCM|CCM_8|POLY1305|MGM)(?:_|$)|_CCM_8$/;

/** Returns what a suite is made of. */
export function traitsOf(name: string): SuiteTraits {
  const keyExchange = /^(?:TLS|SSL)_(.+?)_WITH_/.exec(name)?.[1] ?? "";
  const isTls13 = keyExchange === "";
  const hasForwardSecrecy = isTls13 || /DHE|ECCPWD|SRP|_anon/.test(keyExchange);
  return {
    isTls13,
    keyExchange,
    // RFC 5487 lets older versions have the CBC suites of PSK with SHA-2
    needsTls12: AEAD.test(name) || /_SHA(?:256|384)$/.test(name) && !/PSK/.test(keyExchange),
    isSigned: /DHE_(?:RSA|ECDSA|DSS)|^SRP_SHA_(?:RSA|DSS)/.test(keyExchange),
    weaknesses: [
      ...WEAK.filter(([, pattern]) => pattern.test(name)).map(([weakness]) => weakness),
      ...hasForwardSecrecy ? [] : ["no-forward-secrecy" as const],
    ],
  };
}

/** The most suites of one ClientHello: there are servers that read no more than 128. */
export const MAX_OFFERED_SUITES = 100;

/** The key exchanges that clients most often have, the best first. */
const COMMON: readonly string[] = ["ECDHE_ECDSA", "ECDHE_RSA", "DHE_RSA", "RSA"];

/** What clients most often have comes first, so that one question finds most. */
function rarity({ name }: RegisteredSuite): number {
  const { keyExchange, weaknesses } = traitsOf(name);
  const rank = COMMON.indexOf(keyExchange);
  const isCommon = rank >= 0 && /_(?:AES|CHACHA20|CAMELLIA|3DES|RC4)_/.test(name) &&
    !name.endsWith("_OLD");
  return (isCommon ? 10 * rank : 100) + weaknesses.length;
}

function inPieces(ids: readonly number[]): number[][] {
  const pieces: number[][] = [];
  for (let at = 0; at < ids.length; at += MAX_OFFERED_SUITES) {
    pieces.push(ids.slice(at, at + MAX_OFFERED_SUITES));
  }
  return pieces;
}

/** The kinds of key exchanges. */
const KINDS: readonly string[] = [...COMMON, "anon", "PSK", "other"];

/** A kind of key exchange, whose suites a server has or lacks for one reason. */
function kindOf({ name }: RegisteredSuite): string {
  const { keyExchange } = traitsOf(name);
  if (COMMON.includes(keyExchange)) return keyExchange;
  return /anon/.test(keyExchange) ? "anon" : /PSK/.test(keyExchange) ? "PSK" : "other";
}

/**
 * All suites first, then each kind by itself: a server may choose a suite of a kind for which it
 * lacks a key or a parameter, and fail, although it has others.
 */
function allAndEachKind(suites: readonly RegisteredSuite[]): readonly (readonly number[])[] {
  const ids = (some: readonly RegisteredSuite[]) => inPieces(some.map(({ id }) => id));
  const ofKind = (kind: string) => suites.filter((suite) => kindOf(suite) === kind);
  return [...ids(suites), ...KINDS.flatMap((kind) => ids(ofKind(kind)))];
}

const OLDER_SUITES = REGISTERED_SUITES.filter(({ name }) => !traitsOf(name).isTls13)
  .toSorted((a, b) => rarity(a) - rarity(b));

/** The suites that are asked for in TLS 1.3, in pieces of a ClientHello each. */
export const TLS13_PIECES: readonly (readonly number[])[] = inPieces(
  REGISTERED_SUITES.filter(({ name }) => traitsOf(name).isTls13).map(({ id }) => id),
);

/** The suites that are asked for in TLS 1.2. */
export const TLS12_PIECES: readonly (readonly number[])[] = allAndEachKind(OLDER_SUITES);

/** The suites that are asked for in TLS 1.1 and before. */
export const OLD_PIECES: readonly (readonly number[])[] = allAndEachKind(
  OLDER_SUITES.filter(({ name }) => !traitsOf(name).needsTls12),
);
