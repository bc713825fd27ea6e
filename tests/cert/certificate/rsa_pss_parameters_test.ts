// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import {
  readRsaPssParameters,
  writeRsaPssParameters,
} from "../../../cert/certificate/rsa_pss_parameters.ts";

const read = (der: Uint8Array<ArrayBuffer>) =>
  readRsaPssParameters(new DerReader(der, "test"), "p");

Deno.test("readRsaPssParameters() reads what writeRsaPssParameters() writes", () => {
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const) {
    const writer = new DerWriter();
    writeRsaPssParameters(writer, { hash, saltLength: 48 });
    const der = writer.finish();
    assertEquals(read(der), { hash, saltLength: 48 });
    for (let size = 0; size < der.length; size++) {
      assertThrows(() => read(der.slice(0, size)), NssError);
    }
  }
});

Deno.test("readRsaPssParameters() takes the defaults of RFC 4055", () => {
  assertEquals(read(Uint8Array.of(0x30, 0)), { hash: "SHA-1", saltLength: 20 });
});

Deno.test("readRsaPssParameters() refuses fields out of order", () => {
  const der = new DerWriter().sequence((w) => {
    w.constructed(0xa3, (w) => w.integer(1)).constructed(0xa2, (w) => w.integer(32));
  }).finish();
  assertThrows(() => read(der), NssError, "after the last field");
});
