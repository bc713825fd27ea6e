// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  checkCertValidTimes,
  NSS_SLOP_SECONDS,
} from "../../../cert/verify/check_cert_valid_times.ts";
import { issue } from "../_support.ts";

const { certificate } = await issue({
  notBefore: "2026-03-01T00:00:00Z",
  notAfter: "2026-04-01T00:00:00Z",
});
const at = (iso: string, slopSeconds?: number) =>
  checkCertValidTimes(certificate, new Date(iso), slopSeconds === undefined ? {} : { slopSeconds });

Deno.test("checkCertValidTimes() includes both ends and counts in seconds", () => {
  assertEquals(at("2026-02-28T23:59:59.999Z"), "notValidYet");
  assertEquals(at("2026-03-01T00:00:00Z"), "valid");
  assertEquals(at("2026-04-01T00:00:00Z"), "valid");
  assertEquals(at("2026-04-01T00:00:00.999Z"), "valid");
  assertEquals(at("2026-04-01T00:00:01Z"), "expired");
});

Deno.test("checkCertValidTimes() has no slop by default, and slop before notBefore alone", () => {
  assertEquals(at("2026-02-28T00:00:00Z"), "notValidYet");
  assertEquals(at("2026-02-28T00:00:00Z", NSS_SLOP_SECONDS), "valid");
  assertEquals(at("2026-02-27T23:59:59Z", NSS_SLOP_SECONDS), "notValidYet");
  assertEquals(at("2026-04-01T00:00:01Z", NSS_SLOP_SECONDS), "expired");
});

Deno.test("checkCertValidTimes() refuses a time, and a slop, that is none", () => {
  assertThrows(() => checkCertValidTimes(certificate, new Date(NaN)), NssError, "invalid Date");
  assertThrows(() => at("2026-03-15T00:00:00Z", NaN), NssError, "slopSeconds is NaN, not a number");
});
