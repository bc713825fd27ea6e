// Copyright 2026 the NSS for Deno authors. MIT license.

/** Which groups of the key exchange a server takes, and how it asks for another. @module */

import { namedGroupByName } from "../../ssl/tables/named_groups.ts";
import { TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import { enumerate, type Enumeration } from "./enumerate.ts";
import { keyExchangeOf } from "./key_exchange.ts";
import { NoAnswer } from "./pace.ts";
import type { Prober } from "./prober.ts";
import { groupName, suiteName } from "../explain/names.ts";
import { traitsOf } from "./suite_traits.ts";
import { TLS12_CURVES, TLS13_GROUPS } from "./asked_groups.ts";

/** Whether the runtime can make a key share of a group. */
export function canShare(id: number): boolean {
  return namedGroupByName(groupName(id))?.available() ?? false;
}

/**
 * Finds the groups of TLS 1.3. A ClientHello without key shares has the server name the group that
 * it wants, also one that this program cannot compute.
 *
 * @param needsShares Whether the server refuses such a ClientHello: then each group that can be
 * computed is asked for by itself.
 */
export async function probeTls13Groups(
  prober: Prober,
  cipherSuites: readonly number[],
  needsShares: boolean,
  keep: (so: Enumeration<number>) => void,
): Promise<Enumeration<number>> {
  const choose = async (groups: readonly number[]): Promise<number | null> => {
    const shareOf = needsShares ? groups : [];
    const answer = await prober.ask({ version: TLS_1_3, cipherSuites, groups, shareOf });
    return answer.kind === "hello" && answer.hello.version === TLS_1_3 ? answer.hello.group : null;
  };
  if (!needsShares) return await enumerate([TLS13_GROUPS], choose, keep);
  return await enumerate(TLS13_GROUPS.filter(canShare).map((id) => [id]), choose, keep);
}

/** The suites that name a curve. */
export function ecdheSuites(suites: readonly number[]): readonly number[] {
  return suites.filter((id) => /^ECDHE_|^ECDH_anon/.test(traitsOf(suiteName(id)).keyExchange));
}

/**
 * Finds the curves of TLS 1.2 and before.
 *
 * @param certificateCurves The curves of the server's certificates, without which a server may
 * refuse its ECDSA suites.
 */
export async function probeTls12Groups(
  prober: Prober,
  version: number,
  cipherSuites: readonly number[],
  certificateCurves: () => readonly number[],
  keep: (so: Enumeration<number>) => void,
): Promise<Enumeration<number>> {
  const choose = async (groups: readonly number[]): Promise<number | null> => {
    const answer = await prober.ask({ version, cipherSuites, groups });
    if (answer.kind !== "hello" || answer.hello.version > TLS_1_2) return null;
    if (answer.rest === "late") throw new NoAnswer("the server stopped in its first flight");
    return keyExchangeOf(answer)?.group ?? null;
  };
  return await enumerate([TLS12_CURVES], choose, keep, certificateCurves);
}

/**
 * Sends a key share of a group that is not the server's favourite.
 *
 * @param groups The groups of the server.
 * @returns What it does; `null` if it has no second group that this program can compute.
 */
export async function probeRetry(
  prober: Prober,
  cipherSuites: readonly number[],
  groups: readonly number[],
): Promise<string | null> {
  const [favourite, ...others] = groups;
  const other = others.find(canShare);
  if (favourite === undefined || other === undefined) return null;
  const answer = await prober.ask({
    version: TLS_1_3,
    cipherSuites,
    groups: [favourite, other],
    shareOf: [other],
  });
  if (answer.kind !== "hello") return "refuses the client";
  if (!answer.hello.isRetry) {
    return `takes the share that is there, of ${groupName(other)}`;
  }
  return `asks for a share of ${groupName(answer.hello.group ?? 0)}, which takes a ` +
    "round trip more";
}
