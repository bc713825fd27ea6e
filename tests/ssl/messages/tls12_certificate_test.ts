// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeTls12Certificate,
  parseTls12Certificate,
} from "../../../ssl/messages/tls12_certificate.ts";
import { assertRefused } from "./refused.ts";

Deno.test("encodeTls12Certificate() writes a list without extensions", () => {
  const certificateList = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  const body = Uint8Array.of(0, 0, 9, 0, 0, 2, 1, 2, 0, 0, 1, 3);
  assertEquals(encodeTls12Certificate({ certificateList }), body);
  assertEquals(parseTls12Certificate(body), { certificateList });
});

Deno.test("parseTls12Certificate() takes no certificates, but no empty one", () => {
  assertEquals(parseTls12Certificate(new Uint8Array(3)), { certificateList: [] });
  assertRefused(
    () => parseTls12Certificate(Uint8Array.of(0, 0, 3, 0, 0, 0)),
    "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
    "decode_error",
    "<1..16777215>",
  );
  assertThrows(
    () => encodeTls12Certificate({ certificateList: [new Uint8Array(0)] }),
    RangeError,
  );
});
