// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { measure, WAYS } from "./_costs.ts";
import { type Mode, MODES, type Operation, OPERATIONS } from "./_scenario.ts";
import { COSTS } from "./_scenario.ts";
import { LENGTHS } from "./_store_model.ts";
import { PAGE, writtenPage } from "./page.ts";

/** The way that each mode of the simulation stands for. */
const WAY_OF_MODE: Readonly<Record<Mode, string>> = {
  tickets: "tickets of TLS 1.3",
  once: "tickets with `singleUse`",
  ids: "sessions by ID, of TLS 1.2",
};

/** So many times what is asked. */
function count(operations: readonly Operation[], times: number, more: readonly Operation[] = []) {
  const all = [...Array.from({ length: times }, () => operations).flat(), ...more];
  const counted = OPERATIONS.map((name) => [name, all.filter((one) => one === name).length]);
  return Object.fromEntries(counted);
}

Deno.test("the simulation asks the store for each handshake what real ones ask", async () => {
  for (const mode of MODES) {
    const { full, resumed, bytes } = await measure(WAYS[WAY_OF_MODE[mode]]!);
    const { keep, tickets, find } = COSTS[mode];
    assertEquals(full, count(keep, tickets.full), mode);
    assertEquals(resumed, count(keep, tickets.resumed, find), mode);
    // The epoch of the store in memory is shorter than that of Redis
    const epochs = full.epoch * (LENGTHS.epoch - MEMORY_EPOCH);
    const length = mode === "ids" ? LENGTHS.session : LENGTHS.entry;
    const expected = full.put * (LENGTHS.name + length) +
      full.epoch * (LENGTHS.name + LENGTHS.epoch);
    assertEquals(bytes + epochs, expected, mode);
  }
});

/** The length of the epoch of the store in memory. */
const MEMORY_EPOCH = 32;

Deno.test("early data costs the store as much as single use, when it is allowed", async () => {
  const early = await measure(WAYS["tickets that allow early data"]!);
  const once = await measure(WAYS["tickets with `singleUse`"]!);
  assertEquals(early.full, once.full);
});

Deno.test("docs/scaling.md tells what sessions cost", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(withoutLayout(page), withoutLayout(await writtenPage(page)));
});
