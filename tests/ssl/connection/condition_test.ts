// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { Condition } from "../../../ssl/connection/condition.ts";
import { turns } from "../_support.ts";

Deno.test("Condition.notify() wakes all who wait, and nobody who waits from then on", async () => {
  const condition = new Condition();
  const woken: string[] = [];
  condition.notify(); // nobody waits
  condition.wait().then(() => woken.push("first"));
  condition.wait().then(() => woken.push("second"));
  await turns();
  assertEquals(woken, []);
  condition.notify();
  condition.wait().then(() => woken.push("third"));
  await turns();
  assertEquals(woken, ["first", "second"]);
  condition.notify();
  await turns();
  assertEquals(woken, ["first", "second", "third"]);
});
