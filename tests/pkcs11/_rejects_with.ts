// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { NssError } from "../../cert/base/errors.ts";

/** Checks that a function fails with an `NssError` of a name, and returns the error. */
export async function rejectsWith(name: string, fn: () => Promise<unknown>): Promise<NssError> {
  const error = await assertRejects(fn, NssError);
  assertEquals(error.name, name, error.message);
  return error;
}
