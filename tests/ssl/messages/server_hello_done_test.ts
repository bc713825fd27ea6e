// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  encodeServerHelloDone,
  parseServerHelloDone,
} from "../../../ssl/messages/empty_messages.ts";
import { assertRefused } from "./refused.ts";

Deno.test("parseServerHelloDone() takes no bytes, and no byte more", () => {
  assertEquals(encodeServerHelloDone(), new Uint8Array(0));
  assertEquals(parseServerHelloDone(encodeServerHelloDone()), undefined);
  assertRefused(
    () => parseServerHelloDone(new Uint8Array(1)),
    "SSL_ERROR_RX_MALFORMED_HELLO_DONE",
    "decode_error",
    "Cannot parse ServerHelloDone: ",
  );
});
