// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { parseFinished, TLS12_VERIFY_DATA_LENGTH } from "../../../ssl/messages/finished.ts";
import { assertRefused } from "./refused.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("parseFinished() takes exactly the length that it is told", () => {
  assertEquals(parseFinished(zeros(32), 32).verifyData, zeros(32));
  for (const length of [0, 31, 33, 48]) {
    assertRefused(
      () => parseFinished(zeros(length), 32),
      "SSL_ERROR_RX_MALFORMED_FINISHED",
      "decrypt_error",
    );
  }
});

Deno.test("parseFinished() takes TLS 1.2's twelve bytes, and no other length", () => {
  assertEquals(parseFinished(zeros(12), TLS12_VERIFY_DATA_LENGTH).verifyData, zeros(12));
  for (const length of [11, 13, 32]) {
    assertRefused(
      () => parseFinished(zeros(length), TLS12_VERIFY_DATA_LENGTH),
      "SSL_ERROR_RX_MALFORMED_FINISHED",
      "decrypt_error",
    );
  }
});
