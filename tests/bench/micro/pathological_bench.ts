// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The time of what `tests/cert/pathological_test.ts` counts the steps of. Each run parses anew and
// remembers no signature. Run with `deno bench -A tests/bench/micro/pathological_bench.ts`.

import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { checkContent } from "../../../cert/verify/check_certificate.ts";
import { parseCrl } from "../../../cert/revocation/crl.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { forgetCertificates } from "../../../cert/certificate/known_certificates.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { CERTIFICATES, crlOf, VERIFICATIONS } from "../../cert/_pathological.ts";
import { CHECKS } from "../../cert/_support.ts";
import { openShared, sharedProblem } from "../../support/shared_data.ts";
import { type LimboInput, runLimboCase } from "../../vectors/limbo_harness.ts";

for (const [name, make] of Object.entries(VERIFICATIONS)) {
  const { leaf, options } = await make();
  const between = options.intermediates!.map(({ der }) => der);
  Deno.bench({
    name,
    group: "verify",
    fn: async () => {
      forgetCertificates();
      const intermediates = between.map((der) => parseCertificate(der));
      await verifyCertificateChain(parseCertificate(leaf.der), { ...options, intermediates })
        .catch(() => {});
    },
  });
}

for (const [name, make] of Object.entries(CERTIFICATES)) {
  const der = await make(1 << 16);
  Deno.bench({
    name: `${name}, ${der.length} bytes`,
    group: "parse all of a certificate",
    fn: () => {
      try {
        checkContent(parseCertificate(der), CHECKS);
      } catch (error) {
        if (!(error instanceof NssError)) throw error;
      }
    },
  });
}

const list = await crlOf(100_000);
const parsed = parseCrl(list);
Deno.bench({ name: "parse", group: "100,000 entries", fn: () => void parseCrl(list) });
Deno.bench({
  name: "parse and look up once",
  group: "100,000 entries",
  fn: () => void parseCrl(list).find(Uint8Array.of(1, 0, 1, 0)),
});
Deno.bench({
  name: "look up again",
  group: "100,000 entries",
  fn: () => void parsed.find(Uint8Array.of(1, 0, 1, 0)),
});

const CORE = "data/x509_limbo_core.json.gz";
const { testcases } = sharedProblem(CORE) === null
  ? await (await openShared(CORE)).json() as LimboInput
  : { testcases: [] };
for (const limbo of testcases) {
  if (!limbo.id.startsWith("pathological::")) continue;
  Deno.bench({
    name: limbo.id,
    group: "x509-limbo",
    fn: async () => {
      forgetCertificates();
      await runLimboCase(limbo);
    },
  });
}
