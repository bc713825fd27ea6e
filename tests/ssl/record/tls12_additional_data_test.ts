// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  ADDITIONAL_DATA_LENGTH,
  writeAdditionalData,
} from "../../../ssl/record/tls12_additional_data.ts";
import { additionalDataOf } from "./tls12_records.ts";

Deno.test("writeAdditionalData() writes sequence numbers of up to 53 bits, and the header", () => {
  for (const sequence of [0, 1, 255, 256, 2 ** 24, 2 ** 32 - 1, 2 ** 32, 2 ** 48, 2 ** 53 - 1]) {
    for (const [type, version, length] of [[23, 0x0303, 0x1234], [255, 0xfefd, 18432]] as const) {
      const bytes = new Uint8Array(ADDITIONAL_DATA_LENGTH + 1).fill(0xee);
      writeAdditionalData(bytes, sequence, type, version, length);
      assertEquals(bytes.subarray(0, 13), additionalDataOf(sequence, type, length, version));
      assertEquals(bytes[13], 0xee);
    }
  }
});
