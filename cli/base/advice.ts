// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The likely cause of each error that this package throws, and what would fix it: docs/errors.md is
 * made from it.
 *
 * @module
 */

import type { ErrorName } from "../../cert/base/errors.ts";
import { CERTIFICATE_ADVICE, type Row } from "./advice_certificates.ts";
import { HANDSHAKE_ADVICE } from "./advice_handshake.ts";

/** Why something fails, and what would fix it. */
export interface Advice {
  /** The likely cause. */
  readonly cause: string;
  /** What would fix it. */
  readonly cure: string;
}

/** What errors of one form have in common. */
const FAMILIES: readonly (readonly [RegExp, Row])[] = [
  [/_RX_MALFORMED_|_RX_UNKNOWN_/, [
    "the peer's TLS is broken, or somebody between has changed its message",
    "tell those who run it; nss client --trace shows its messages",
  ]],
  [/_RX_UNEXPECTED_|_MISSING_\w+/, [
    "the peer does not keep to the order or the content of TLS's messages: its TLS is broken",
    "tell those who run it; nss client --trace shows its messages",
  ]],
  [/_ALERT$/, [
    "the peer does not like a message of this end",
    "look at the peer's log; nss client --trace shows what was sent",
  ]],
];

const UNKNOWN: Row = ["the message says what is wrong", "docs/errors.md lists the errors"];

/** Returns the row of an error that this package throws; `undefined` for others. */
export function adviceRow(name: ErrorName): Row | undefined {
  return CERTIFICATE_ADVICE[name] ?? HANDSHAKE_ADVICE[name] ??
    FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
}

/** Returns the likely cause of an error, and what would fix it. */
export function adviceOf(name: ErrorName): Advice {
  const [cause, cure] = adviceRow(name) ?? UNKNOWN;
  return { cause, cure };
}
