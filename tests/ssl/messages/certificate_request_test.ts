// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import {
  encodeCertificateRequest,
  parseCertificateRequest,
} from "../../../ssl/messages/certificate_request.ts";
import { assertRefused } from "./refused.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("parseCertificateRequest() refuses a block without extensions", () => {
  // RFC 8446, Section 4.3.2: extensions<2..2^16-1>.
  assertRefused(
    () => parseCertificateRequest(Uint8Array.of(0, 0, 0)),
    "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
    "decode_error",
    "<2..65535>",
  );
  const extensions = new ExtensionBlock();
  const certificateRequestContext = zeros(255);
  assertThrows(
    () => encodeCertificateRequest({ certificateRequestContext, extensions }),
    RangeError,
  );
  extensions.addBody(0x0a0a, zeros(0));
  encodeCertificateRequest({ certificateRequestContext, extensions });
  assertThrows(
    () => encodeCertificateRequest({ certificateRequestContext: zeros(256), extensions }),
    RangeError,
  );
});
