// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeCertificateStatus,
  parseCertificateStatus,
} from "../../../ssl/messages/certificate_status.ts";
import { assertRefused } from "./refused.ts";

const NAME = "SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT";
const ALERT = "decode_error";

Deno.test("encodeCertificateStatus() writes what RFC 6066 says", () => {
  const ocspResponse = Uint8Array.of(0x30, 0);
  const body = Uint8Array.of(1, 0, 0, 2, 0x30, 0);
  assertEquals(encodeCertificateStatus({ ocspResponse }), body);
  assertEquals(parseCertificateStatus(body), { ocspResponse });
});

Deno.test("parseCertificateStatus() refuses other types, and an empty response", () => {
  const ocspMulti = Uint8Array.of(2, 0, 0, 1, 0);
  assertRefused(() => parseCertificateStatus(ocspMulti), NAME, ALERT, "status type 2 is unknown");
  assertRefused(() => parseCertificateStatus(Uint8Array.of(1, 0, 0, 0)), NAME, ALERT, "<1..");
  assertThrows(() => encodeCertificateStatus({ ocspResponse: new Uint8Array(0) }), RangeError);
});
