// Copyright 2026 the NSS for Deno authors. MIT license.

import { parseEndOfEarlyData } from "../../../ssl/messages/end_of_early_data.ts";
import { assertRefused } from "./refused.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("parseEndOfEarlyData() takes nothing", () => {
  parseEndOfEarlyData(zeros(0));
  assertRefused(
    () => parseEndOfEarlyData(zeros(1)),
    "SSL_ERROR_RX_MALFORMED_END_OF_EARLY_DATA",
    "decode_error",
  );
});
