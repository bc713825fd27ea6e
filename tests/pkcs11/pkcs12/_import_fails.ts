// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { importPkcs12, type ImportPkcs12Options } from "../../../pkcs11/pkcs12/import_pkcs12.ts";

/** Returns a function that asserts that a file is not imported with a password, and why. */
export function importFailing(usual: string) {
  return async (
    file: Uint8Array,
    name: ErrorName,
    message = "",
    options: ImportPkcs12Options = {},
    password = usual,
  ): Promise<void> => {
    const error = await assertRejects(() => importPkcs12(file, password, options), NssError);
    assertEquals(error.name, name, error.message);
    assertStringIncludes(error.message, message);
  };
}
