// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { newModel, revealPinArg, setPKCS11PinArg } from "@nss/nss/ssl";
import { join } from "../_support.ts";

Deno.test("setPKCS11PinArg() is kept with the socket, and copied with a model", async () => {
  const arg = { window: 1 };
  await using joined = join();
  setPKCS11PinArg(joined.client, arg);
  assert(revealPinArg(joined.client) === arg);
  assertEquals(revealPinArg(joined.server), undefined);
  const model = newModel();
  setPKCS11PinArg(model, arg);
  assert(revealPinArg(newModel({ model })) === arg);
});

Deno.test("revealPinArg() tells what is set, of models and of their copies, and nothing where nothing is", () => {
  const model = newModel();
  assertEquals(revealPinArg(model), undefined);
  const arg = { window: "main" };
  setPKCS11PinArg(model, arg);
  for (const target of [model, newModel({ model })]) assert(revealPinArg(target) === arg);
});
