// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** The suite of stores by Node's own runner, which a test bundles and runs. @module */

import { test } from "node:test";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { testSessionStore } from "../../../ssl/session/session_store_conformance.ts";

testSessionStore({
  name: "MemorySessionStore",
  test,
  engine: () => {
    let now = 0;
    const store = new MemorySessionStore(undefined, () => now);
    const advance = (milliseconds: number) => void (now += milliseconds);
    return { open: () => store, advance, restart: null, spoil: null, close: () => {} };
  },
});
testSessionStore({
  name: "a store that is wrong",
  test,
  engine: () => ({
    open: () => ({ get: () => undefined, put: () => {}, replace: () => true, epoch: () => "" }),
    advance: () => {},
    restart: null,
    spoil: null,
    close: () => {},
  }),
});
