// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  formatTrust,
  parseTrust,
  TRUST_FLAGS,
  trustFromLevels,
  type TrustLevel,
  trustLevel,
  trustLevels,
} from "../../../cert/db/trust_flags.ts";

const F = TRUST_FLAGS;

Deno.test("TRUST_FLAGS are NSS's numbers", () => {
  assertEquals(F, {
    terminalRecord: 1,
    trusted: 2,
    sendWarn: 4,
    validCa: 8,
    trustedCa: 16,
    user: 64,
    trustedClientCa: 128,
  });
});

Deno.test("parseTrust() reads each letter as CERT_DecodeTrustString", () => {
  const letters: readonly (readonly [string, number])[] = [
    ["p", F.terminalRecord],
    ["P", F.terminalRecord | F.trusted],
    ["w", F.sendWarn],
    ["c", F.validCa],
    ["C", F.validCa | F.trustedCa],
    ["T", F.validCa | F.trustedClientCa],
    ["u", F.user],
    ["", 0],
  ];
  for (const [letter, flags] of letters) {
    assertEquals(parseTrust(`${letter},,`), { ssl: flags, email: 0, objectSigning: 0 }, letter);
    assertEquals(parseTrust(`,,${letter}`), { ssl: 0, email: 0, objectSigning: flags }, letter);
  }
  assertEquals(parseTrust("CTu, C ,p"), {
    ssl: F.validCa | F.trustedCa | F.trustedClientCa | F.user,
    email: F.validCa | F.trustedCa,
    objectSigning: F.terminalRecord,
  });
});

Deno.test("parseTrust() takes columns that are left out as empty", () => {
  assertEquals(parseTrust(""), parseTrust(",,"));
  assertEquals(parseTrust("C"), parseTrust("C,,"));
  assertEquals(parseTrust("C,P"), parseTrust("C,P,"));
});

Deno.test("parseTrust() refuses other letters and a fourth column", () => {
  for (
    const text of ["x,,", "C,,Z", "CT,C,C,C", ",,,", "C;C", "t,,", "constructor,,", "\u{1f600}"]
  ) {
    const error = assertThrows(() => parseTrust(text), NssError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", text);
  }
  assertStringIncludes(assertThrows(() => parseTrust("x,,"), NssError).message, '"x"');
});

Deno.test("formatTrust() prints in NSS's order, and no letter that another implies", () => {
  const cases = ["CT,C,C", "c,p,P", "CTu,u,u", "cu,,", "pC,,", "CTPuw,w,", ",,", "T,,", "Pu,,"];
  for (const text of cases) assertEquals(formatTrust(parseTrust(text)), text);
  assertEquals(formatTrust(parseTrust("wuPTC,cC,pP")), "CTPuw,C,P");
});

Deno.test("trustLevel() is what get_stan_trust makes of each column", () => {
  const cases: readonly (readonly [string, TrustLevel, TrustLevel])[] = [
    ["", "mustVerify", "mustVerify"],
    ["u", "mustVerify", "mustVerify"],
    ["p", "notTrusted", "notTrusted"],
    ["P", "trusted", "trusted"],
    ["c", "validDelegator", "validDelegator"],
    ["C", "trustAnchor", "validDelegator"],
    ["T", "validDelegator", "trustAnchor"],
    ["CT", "trustAnchor", "trustAnchor"],
    ["Cp", "trustAnchor", "notTrusted"],
    ["cP", "trusted", "trusted"],
  ];
  for (const [column, server, client] of cases) {
    const trust = parseTrust(column);
    assertEquals(trustLevel(trust, "serverAuth"), server, column);
    assertEquals(trustLevel(trust, "clientAuth"), client, column);
    assertEquals(trustLevel(trust, "emailProtection"), "mustVerify");
  }
  assertEquals(trustLevel(parseTrust(",T,"), "emailProtection"), "validDelegator");
  assertEquals(trustLevel(parseTrust(",,C"), "codeSigning"), "trustAnchor");
});

Deno.test("trustFromLevels() puts together what trustLevels() takes apart", () => {
  for (const text of ["CT,C,C", "C,,", "T,,", "P,P,P", "p,p,p", "c,c,c", ",C,p", ",,"]) {
    assertEquals(formatTrust(trustFromLevels(trustLevels(parseTrust(text)))), text);
  }
  assertEquals(formatTrust(trustFromLevels({})), ",,");
  assertEquals(formatTrust(trustFromLevels({ codeSigning: "trusted" })), ",,P");
});

Deno.test("trustFromLevels() never makes trust of distrust", () => {
  const levels: readonly TrustLevel[] = [
    "mustVerify",
    "trusted",
    "notTrusted",
    "trustAnchor",
    "validDelegator",
  ];
  for (const other of levels) {
    const server = trustFromLevels({ serverAuth: "notTrusted", clientAuth: other });
    assertEquals(trustLevel(server, "serverAuth"), "notTrusted", other);
    const client = trustFromLevels({ clientAuth: "notTrusted", serverAuth: other });
    assertEquals(trustLevel(client, "clientAuth"), "notTrusted", other);
  }
});
