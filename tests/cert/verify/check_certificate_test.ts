// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  certificateError,
  checkAuthority,
  checkContent,
  checkLeaf,
  type CheckOptions,
  errorOf,
  leafProblems,
} from "../../../cert/verify/check_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { certificatePolicies } from "../../../cert/extensions/policies.ts";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { CHECKS, issue } from "../_support.ts";

Deno.test("checkLeaf() reports time before key usage before purpose, as NSS", async () => {
  const extensions = [makeExtension(keyUsage, new Set(["keyAgreement"] as const), true)];
  const { certificate } = await issue({ extensions });
  const check = (options: Partial<CheckOptions>) =>
    assertThrows(() => checkLeaf(certificate, { ...CHECKS, ...options }), NssError).name;
  const usage = "sslClient";
  assertEquals(check({ usage, time: new Date(0) }), "SEC_ERROR_EXPIRED_CERTIFICATE");
  assertEquals(check({ usage }), "SEC_ERROR_INADEQUATE_KEY_USAGE");
});

Deno.test("leafProblems() lists a malformed extension among what else is wrong", async () => {
  const { certificate } = await issue({
    extensions: [{ oid: OIDS.keyUsage, critical: true, value: Uint8Array.of(4, 0), offset: 0 }],
  });
  const names = (time: Date) =>
    leafProblems(certificate, { ...CHECKS, time }).map(({ name }) => name);
  const malformed = "SEC_ERROR_EXTENSION_VALUE_INVALID";
  assertEquals(names(CHECKS.time), [malformed]);
  assertEquals(names(new Date(0)), ["SEC_ERROR_EXPIRED_CERTIFICATE", malformed]);
});

Deno.test("errorOf() gives errors of NSS, and throws all others", () => {
  const error = new NssError("SEC_ERROR_BAD_DER");
  const throwing = (what: Error) => () => {
    throw what;
  };
  assertStrictEquals(errorOf(throwing(error)), error);
  assertEquals(errorOf(() => {}), null);
  assertThrows(() => errorOf(throwing(new TypeError("a bug"))), TypeError, "a bug");
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

Deno.test("checkContent() refuses critical policies with a qualifier that is not known", async () => {
  const check = async (type: string, critical: boolean) => {
    const value = new DerWriter().string(TAG.ia5String, "https://example.com/cps").finish();
    const policies = [
      { policy: "1.2.3.4", qualifiers: [{ type: OIDS.cps, value }] },
      { policy: "1.2.3.5", qualifiers: [{ type, value }] },
    ];
    const extensions = [makeExtension(certificatePolicies, policies, critical)];
    const { certificate } = await issue({ extensions });
    return errorOf(() => checkContent(certificate, CHECKS));
  };
  assertEquals(await check(OIDS.cps, true), null);
  assertEquals(await check(OIDS.userNotice, true), null);
  assertEquals(await check("1.2.3.6", false), null);
  const error = await check("1.2.3.6", true);
  assertEquals(error?.name, "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION");
  assertEquals(
    error?.message,
    'Cannot verify certificate "CN=example.com": the policy qualifier 1.2.3.6 in its critical ' +
      "policies is not known",
  );
});
