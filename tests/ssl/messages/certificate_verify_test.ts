// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import { encodeCertificateVerify } from "../../../ssl/messages/certificate_verify.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("encodeCertificateVerify() takes signatures of up to 2^16-1 bytes", () => {
  encodeCertificateVerify({ algorithm: 0x0804, signature: zeros(0xffff) });
  assertThrows(
    () => encodeCertificateVerify({ algorithm: 0x0804, signature: zeros(0x10000) }),
    RangeError,
  );
});
