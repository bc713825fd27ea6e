// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  ALERT_DESCRIPTIONS,
  ALERT_LEVELS,
  alertCode,
  type AlertName,
  alertName,
} from "../../../ssl/tables/alert_descriptions.ts";

Deno.test("alertName() finds what alertCode() gives, for every alert", () => {
  for (const name of Object.keys(ALERT_DESCRIPTIONS) as AlertName[]) {
    assertEquals(alertName(alertCode(name)), name);
  }
});

Deno.test("alertName() knows nothing of unassigned numbers", () => {
  const assigned = new Set<number>(Object.values(ALERT_DESCRIPTIONS));
  for (let code = 0; code < 256; code++) {
    if (!assigned.has(code)) assertEquals(alertName(code), undefined);
  }
});

Deno.test("ALERT_DESCRIPTIONS has the alerts of RFC 8446, Section 6", () => {
  const ofTheRfc =
    "0 10 20 22 40 42 43 44 45 46 47 48 49 50 51 70 71 80 86 90 109 110 112 113 115 116 120";
  const codes = new Set<number>(Object.values(ALERT_DESCRIPTIONS));
  assertEquals(ofTheRfc.split(" ").map(Number).filter((code) => !codes.has(code)), []);
  assertEquals(alertName(50), "decode_error");
  assertEquals(alertName(116), "certificate_required");
  assertEquals(ALERT_LEVELS, { warning: 1, fatal: 2 });
});
