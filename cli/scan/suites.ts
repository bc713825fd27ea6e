// Copyright 2026 the NSS for Deno authors. MIT license.

/** Which cipher suites a server has in a version. @module */

import { alertCode } from "../../ssl/tables/alert_descriptions.ts";
import { namedGroupByName } from "../../ssl/tables/named_groups.ts";
import { TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import { enumerate, type Enumeration } from "./enumerate.ts";
import type { Prober } from "./prober.ts";
import { OLD_PIECES, TLS12_PIECES, TLS13_PIECES } from "./suite_traits.ts";

/** The groups whose shares are sent to a server that wants one at once. */
export const COMMON_SHARES: readonly number[] = ["x25519", "secp256r1"]
  .map((name) => namedGroupByName(name)!.id);

/** What was found of a version. */
export interface VersionProbe {
  /** Its suites. */
  readonly suites: Enumeration<number>;
  /** Whether TLS 1.3's server refuses a ClientHello without key shares, which RFC 8446 allows. */
  readonly needsShares: boolean;
}

function piecesOf(version: number): readonly (readonly number[])[] {
  if (version === TLS_1_3) return TLS13_PIECES;
  return version === TLS_1_2 ? TLS12_PIECES : OLD_PIECES;
}

/**
 * Finds the suites of a version: a server without any does not have the version.
 *
 * @param keep Is given what was found each time.
 */
export async function probeVersion(
  prober: Prober,
  version: number,
  keep: (so: Enumeration<number>) => void,
): Promise<VersionProbe> {
  let isRefused = false;
  const choose = (shareOf: readonly number[]) => async (cipherSuites: readonly number[]) => {
    if (isRefused) return null;
    const answer = await prober.ask({ version, cipherSuites, shareOf });
    if (answer.kind === "hello" && answer.hello.version === version) {
      return answer.hello.cipherSuite;
    }
    // It names another version, or says that it has not this one: no other suite changes that
    isRefused = answer.kind === "hello" ||
      answer.kind === "alert" && answer.description === alertCode("protocol_version");
    return null;
  };
  const suites = await enumerate(piecesOf(version), choose([]), keep);
  if (version !== TLS_1_3 || suites.found.length > 0 || isRefused) {
    return { suites, needsShares: false };
  }
  const withShares = await enumerate(piecesOf(version), choose(COMMON_SHARES), keep);
  return { suites: withShares, needsShares: withShares.found.length > 0 };
}
