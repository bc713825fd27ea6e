// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import {
  encodeCertificateRequest,
  parseCertificateRequest,
} from "../../../ssl/messages/certificate_request.ts";
import { assertRefused } from "./refused.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("parseCertificateRequest() takes a block without extensions", () => {
  // RFC 9846, Section 4.4.2: extensions<0..2^16-1>.
  assertEquals(parseCertificateRequest(Uint8Array.of(0, 0, 0)).extensions.types(), []);
  assertRefused(
    () => parseCertificateRequest(Uint8Array.of(0, 0)),
    "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
    "decode_error",
  );
  const extensions = new ExtensionBlock();
  const certificateRequestContext = zeros(255);
  encodeCertificateRequest({ certificateRequestContext, extensions });
  assertThrows(
    () => encodeCertificateRequest({ certificateRequestContext: zeros(256), extensions }),
    RangeError,
  );
});
