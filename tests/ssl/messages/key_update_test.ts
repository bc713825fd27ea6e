// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { parseKeyUpdate } from "../../../ssl/messages/key_update.ts";
import { assertRefused } from "./refused.ts";

Deno.test("parseKeyUpdate() takes 0 and 1, and calls all other values illegal", () => {
  assertEquals(parseKeyUpdate(Uint8Array.of(0)), { requestUpdate: false });
  assertEquals(parseKeyUpdate(Uint8Array.of(1)), { requestUpdate: true });
  for (let request = 2; request < 256; request++) {
    assertRefused(
      () => parseKeyUpdate(Uint8Array.of(request)),
      "SSL_ERROR_RX_MALFORMED_KEY_UPDATE",
      "illegal_parameter",
      `request_update is ${request}`,
    );
  }
});
