// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { countSteps } from "../support/steps.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { parseCertificate } from "../../cert/certificate/certificate.ts";
import { checkContent } from "../../cert/verify/check_certificate.ts";
import { type Crl, parseCrl } from "../../cert/revocation/crl.ts";
import { parseCertificateRequest } from "../../cert/create/csr.ts";
import { MAX_DER_DEPTH } from "../../cert/der/der_reader.ts";
import { NssError } from "../../cert/base/errors.ts";
import { parseOcspRequest } from "../../cert/revocation/ocsp_request.ts";
import { parseOcspResponse } from "../../cert/revocation/ocsp_response.ts";
import { decodePem, encodePem } from "../../cert/der/pem.ts";
import { encodePkcs7Certificates, parsePkcs7Certificates } from "../../cert/certificate/pkcs7.ts";
import { encodeSctList, parseSctList } from "../../cert/extensions/sct.ts";
import { VERIFICATION_LIMITS } from "../../cert/verify/verification_budget.ts";
import { forgetCertificates } from "../../cert/certificate/known_certificates.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { testShared } from "../support/shared_data.ts";
import { type LimboInput, runLimboCase } from "../vectors/limbo_harness.ts";
import {
  CERTIFICATES,
  crlOf,
  ocspResponseOf,
  type Pathological,
  VERIFICATIONS,
} from "./_pathological.ts";
import { CHECKS, issue, mutate, seeded } from "./_support.ts";

/**
 * How many blocks of code a parser may run for each byte: what costs most, policies of 9 bytes with
 * a header, a SEQUENCE and an identifier each, takes 3.6. A step that grows with what was read
 * before would take thousands.
 */
const STEPS_PER_BYTE = 8;

/** What a parser may cost whatever the input. */
const STEPS_OF_A_CALL = 4_000;

/** How many blocks of code a verification may run: 10 for each of 200,000 steps of a path. */
const STEPS_OF_A_VERIFICATION = 2_500_000;

/** Runs what may throw an error of the library, and nothing else. */
function tolerate(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
  }
}

/** Parses a certificate and all that verification reads of it. */
function readAll(der: Uint8Array): void {
  const certificate = parseCertificate(der);
  tolerate(() => checkContent(certificate, CHECKS));
  assertEquals(String(certificate.subject).length > 0, certificate.subject.key.length > 0);
}

async function assertBounded(bytes: number, run: () => unknown): Promise<void> {
  const { steps } = await countSteps(run);
  assert(steps > 0, "nothing was counted");
  assertLessOrEqual(steps, STEPS_PER_BYTE * bytes + STEPS_OF_A_CALL);
}

for (const [what, make] of Object.entries(CERTIFICATES)) {
  Deno.test(`parseCertificate() takes so many steps a byte where there is much: ${what}`, async () => {
    for (const size of [1 << 14, 1 << 16]) {
      const der = await make(size);
      assert(der.length > size / 2);
      await assertBounded(der.length, () => readAll(der));
    }
  });
}

Deno.test("every parser takes so many steps a byte", async () => {
  const { certificate } = await issue();
  const sct = {
    logId: new Uint8Array(32),
    timestamp: new Date(0),
    extensions: new Uint8Array(0),
    signatureAlgorithm: 0x0403,
    signature: new Uint8Array(0),
  };
  for (const count of [300, 600]) {
    const bundle = encodePkcs7Certificates(Array.from({ length: count }, () => certificate));
    const pem = encodePem("CERTIFICATE", new Uint8Array(100 * count));
    const scts = encodeSctList(Array.from({ length: count }, () => sct));
    const crl = await crlOf(10 * count);
    const ocsp = await ocspResponseOf(count);
    await assertBounded(bundle.length, () => parsePkcs7Certificates(bundle));
    await assertBounded(pem.length, () => decodePem(pem));
    await assertBounded(scts.length, () => parseSctList(scts));
    await assertBounded(crl.length, () => parseCrl(crl));
    await assertBounded(ocsp.length, () => parseOcspResponse(ocsp));
  }
});

Deno.test("every parser takes so many steps a byte of what is broken", async () => {
  const random = seeded(0x5eed);
  const inputs = [
    (await issue()).certificate.der,
    await crlOf(20),
    await ocspResponseOf(20),
  ];
  const parsers = [
    readAll,
    parseCrl,
    parseOcspResponse,
    parseOcspRequest,
    parseCertificateRequest,
    parsePkcs7Certificates,
    parseSctList,
  ];
  for (let i = 0; i < 150; i++) {
    const bytes = mutate(inputs[i % inputs.length]!, random);
    for (const parse of parsers) {
      await assertBounded(bytes.length, () => tolerate(() => parse(bytes)));
    }
  }
});

Deno.test("parseCrl() and Crl.find() take as many steps as 100,000 entries need", async () => {
  const der = await crlOf(100_000);
  let crl: Crl;
  await assertBounded(der.length, () => crl = parseCrl(der));
  // Sorting, once: some 17 comparisons for each entry, of 7 blocks each
  const first = await countSteps(() => crl.find(Uint8Array.of(1, 0, 1, 0)));
  assertEquals(first.value?.reason, "superseded");
  assertLessOrEqual(first.steps, 7 * 17 * 100_000 + 1_000_000);
  for (const serial of [Uint8Array.of(1, 1, 0x86, 0x9f), Uint8Array.of(2), new Uint8Array(20)]) {
    assertLessOrEqual((await countSteps(() => crl.find(serial))).steps, 1_000);
  }
});

Deno.test("parseCertificate() does not go deeper than MAX_DER_DEPTH", async () => {
  const der = await CERTIFICATES["levels of SEQUENCE"]!(1 << 16);
  const { steps } = await countSteps(() => readAll(der));
  // Three levels of the extension are read, 16,000 are there
  assertLessOrEqual(steps, 100 * MAX_DER_DEPTH);
});

/** What stops each verification, if anything does. */
const ENDS: Readonly<Record<string, string>> = {
  "14 authorities issued by each other": `${VERIFICATION_LIMITS.pathSteps} pathSteps`,
  "8 authorities issued by each other and the root, and a leaf of 10,000 names of which the last is bad":
    `${VERIFICATION_LIMITS.paths} paths`,
  "8 authorities issued by each other and the root, with 300 policies each":
    `${VERIFICATION_LIMITS.policySteps} policySteps`,
  "1,000 issuers of one name": `${VERIFICATION_LIMITS.signatures} signatures`,
  "15 authorities of the anchor's name": `${VERIFICATION_LIMITS.signatures} signatures`,
  "1,000 constraints and 1,000 names": `${VERIFICATION_LIMITS.nameComparisons} nameComparisons`,
};

/** Verifies, and counts signatures as well. */
async function cost({ leaf, options }: Pathological): Promise<{
  readonly message: string;
  readonly steps: number;
  readonly signatures: number;
}> {
  forgetCertificates();
  const { subtle } = crypto;
  const { verify } = subtle;
  let signatures = 0;
  const counted = (...args: Parameters<typeof verify>) => {
    signatures++;
    return Reflect.apply(verify, subtle, args);
  };
  Object.defineProperty(subtle, "verify", { value: counted, configurable: true });
  try {
    const { steps, value } = await countSteps(() =>
      verifyCertificateChain(leaf, options).then(() => "", (error: Error) => {
        if (!(error instanceof NssError)) throw error;
        return error.message;
      })
    );
    return { message: value, steps, signatures };
  } finally {
    Reflect.deleteProperty(subtle, "verify");
  }
}

for (const [what, make] of Object.entries(VERIFICATIONS)) {
  Deno.test(`verifyCertificateChain() stays inside its budgets: ${what}`, async () => {
    const { message, steps, signatures } = await cost(await make());
    assertStringIncludes(message, ENDS[what] === undefined ? "" : `gave up after ${ENDS[what]}`);
    assertEquals(message.includes("gave up"), what in ENDS, message);
    assertLessOrEqual(steps, STEPS_OF_A_VERIFICATION);
    assertLessOrEqual(signatures, VERIFICATION_LIMITS.signatures);
  });

  Deno.test(`verifyCertificateChain() stays inside its budgets with longer paths: ${what}`, async () => {
    const { leaf, options } = await make();
    const longer = { ...options, profile: "compatible" } as const;
    const { message, steps, signatures } = await cost({ leaf, options: longer });
    assertEquals(message.includes("gave up"), what in ENDS, message);
    assertLessOrEqual(steps, STEPS_OF_A_VERIFICATION);
    assertLessOrEqual(signatures, VERIFICATION_LIMITS.signatures);
  });
}

Deno.test("verifyCertificateChain() verifies a wrong signature once in a search", async () => {
  const { signatures } = await cost(await VERIFICATIONS["15 authorities of the anchor's name"]!());
  assertEquals(signatures, 16, "one each of the authorities' and the leaf's, all with one key");
});

const CORE = "data/x509_limbo_core.json.gz";
testShared(
  "runLimboCase() stays inside the budgets in the pathological cases of x509-limbo",
  CORE,
  async (data) => {
    const { testcases } = await data.json() as LimboInput;
    const cases = testcases.filter(({ id }) => id.startsWith("pathological::"));
    assertGreater(cases.length, 0);
    for (const limbo of cases) {
      const { steps, value } = await countSteps(() => runLimboCase(limbo));
      assertEquals(value.actual_result, limbo.expected_result, limbo.id);
      assertLessOrEqual(steps, STEPS_OF_A_VERIFICATION, limbo.id);
    }
  },
);
