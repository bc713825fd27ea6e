// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { openShared, sharedProblem } from "../support/shared_data.ts";
import { skip } from "../support/skip.ts";
import type { LimboInput } from "./limbo_harness.ts";
import { limboRevocation } from "./limbo_revocation.ts";

/** What each case fails with; those that are to succeed are not here. */
const ERRORS: Readonly<Record<string, ErrorName>> = {
  "crl::revoked-certificate-with-crl": "SEC_ERROR_REVOKED_CERTIFICATE",
  "crl::crlnumber-missing": "SEC_ERROR_CRL_INVALID",
  "crl::crlnumber-critical": "SEC_ERROR_CRL_INVALID",
  "crl::issuer-missing-crlsign": "SEC_ERROR_INADEQUATE_KEY_USAGE",
};

const CORE = "data/x509_limbo_core.json.gz";
const problem = sharedProblem(CORE);
const { testcases } = problem === null
  ? await (await openShared(CORE)).json() as LimboInput
  : { testcases: [] };
const cases = testcases.filter(({ crls }) => crls !== undefined && crls.length > 0);
if (problem !== null) {
  skip("checkRevocation() agrees with x509-limbo", problem);
} else {
  Deno.test("checkRevocation() finds the cases of x509-limbo that have lists", () => {
    assertGreaterOrEqual(cases.length, 8);
  });
}

for (const limbo of cases) {
  const expected = ERRORS[limbo.id] ?? null;
  Deno.test(`checkRevocation() agrees with x509-limbo: ${limbo.id}`, async () => {
    assertEquals(limbo.expected_result, expected === null ? "SUCCESS" : "FAILURE");
    const [leaf] = parseCertificatesPem(limbo.peer_certificate);
    const verify = async (withLists: boolean): Promise<ErrorName | null> => {
      const time = new Date(limbo.validation_time!);
      try {
        await verifyCertificateChain(leaf!, {
          anchors: limbo.trusted_certs.flatMap(parseCertificatesPem).map(trustAnchorOf),
          time,
          usage: "sslServer",
          ...(withLists && limboRevocation(limbo, time)),
        });
        return null;
      } catch (error) {
        if (error instanceof NssError) return error.name;
        throw error;
      }
    };
    assertEquals(await verify(true), expected);
    // Nothing else is wrong with the path, so it was the lists
    assertEquals(await verify(false), null);
  });
}
