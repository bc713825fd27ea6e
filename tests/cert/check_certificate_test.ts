// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  certificateError,
  checkAuthority,
  checkLeaf,
  type CheckOptions,
} from "../../cert/check_certificate.ts";
import { NssError } from "../../cert/errors.ts";
import { makeExtension } from "../../cert/extensions/extension.ts";
import { keyUsage } from "../../cert/extensions/key_usage.ts";
import { CHECKS, issue } from "./_support.ts";

Deno.test("checkLeaf() reports time before key usage before purpose, as NSS", async () => {
  const extensions = [makeExtension(keyUsage, new Set(["keyAgreement"] as const), true)];
  const { certificate } = await issue({ extensions });
  const check = (options: Partial<CheckOptions>) =>
    assertThrows(() => checkLeaf(certificate, { ...CHECKS, ...options }), NssError).name;
  const usage = "sslClient";
  assertEquals(check({ usage, time: new Date(0) }), "SEC_ERROR_EXPIRED_CERTIFICATE");
  assertEquals(check({ usage }), "SEC_ERROR_INADEQUATE_KEY_USAGE");
});

Deno.test("checkAuthority() takes an anchor of version 1 in the compatible profile alone", async () => {
  const { certificate } = await issue({ ca: true, version: 1 });
  checkAuthority(certificate, { ...CHECKS, profile: "compatible" }, true);
  for (const [profile, isAnchor] of [["strict", true], ["compatible", false]] as const) {
    const error = assertThrows(
      () => checkAuthority(certificate, { ...CHECKS, profile }, isAnchor),
      NssError,
    );
    assertEquals(error.name, "SEC_ERROR_CA_CERT_INVALID");
  }
});

Deno.test("certificateError() names the subject, if there is one", async () => {
  const { certificate } = await issue();
  const { message } = certificateError("SEC_ERROR_BAD_DER", certificate, "it is bad");
  assertEquals(message, 'Cannot verify certificate "CN=example.com": it is bad');
  const nameless = (await issue({ subject: "" })).certificate;
  const error = certificateError("SEC_ERROR_BAD_DER", nameless, "it is bad");
  assertEquals(error.message, "Cannot verify certificate: it is bad");
});
