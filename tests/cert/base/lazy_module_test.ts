// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { importBuiltin, importLazily, LazyModule } from "../../../cert/base/lazy_module.ts";

Deno.test("LazyModule is not loaded before it is needed, and has its exports afterwards", async () => {
  let loads = 0;
  const module = new LazyModule("a part", () => Promise.resolve({ loads: ++loads }));
  assertEquals(module.exports, null);
  assertEquals(loads, 0);
  const exports = await module.load();
  assertEquals(exports, { loads: 1 });
  assertStrictEquals(module.exports, exports);
  assertStrictEquals(await module.load(), exports);
  assertEquals(loads, 1);
});

Deno.test("LazyModule: all who need it at once get the same exports", async () => {
  const module = new LazyModule("PEM", () => import("../../../cert/der/pem.ts"));
  const [first, second] = await Promise.all([module.load(), module.load()]);
  assertStrictEquals(first, second);
});

Deno.test("LazyModule: a failure is an NssError with the cause, and the next call tries again", async () => {
  const cause = new TypeError("Module not found");
  let isThere = false;
  const module = new LazyModule(
    "the handshake of a client",
    () => isThere ? Promise.resolve({ answer: 42 }) : Promise.reject(cause),
  );
  const error = await assertRejects(() => module.load(), NssError, "the handshake of a client");
  assertEquals(error.name, "PR_LOAD_LIBRARY_ERROR");
  assertStrictEquals(error.cause, cause);
  assertEquals(module.exports, null);
  isThere = true;
  assertEquals(await module.load(), { answer: 42 });
});

Deno.test("LazyModule.preload() leaves it to load() to tell a failure", async () => {
  let calls = 0;
  const module = new LazyModule("a part", () => Promise.reject(new Error(`call ${++calls}`)));
  module.preload();
  assertEquals(calls, 1);
  const error = await assertRejects(() => module.load(), NssError);
  assertEquals(error.cause, new Error("call 2"));
});

Deno.test("importLazily() throws an NssError for a module that cannot be imported, and for one that throws", async () => {
  for (
    const fail of [
      () => Promise.reject(new Error("gone")),
      () => import("data:text/javascript,throw 1"),
    ]
  ) {
    const error = await assertRejects(() => importLazily("a part", fail), NssError, "a part");
    assertEquals(error.name, "PR_LOAD_LIBRARY_ERROR");
  }
});

Deno.test("importBuiltin() says what this runtime cannot do without a module, and keeps the cause", async () => {
  const message = "Cannot open NSS database: this runtime has no node:sqlite";
  const name = "node:nothing";
  const load = () => import(name);
  const error = await assertRejects(
    () => importBuiltin(load, "SEC_ERROR_NO_MODULE", message),
    NssError,
    message,
  );
  assertEquals(error.name, "SEC_ERROR_NO_MODULE");
  assert(error.cause instanceof Error);
  const here = () => Promise.resolve({ answer: 42 });
  assertEquals(await importBuiltin(here, "SEC_ERROR_NO_MODULE", message), { answer: 42 });
});
