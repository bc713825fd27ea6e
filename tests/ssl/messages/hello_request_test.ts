// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { encodeHelloRequest, parseHelloRequest } from "../../../ssl/messages/empty_messages.ts";
import { assertRefused } from "./refused.ts";

Deno.test("parseHelloRequest() takes no bytes, and no byte more", () => {
  assertEquals(encodeHelloRequest(), new Uint8Array(0));
  assertEquals(parseHelloRequest(encodeHelloRequest()), undefined);
  assertRefused(
    () => parseHelloRequest(new Uint8Array(1)),
    "SSL_ERROR_RX_MALFORMED_HELLO_REQUEST",
    "decode_error",
    "Cannot parse HelloRequest: ",
  );
});
