// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";

const value = new Uint8Array([1]);

Deno.test("MemorySessionStore has room for so many rows, and refuses one more rather than forget another", () => {
  let now = 0;
  const store = new MemorySessionStore(3, () => now);
  for (const name of ["a", "b", "c"]) store.put(name, value, name === "b" ? 5000 : 10_000);
  for (
    const write of [
      () => store.put("d", value, 1),
      () => store.replace("d", null, value, 1),
    ]
  ) {
    const error = assertThrows(write, NssError);
    assertEquals(error.name, "SEC_ERROR_IO");
    assertStringIncludes(error.message, "the store is full, with 3 rows");
  }
  // Rows that are there may change
  store.put("a", new Uint8Array([2]), 10_000);
  assertEquals(store.replace("c", value, new Uint8Array([3]), 10_000), true);
  now = 4999;
  assertThrows(() => store.put("d", value, 1), NssError);
  // What expires makes room; that is looked for once a second
  now = 5998;
  assertThrows(() => store.put("d", value, 1), NssError);
  now = 5999;
  store.put("d", value, 10_000);
  assertEquals(["a", "b", "c", "d"].map((name) => store.get(name)?.[0]), [2, undefined, 3, 1]);
  assertEquals(store.replace("a", new Uint8Array([2]), null, 1), true);
  store.put("e", value, 1);
});

Deno.test("MemorySessionStore has an epoch of its own, and refuses what is no bound", () => {
  assertNotEquals(new MemorySessionStore().epoch(), new MemorySessionStore().epoch());
  for (const rows of [0, -1, 1.5, NaN]) {
    assertThrows(() => new MemorySessionStore(rows), NssError, "maxRows is");
  }
});
