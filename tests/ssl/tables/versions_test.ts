// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  PROTOCOL_VERSIONS,
  SUPPORTED_VERSIONS,
  TLS_1_3,
  versionName,
} from "../../../ssl/tables/versions.ts";

Deno.test("versionName() names every version of the table", () => {
  assertEquals(versionName(TLS_1_3), "TLSv1.3");
  for (const [name, version] of Object.entries(PROTOCOL_VERSIONS)) {
    assertEquals(versionName(version), name);
  }
});

Deno.test("versionName() refuses a version that nobody agreed on", () => {
  for (const version of [0, 0x0300, 0x0305, 0x7f1c]) {
    assertThrows(() => versionName(version), RangeError);
  }
});

Deno.test("SUPPORTED_VERSIONS are versions of the table", () => {
  assert(SUPPORTED_VERSIONS.every((name) => name in PROTOCOL_VERSIONS));
});
