// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { type OidName, oidName, OIDS } from "../../../cert/der/oids.ts";

Deno.test("OIDS has identifiers that encode, each once", () => {
  for (const [name, oid] of Object.entries(OIDS)) {
    const der = new DerWriter().oid(oid).finish();
    assertEquals(new DerReader(der, "test").oid(""), oid);
    assertEquals(oidName(oid), name as OidName);
  }
  assertEquals(oidName("1.2.3"), undefined);
});
