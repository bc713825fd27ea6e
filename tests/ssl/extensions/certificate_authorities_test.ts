// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import { certificateAuthorities } from "../../../ssl/extensions/certificate_authorities.ts";
import { refusesSyntax, vector16 } from "./bodies.ts";
import { encodeWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("certificateAuthorities refuses empty lists and empty names", () => {
  refusesSyntax(certificateAuthorities, zeros(2));
  refusesSyntax(certificateAuthorities, vector16((w) => w.vector16(zeros(0))));
  refusesSyntax(certificateAuthorities, vector16((w) => w.vector16(zeros(1)).vector16(zeros(0))));
  assertThrows(() => encodeWith(certificateAuthorities, []), RangeError);
});
