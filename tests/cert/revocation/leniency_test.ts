// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";

import { constructedTag, TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { crlNumber } from "../../../cert/extensions/crl_number.ts";
import { makeExtension, writeExtensions } from "../../../cert/extensions/extension.ts";
import { writeTime } from "../../../cert/der/time.ts";
import { parseCrl } from "../../../cert/revocation/crl.ts";
import { verifyCrl } from "../../../cert/revocation/verify_crl.ts";
import { parseOcspResponse } from "../../../cert/revocation/ocsp_response.ts";
import { verifyOcspResponse } from "../../../cert/revocation/verify_ocsp_response.ts";
import { assertRejectsWith, days, ocspFor, party, pki } from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { intermediate, leaf } = await pki();
const NULL_ECDSA = new DerWriter().sequence((w) => w.oid(OIDS.ecdsaWithSHA256).null()).finish();

Deno.test("verifyOcspResponse() takes a responder whose ocspNoCheck is critical, in the compatible profile alone", async () => {
  for (const [value, compatible] of [[[5, 0], true], [[2, 1, 5], false]] as const) {
    const responder = await party({
      subject: "CN=Responder",
      extKeyUsage: ["ocspSigning"],
      issuer: intermediate,
      extensions: [{
        oid: OIDS.ocspNoCheck,
        critical: true,
        value: Uint8Array.from(value),
        offset: 0,
      }],
    });
    const response = await ocspFor(leaf, intermediate)({}, { responder });
    const options = { certificate: leaf.certificate, issuer: intermediate.certificate, time: NOW };
    await assertRejectsWith(
      () => verifyOcspResponse(response, options),
      "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
      "the critical extension ocspNoCheck is not known",
    );
    const lenient = () => verifyOcspResponse(response, { ...options, profile: "compatible" });
    if (compatible) assertEquals((await lenient()).responderNeedsCheck, false);
    else await assertRejectsWith(lenient, "SEC_ERROR_OCSP_INVALID_SIGNING_CERT");
  }
});

Deno.test("verifyOcspResponse() takes ECDSA with NULL parameters in the compatible profile alone", async () => {
  const { basic } = await ocspFor(leaf, intermediate)();
  const { tbsResponseData, signature } = basic!;
  const odd = new DerWriter()
    .sequence((w) => w.raw(tbsResponseData).raw(NULL_ECDSA).bitString(signature)).finish();
  const response = parseOcspResponse(
    new DerWriter().sequence((w) => {
      w.integer(0, TAG.enumerated).constructed(constructedTag(0), (w) => {
        w.sequence((w) => w.oid(OIDS.ocspBasic).octetString(odd));
      });
    }).finish(),
  );
  const options = { certificate: leaf.certificate, issuer: intermediate.certificate, time: NOW };
  await verifyOcspResponse(response, { ...options, profile: "compatible" });
  await assertRejectsWith(
    () => verifyOcspResponse(response, options),
    "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
    "NULL parameters",
  );
});

Deno.test("verifyCrl() takes ECDSA with NULL parameters in the compatible profile alone", async () => {
  const tbs = new DerWriter().sequence((w) => {
    w.integer(1).raw(NULL_ECDSA).raw(intermediate.certificate.subject.der);
    writeTime(w, days(-1));
    writeTime(w, days(6));
    w.constructed(
      constructedTag(0),
      (w) => writeExtensions(w, [makeExtension(crlNumber, 1n)]),
    );
  }).finish();
  const signature = await intermediate.privateKey.sign("ecdsa_secp256r1_sha256", tbs);
  const crl = parseCrl(
    new DerWriter().sequence((w) => w.raw(tbs).raw(NULL_ECDSA).bitString(signature)).finish(),
  );
  const options = { issuer: intermediate.certificate, time: NOW };
  await verifyCrl(crl, { ...options, profile: "compatible" });
  await assertRejectsWith(
    () => verifyCrl(crl, options),
    "SEC_ERROR_CRL_INVALID",
    "NULL parameters",
  );
});
