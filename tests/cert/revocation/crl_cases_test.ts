// Copyright 2026 the NSS for Deno authors. MIT license.

/** Revocation as authorities publish it; tests/interop has openssl judge the same. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkRevocation } from "../../../cert/revocation/revocation.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { type MadeCase, ROOT_CRL } from "../_crl_case_makers.ts";
import { CRL_CASES, revocationPage } from "../_crl_cases.ts";
import { withoutLayout } from "../../support/generated_page.ts";
import { NOW } from "../_support.ts";

/** The name and message of the error, or empty ones. */
async function judge(made: MadeCase, policy: "soft" | "hard"): Promise<readonly [string, string]> {
  try {
    await verifyCertificateChain(made.leaf, {
      anchors: [trustAnchorOf(made.root)],
      intermediates: [...made.path, ...made.sent ?? []],
      time: NOW,
      usage: "sslServer",
      checkPath: checkRevocation({
        policy,
        time: NOW,
        crls: [...made.crls, made.rootCrl ?? ROOT_CRL],
        crlIssuers: made.given ?? [],
      }),
    });
    return ["", ""];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [error.name, error.message];
  }
}

Deno.test("docs/revocation.md has the cases: `deno task revocation` writes them anew", async () => {
  const { is, must } = await revocationPage();
  assertEquals(withoutLayout(is), withoutLayout(must));
});

for (const { title, make, verdict, says } of CRL_CASES) {
  Deno.test(`checkRevocation() takes for ${verdict}: ${title}`, async () => {
    const made = await make();
    const [soft] = await judge(made, "soft");
    const [hard, message] = await judge(made, "hard");
    const revoked = "SEC_ERROR_REVOKED_CERTIFICATE";
    assertEquals(soft, verdict === "revoked" ? revoked : "");
    const [name, part] = says ?? [verdict === "revoked" ? revoked : "", ""];
    assertEquals(hard, name, message);
    assertStringIncludes(message, part);
    // In any order
    const turned = { ...made, crls: made.crls.toReversed() };
    assertEquals((await judge(turned, "hard"))[0], hard);
  });
}
