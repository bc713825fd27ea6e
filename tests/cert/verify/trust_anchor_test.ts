// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { issue } from "../_support.ts";

Deno.test("trustAnchorOf() gives one anchor for one certificate, so that its key is imported once", async () => {
  const { certificate } = await issue({ ca: true });
  const anchor = trustAnchorOf(certificate);
  assertStrictEquals(trustAnchorOf(certificate), anchor);
  assertStrictEquals(anchor.subjectPublicKeyInfo, certificate.subjectPublicKeyInfo);
  assertEquals(anchor.subject, certificate.subject);
  assertEquals(anchor.vetted, undefined);
});
