// Copyright 2026 the NSS for Deno authors. MIT license.

/** How a server signs. @module */

import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { Writer } from "../../ssl/wire/writer.ts";
import { enumerate, type Enumeration } from "./enumerate.ts";
import { keyExchangeOf } from "./key_exchange.ts";
import { NoAnswer } from "./pace.ts";
import type { Prober, Question } from "./prober.ts";
import { REGISTERED_SCHEMES } from "../explain/registered_schemes.ts";

/** That the chain may be signed in any way: only the server's own signature is asked about. */
const ANY_CHAIN = [
  ExtensionType.signatureAlgorithmsCert,
  new Writer().vector16((list) => REGISTERED_SCHEMES.forEach((id) => list.u16(id))).finish(),
] as const;

/**
 * Finds the signature schemes.
 *
 * @param question What is asked besides: a version, suites with a signature, and for TLS 1.3 a key
 * share that the server takes.
 */
export async function probeSchemes(
  prober: Prober,
  question: Question,
  keep: (so: Enumeration<number>) => void,
): Promise<Enumeration<number>> {
  const choose = async (schemes: readonly number[]): Promise<number | null> => {
    const answer = await prober.ask({ ...question, schemes, extensions: [ANY_CHAIN] });
    if (answer.kind !== "hello" || answer.hello.version !== question.version) return null;
    const isUnread = answer.rest === "late" || answer.rest === "unread" || answer.hello.isRetry;
    if (isUnread) throw new NoAnswer("the server's flight could not be read to its end");
    return keyExchangeOf(answer)?.scheme ?? null;
  };
  return await enumerate([REGISTERED_SCHEMES], choose, keep);
}
