// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import {
  clientCertificateType,
  clientCertificateTypes,
  serverCertificateType,
  serverCertificateTypes,
} from "../../../ssl/extensions/certificate_type.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("the lists of types of certificates have 1 to 255 types, and an answer has one", () => {
  for (const list of [clientCertificateTypes, serverCertificateTypes]) {
    refusesSyntax(list, zeros(1));
    assertThrows(() => encodeWith(list, []), RangeError);
    assertThrows(() => encodeWith(list, Array(256).fill(0)), RangeError);
  }
  for (const answer of [clientCertificateType, serverCertificateType]) {
    refusesSyntax(answer, zeros(0));
    refusesSyntax(answer, zeros(2));
  }
});
