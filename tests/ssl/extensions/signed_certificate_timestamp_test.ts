// Copyright 2026 the NSS for Deno authors. MIT license.

import { signedCertificateTimestampList } from "../../../ssl/extensions/signed_certificate_timestamp.ts";
import { refusesSyntax, vector16 } from "./bodies.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("signedCertificateTimestampList refuses empty lists and empty timestamps", () => {
  refusesSyntax(signedCertificateTimestampList, zeros(2));
  refusesSyntax(signedCertificateTimestampList, vector16((w) => w.vector16(zeros(0))));
});
