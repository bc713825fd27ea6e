// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { encodeCertificate, parseCertificate } from "../../../ssl/messages/certificate.ts";
import { Writer } from "../../../ssl/wire/writer.ts";
import { assertRefused } from "./refused.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("parseCertificate() refuses an empty certificate", () => {
  const message = (length: number) =>
    new Writer().u8(0).vector24((list) => list.vector24(zeros(length)).u16(0)).finish();
  assertEquals(parseCertificate(message(1)).certificateList.length, 1);
  assertRefused(
    () => parseCertificate(message(0)),
    "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
    "decode_error",
    "<1..16777215>",
  );
  const empty = { certData: zeros(0), extensions: new ExtensionBlock() };
  assertThrows(
    () => encodeCertificate({ certificateRequestContext: zeros(0), certificateList: [empty] }),
    RangeError,
  );
});
