// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { certificatesOf } from "../../../cert/certificate/certificates_of.ts";
import { issue } from "../_support.ts";

Deno.test("certificatesOf() takes PEM, DER, certificates and lists of these", async () => {
  const { certificate } = await issue();
  const pem = certificate.toPem();
  const inputs = [certificate, pem, certificate.der, new TextEncoder().encode(pem)];
  for (const input of inputs) assert(certificatesOf(input)[0]!.equals(certificate));
  assertEquals(certificatesOf(inputs).length, 4);
  assertThrows(() => certificatesOf(new Uint8Array(3)), NssError);
});
