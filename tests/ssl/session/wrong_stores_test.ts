// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { testSessionStore } from "../../../ssl/session/session_store_conformance.ts";
import { type Engine, type Make, Model } from "./_model_store.ts";
import { WRONG } from "./_wrong_stores.ts";

/** Registers the suite for a store; returns its tests by their titles. */
function suiteOf(make: Make): ReadonlyMap<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>();
  testSessionStore({
    name: "it",
    test: (title, run) => tests.set(title.replace("it: ", ""), run),
    engine: () => {
      const engine: Engine = { rows: new Map(), now: 1_000_000, run: 1, spoilt: new Set() };
      return {
        open: () => make(engine),
        advance: (milliseconds) => void (engine.now += milliseconds),
        restart: () => void engine.run++,
        spoil: [(name) => {
          engine.rows.set(name, { value: new Uint8Array(7), expiresAt: Infinity });
          engine.spoilt.add(name);
        }],
        close: () => {},
      };
    },
  });
  return tests;
}

const right: Make = (engine) => new Model(engine);

Deno.test("testSessionStore() finds nothing wrong with a store that is right", async () => {
  for (const run of suiteOf(right).values()) await run();
});

for (const [wrong, [fails, make]] of Object.entries(WRONG)) {
  Deno.test(`testSessionStore() finds a store out: ${wrong}`, async () => {
    const criteria = suiteOf(make).entries().filter(([title]) => title.startsWith(fails));
    const found = await Promise.allSettled(criteria.map(([, run]) => run()));
    assert(found.some(({ status }) => status === "rejected"), fails);
  });
}

Deno.test("testSessionStore() has no test that no wrong store needs", () => {
  const needed = Object.values(WRONG).map(([fails]) => fails);
  const titles = [...suiteOf(right).keys()];
  assertEquals(titles.filter((title) => !needed.some((fails) => title.startsWith(fails))), []);
});
