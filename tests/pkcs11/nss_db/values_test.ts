// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { StoredObject } from "../../../pkcs11/nss_db/values.ts";

Deno.test("StoredObject takes ids of 32 bits, and no others", () => {
  for (const id of [0, 0xffffffff]) assertEquals(new StoredObject({ id }).id, id);
  for (const id of [-1, 0x100000000, 0.5, NaN, null, "1", 1n]) {
    const error = assertThrows(() => new StoredObject({ id }), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DATABASE");
  }
});
