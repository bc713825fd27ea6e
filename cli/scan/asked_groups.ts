// Copyright 2026 the NSS for Deno authors. MIT license.

/** The groups that a server is asked for, in this order. @module */

import { groupName } from "../explain/names.ts";
import { REGISTERED_GROUPS } from "../explain/registered_groups.ts";

/** The curves that TLS 1.2 and before may name, which RFC 8446 has reserved in part. */
const CURVES: ReadonlySet<number> = new Set(
  REGISTERED_GROUPS.filter((id) => id <= 0x001e || id >= 0x0022 && id <= 0x0029),
);

/** What clients most often prefer: servers that look at the first few groups only find these. */
const FIRST: readonly string[] = [
  ...["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM1024"],
  ...["x25519", "secp256r1", "secp384r1", "secp521r1"],
];

function ordered(ids: readonly number[]): readonly number[] {
  const rank = (id: number): number => {
    const index = FIRST.indexOf(groupName(id));
    return index < 0 ? FIRST.length : index;
  };
  return ids.toSorted((a, b) => rank(a) - rank(b) || b - a);
}

/** The groups that TLS 1.3 may use. */
export const TLS13_GROUPS: readonly number[] = ordered(REGISTERED_GROUPS);

/** The curves that TLS 1.2 and before may use. */
export const TLS12_CURVES: readonly number[] = ordered([...CURVES]);
