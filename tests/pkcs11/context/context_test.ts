// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { platformTrustAnchors } from "../../../pkcs11/context/builtins.ts";
import { defaultContext, NssContext } from "../../../pkcs11/context/context.ts";

Deno.test("defaultContext() is the same each time and trusts the platform's roots", async () => {
  assertStrictEquals(defaultContext(), defaultContext());
  assertStrictEquals(await defaultContext().trustAnchors(), await platformTrustAnchors());
});

Deno.test("NssContext has an identity of its own", () => {
  const caches = new WeakMap([[new NssContext(), 1]]);
  assertEquals(caches.get(new NssContext()), undefined);
  assertNotEquals(new NssContext() === defaultContext(), true);
});

Deno.test("NssContext trusts the anchors it is given, and nothing else", async () => {
  const anchors = (await platformTrustAnchors()).slice(0, 2);
  assertStrictEquals(await new NssContext({ trustAnchors: anchors }).trustAnchors(), anchors);
  assertEquals(await new NssContext({ trustAnchors: [] }).trustAnchors(), []);
});

Deno.test("NssContext asks a function of trust anchors each time and hands its failure on", async () => {
  let calls = 0;
  const context = new NssContext({
    trustAnchors: () => {
      calls++;
      return calls === 1 ? Promise.resolve([]) : Promise.reject(new Error("database is gone"));
    },
  });
  assertEquals(await context.trustAnchors(), []);
  await assertRejects(() => context.trustAnchors(), Error, "database is gone");
});
