// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import {
  importPrivateKey,
  type ImportPrivateKeyOptions,
} from "../../../pkcs11/keys/import_private_key.ts";

/** Asserts that a key is not imported, and why. */
export async function assertFails(
  input: string | Uint8Array,
  options: ImportPrivateKeyOptions,
  name: ErrorName,
  message: string,
): Promise<void> {
  const error = await assertRejects(() => importPrivateKey(input, options), NssError);
  assertEquals(error.name, name, error.message);
  assertStringIncludes(error.message, message);
}
