// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  DOWNGRADE_SENTINEL_LENGTH,
  DOWNGRADE_TO_TLS_1_1,
  DOWNGRADE_TO_TLS_1_2,
  hasDowngradeSentinel,
} from "../../../ssl/tables/downgrade_sentinels.ts";

Deno.test("DOWNGRADE_TO_TLS_1_2 and DOWNGRADE_TO_TLS_1_1 are those of RFC 8446", () => {
  for (const [sentinel, last] of [[DOWNGRADE_TO_TLS_1_2, 1], [DOWNGRADE_TO_TLS_1_1, 0]] as const) {
    assertEquals(new TextDecoder().decode(sentinel), `DOWNGRD${String.fromCharCode(last)}`);
    assertEquals(sentinel.length, DOWNGRADE_SENTINEL_LENGTH);
  }
});

Deno.test("hasDowngradeSentinel() looks at the whole of the last eight bytes, and no others", () => {
  const random = new Uint8Array(32).fill(0x44);
  random.set(DOWNGRADE_TO_TLS_1_2, 24);
  assert(hasDowngradeSentinel(random, DOWNGRADE_TO_TLS_1_2));
  assertFalse(hasDowngradeSentinel(random, DOWNGRADE_TO_TLS_1_1));
  for (let i = 0; i < 32; i++) {
    const changed = random.slice();
    changed[i]! ^= 0x80;
    assertEquals(hasDowngradeSentinel(changed, DOWNGRADE_TO_TLS_1_2), i < 24, `byte ${i}`);
  }
  const early = new Uint8Array(32);
  early.set(DOWNGRADE_TO_TLS_1_2, 23);
  assertFalse(hasDowngradeSentinel(early, DOWNGRADE_TO_TLS_1_2));
  assertFalse(hasDowngradeSentinel(DOWNGRADE_TO_TLS_1_2.subarray(1), DOWNGRADE_TO_TLS_1_2));
});
