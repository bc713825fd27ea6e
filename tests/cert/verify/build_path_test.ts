// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  candidatePaths,
  MostSpecificError,
  type PathSearch,
} from "../../../cert/verify/build_path.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { subjectKeyIdentifier } from "../../../cert/extensions/key_identifiers.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { VerificationBudget } from "../../../cert/verify/verification_budget.ts";
import { CHECKS, issue, type TestCertificate } from "../_support.ts";

const root = await issue({ ca: true });

function search(between: TestCertificate[], anchors: TestCertificate[]): PathSearch {
  return {
    ...CHECKS,
    intermediates: between.map(({ certificate }) => certificate),
    anchors: anchors.map(({ certificate }) => trustAnchorOf(certificate)),
    maxDepth: 6,
    budget: new VerificationBudget(),
    reject: () => {},
  };
}

Deno.test("candidatePaths() tries those whose key identifier fits first, and leaves none out", async () => {
  const subject = "CN=Sub";
  const right = await issue({ ca: true, subject, issuer: root });
  const without = [OIDS.subjectKeyIdentifier];
  const silent = await issue({ ca: true, subject, issuer: root, without });
  const extensions = [makeExtension(subjectKeyIdentifier, Uint8Array.of(1))];
  const wrong = await issue({ ca: true, subject, issuer: root, extensions });
  const leaf = await issue({ issuer: right });
  const paths = candidatePaths(leaf.certificate, search([wrong, silent, right], [root]));
  const order = [...paths].map(({ certificates }) => certificates[1]);
  assertEquals(order, [right.certificate, silent.certificate, wrong.certificate]);
});

Deno.test("candidatePaths() tries anchors before intermediates, and the shorter path first", async () => {
  const other = await issue({ ca: true, subject: "CN=Other" });
  const cross = await issue({ ca: true, keys: root, subject: "CN=Test Root", issuer: other });
  const leaf = await issue({ issuer: root });
  const paths = [...candidatePaths(leaf.certificate, search([cross], [other, root]))];
  assertEquals(paths.map(({ certificates }) => certificates.length), [1, 2]);
});

Deno.test("candidatePaths() gives the leaf alone where it is an anchor", async () => {
  const own = await issue();
  const [first] = candidatePaths(own.certificate, search([], [own]));
  assertEquals([first?.leafIsAnchor, first?.certificates.length], [true, 1]);
});

Deno.test("MostSpecificError.offer() keeps what tells most, the first of equals", () => {
  const kept = new MostSpecificError();
  assertEquals(kept.failure, null);
  let made = 0;
  const offer = (name: NssError["name"], message: string) =>
    kept.offer(name, () => {
      made++;
      return new NssError(name, message);
    });
  offer("SEC_ERROR_UNKNOWN_ISSUER", "1");
  offer("SEC_ERROR_CA_CERT_INVALID", "2");
  offer("SEC_ERROR_CA_CERT_INVALID", "3");
  offer("SEC_ERROR_BAD_SIGNATURE", "4");
  offer("SEC_ERROR_LIBRARY_FAILURE", "5");
  assertEquals([kept.failure?.error.message, made], ["2", 2]);
});
