// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  createOcspErrorResponse,
  createOcspResponse,
  type OcspStatusOptions,
} from "../../../cert/create/create_ocsp_response.ts";
import type { ErrorName } from "../../../cert/base/errors.ts";
import type { CertificateExtension } from "../../../cert/extensions/extension.ts";
import { type OcspResponse, parseOcspResponse } from "../../../cert/revocation/ocsp_response.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import {
  OCSP_MAX_AGE_WITHOUT_NEXT_UPDATE,
  verifyOcspResponse,
  type VerifyOcspResponseOptions,
} from "../../../cert/revocation/verify_ocsp_response.ts";
import {
  assertRejectsWith,
  days,
  ocspFor,
  type Party,
  party,
  pki,
  rawOcspResponse,
} from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate, leaf, responder } = await pki();

const make = ocspFor(leaf, intermediate);

const options: VerifyOcspResponseOptions = {
  certificate: leaf.certificate,
  issuer: intermediate.certificate,
  time: NOW,
};

async function refused(
  response: OcspResponse | Promise<OcspResponse>,
  name: ErrorName,
  part = "",
  more: Partial<VerifyOcspResponseOptions> = {},
): Promise<void> {
  const made = await response;
  await assertRejectsWith(() => verifyOcspResponse(made, { ...options, ...more }), name, part);
}

Deno.test("verifyOcspResponse() takes a response of the issuer, named either way, in bytes too", async () => {
  for (const responderId of ["name", "keyHash"] as const) {
    const response = await make({}, { responderId });
    for (const input of [response, response.der]) {
      const verified = await verifyOcspResponse(input, options);
      assertEquals(verified.certStatus, { status: "good" });
      assertEquals([verified.thisUpdate, verified.nextUpdate], [days(-1), days(6)]);
      assertEquals([verified.responder, verified.responderNeedsCheck], [null, false]);
    }
  }
  const issuer = trustAnchorOf(intermediate.certificate);
  await verifyOcspResponse(await make(), { ...options, issuer });
});

Deno.test("verifyOcspResponse() gives what the response says", async () => {
  const revoked = await verifyOcspResponse(
    await make({ status: "revoked", reason: "superseded", revocationTime: days(-9) }),
    options,
  );
  assertEquals(revoked.certStatus, {
    status: "revoked",
    reason: "superseded",
    revocationTime: days(-9),
  });
  const unknown = await verifyOcspResponse(await make({ status: "unknown" }), options);
  assertEquals(unknown.certStatus, { status: "unknown" });
});

Deno.test("verifyOcspResponse() matches identifiers of each hash", async () => {
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const) {
    await verifyOcspResponse(await make({}, { hash }), options);
  }
});

Deno.test("verifyOcspResponse() wants this serial number, issuer's name and issuer's key", async () => {
  const name = "SEC_ERROR_OCSP_UNKNOWN_CERT";
  await refused(make({ certificate: responder.certificate }), name, "it is not about");
  const { certId } = (await make()).basic!.responses[0]!;
  const flipped = (bytes: Uint8Array<ArrayBuffer>) =>
    bytes.map((byte, i) => i === 0 ? byte ^ 1 : byte);
  for (const field of ["issuerNameHash", "issuerKeyHash", "serialNumber"] as const) {
    await refused(make({ certificate: { ...certId, [field]: flipped(certId[field]) } }), name);
  }
  await refused(make({ certificate: { ...certId, hash: null, hashOid: "1.2.3" } }), name);
  // The same key under another name
  const other = await party({ subject: "CN=Other", isCa: true });
  await refused(make(), name, "", { issuer: other.certificate });
});

Deno.test("verifyOcspResponse() wants the issuer's signature", async () => {
  const der = (await make({}, { responderId: "name" })).der.slice();
  // In the last digit of producedAt, which is signed
  const at = der.indexOf(0x5a, der.indexOf(0x18)) - 1;
  der[at]! ^= 1;
  await refused(parseOcspResponse(der), "SEC_ERROR_OCSP_BAD_SIGNATURE", "of the issuer");
});

Deno.test("verifyOcspResponse() does not take the issuer's certificate for a delegated responder's", async () => {
  const certificates = [intermediate.certificate];
  const response = await make({}, { responderId: "name", certificates });
  await verifyOcspResponse(response, options);
  const der = response.der.slice();
  der[der.indexOf(0x5a, der.indexOf(0x18)) - 1]! ^= 1;
  await refused(parseOcspResponse(der), "SEC_ERROR_OCSP_BAD_SIGNATURE", "of the issuer");
});

Deno.test("verifyOcspResponse() refuses a response that ends before it begins, whatever the slop", async () => {
  const der = await rawOcspResponse({ thisUpdate: days(0.5), nextUpdate: days(-0.5) });
  await refused(
    parseOcspResponse(der),
    "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
    "before its thisUpdate",
    {
      slopSeconds: 86_400,
    },
  );
});

Deno.test("verifyOcspResponse() takes a delegated responder", async () => {
  for (const responderId of ["name", "keyHash"] as const) {
    const response = await make({}, { responder, responderId });
    const verified = await verifyOcspResponse(response, options);
    assertEquals(verified.responder?.der, responder.certificate.der);
    assertStrictEquals(verified.responderNeedsCheck, true);
  }
  const unchecked = await party({
    subject: "CN=No check",
    extKeyUsage: ["ocspSigning"],
    issuer: intermediate,
    extensions: [{ oid: OIDS.ocspNoCheck, critical: false, value: Uint8Array.of(5, 0), offset: 0 }],
  });
  const verified = await verifyOcspResponse(await make({}, { responder: unchecked }), options);
  assertStrictEquals(verified.responderNeedsCheck, false);
});

Deno.test("verifyOcspResponse() takes a delegated responder after certificates of no use", async () => {
  const certificates = [root.certificate, leaf.certificate, responder.certificate];
  await verifyOcspResponse(await make({}, { responder, certificates }), options);
});

/** A response of whoever, with his certificate. */
function by(who: Party): Promise<OcspResponse> {
  // The issuer of the request may be anyone: createOcspResponse() checks for whom it signs
  const lie = { certificate: who.certificate, privateKey: who.privateKey };
  const { certId } = SAMPLE.basic!.responses[0]!;
  return createOcspResponse({
    issuer: who.certificate,
    responder: lie,
    producedAt: days(-1),
    certificates: [who.certificate],
    responses: [{ certificate: certId, status: "good" }],
  });
}

const SAMPLE = await make();

Deno.test("verifyOcspResponse() refuses who is not authorized", async () => {
  const unauthorized = "SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE";
  await refused(by(leaf), unauthorized, "has no ocspSigning");
  const any = await party({
    subject: "CN=Any",
    extKeyUsage: ["anyExtendedKeyUsage"],
    issuer: intermediate,
  });
  await refused(by(any), unauthorized, "has no ocspSigning");
  const uncle = await party({ subject: "CN=Uncle", extKeyUsage: ["ocspSigning"], issuer: root });
  await refused(by(uncle), unauthorized, 'from "CN=Test Root", not from "CN=Test CA"');
  const stranger = await party({ subject: "CN=Test CA", isCa: true });
  const nephew = await party({
    subject: "CN=Nephew",
    extKeyUsage: ["ocspSigning"],
    issuer: stranger,
  });
  await refused(by(nephew), "SEC_ERROR_OCSP_INVALID_SIGNING_CERT", "is not signed with the key");
  await refused(make({}, { responder, certificates: [] }), unauthorized, "nor in its certificates");
});

Deno.test("verifyOcspResponse() refuses a responder whose certificate is not good", async () => {
  const invalid = "SEC_ERROR_OCSP_INVALID_SIGNING_CERT";
  const made = (more: object) =>
    party({ subject: "CN=R", extKeyUsage: ["ocspSigning"], issuer: intermediate, ...more });
  const expired = await made({ notBefore: days(-9), notAfter: days(-1) });
  await refused(by(expired), invalid, "it expired at");
  const early = await made({ notBefore: days(1), notAfter: days(9) });
  await refused(by(early), invalid, "it is not valid before");
  const usage = await made({ keyUsage: ["keyEncipherment"] });
  await refused(by(usage), invalid, "has no digitalSignature");
  const critical = await made({
    extensions: [{ oid: "1.2.3", critical: true, value: Uint8Array.of(5, 0), offset: 0 }],
  });
  await refused(by(critical), invalid, "the critical extension 1.2.3");
});

Deno.test("verifyOcspResponse() refuses a delegated responder's wrong signature", async () => {
  const der = (await make({}, { responder, responderId: "name" })).der.slice();
  der[der.indexOf(0x5a, der.indexOf(0x18)) - 1]! ^= 1;
  await refused(parseOcspResponse(der), "SEC_ERROR_OCSP_BAD_SIGNATURE", '"CN=Test Responder"');
});

Deno.test("verifyOcspResponse() keeps to the times of the response, to the second, and to the slop", async () => {
  const response = await make();
  const at = (time: Date, slopSeconds = 0) =>
    verifyOcspResponse(response, { ...options, time, slopSeconds });
  const early = new Date(days(-1).getTime() - 1000);
  const late = new Date(days(6).getTime() + 1000);
  await at(days(-1));
  await at(days(6));
  await refused(response, "SEC_ERROR_OCSP_FUTURE_RESPONSE", "", { time: early });
  await refused(response, "SEC_ERROR_OCSP_OLD_RESPONSE", "2026-06-07T12:00:00", { time: late });
  for (const wrong of [{ time: new Date(NaN) }, { slopSeconds: NaN }]) {
    await refused(response, "SEC_ERROR_INVALID_ARGS", "", wrong);
  }
  await at(early, 1);
  await at(late, 1);
  await refused(make({ thisUpdate: days(1) }), "SEC_ERROR_OCSP_FUTURE_RESPONSE", "later than");
  await refused(
    make({ thisUpdate: days(-2) }, { producedAt: days(1) }),
    "SEC_ERROR_OCSP_FUTURE_RESPONSE",
    "it was produced at",
  );
});

Deno.test("verifyOcspResponse() lets a response without nextUpdate live for a day", async () => {
  const response = await make({ nextUpdate: null });
  const end = days(-1).getTime() + 1000 * OCSP_MAX_AGE_WITHOUT_NEXT_UPDATE;
  await verifyOcspResponse(response, { ...options, time: new Date(end) });
  await refused(response, "SEC_ERROR_OCSP_OLD_RESPONSE", "", { time: new Date(end + 1000) });
});

Deno.test("verifyOcspResponse() lets the caller want newer responses", async () => {
  const response = await make();
  await verifyOcspResponse(response, { ...options, maxAgeSeconds: 86_400 });
  await refused(response, "SEC_ERROR_OCSP_OLD_RESPONSE", "", { maxAgeSeconds: 86_399 });
});

Deno.test("verifyOcspResponse() wants the nonce where there was one", async () => {
  const nonce = Uint8Array.of(1, 2, 3);
  const response = await make({}, { nonce });
  await verifyOcspResponse(response, options);
  await verifyOcspResponse(response, { ...options, nonce });
  await refused(response, "SEC_ERROR_OCSP_OLD_RESPONSE", "its nonce is not", {
    nonce: Uint8Array.of(1, 2, 4),
  });
  await refused(make(), "SEC_ERROR_OCSP_OLD_RESPONSE", "does not repeat the nonce", { nonce });
});

Deno.test("verifyOcspResponse() lets revoked outweigh good, and newer outweigh older", async () => {
  const { certificate } = leaf;
  const many = (...responses: OcspStatusOptions[]) => make({}, { responses });
  const statusOf = async (response: OcspResponse) =>
    (await verifyOcspResponse(response, options)).certStatus.status;
  const good = { certificate, status: "good" } as const;
  const revoked = { certificate, status: "revoked", thisUpdate: days(-3) } as const;
  const unknown = { certificate, status: "unknown", thisUpdate: days(-2) } as const;
  assertEquals(await statusOf(await many(good, revoked)), "revoked");
  assertEquals(await statusOf(await many(revoked, good)), "revoked");
  assertEquals(await statusOf(await many(unknown, good)), "good");
  const stale = { ...good, thisUpdate: days(-9), nextUpdate: days(-2) };
  assertEquals(await statusOf(await many(stale, unknown)), "unknown");
  assertEquals(
    await statusOf(await many({ ...revoked, certificate: responder.certificate }, good)),
    "good",
  );
});

Deno.test("verifyOcspResponse() gives the responder's errors NSS's names", async () => {
  const names = {
    malformedRequest: "SEC_ERROR_OCSP_MALFORMED_REQUEST",
    internalError: "SEC_ERROR_OCSP_SERVER_ERROR",
    tryLater: "SEC_ERROR_OCSP_TRY_SERVER_LATER",
    sigRequired: "SEC_ERROR_OCSP_REQUEST_NEEDS_SIG",
    unauthorized: "SEC_ERROR_OCSP_UNAUTHORIZED_REQUEST",
  } as const;
  for (const [status, name] of Object.entries(names)) {
    await refused(createOcspErrorResponse(status as keyof typeof names), name, status);
  }
});

Deno.test("verifyOcspResponse() refuses unknown critical extensions where they count", async () => {
  const critical: CertificateExtension = {
    oid: "1.2.3",
    critical: true,
    value: Uint8Array.of(5, 0),
    offset: 0,
  };
  const extensions = [critical];
  const name = "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION";
  await refused(make({}, { extensions }), name, "1.2.3");
  await refused(make({ extensions }), name, "1.2.3");
  const other = { certificate: responder.certificate, status: "good", extensions } as const;
  const response = await make({}, {
    responses: [other, { certificate: leaf.certificate, status: "good" }],
  });
  await verifyOcspResponse(response, options);
});

Deno.test("verifyOcspResponse() takes SHA-1 signatures only where it is asked to", async () => {
  const old = await party({ subject: "CN=Test RSA", isCa: true, keyType: "RSA-2048" });
  const under = await party({ subject: "CN=under", dnsNames: ["under.example"], issuer: old });
  const response = await make({ certificate: under.certificate }, {
    issuer: old.certificate,
    responder: old,
    signatureScheme: "rsa_pkcs1_sha1",
  });
  const more = { certificate: under.certificate, issuer: old.certificate };
  await refused(response, "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "sha1", more);
  await verifyOcspResponse(response, { ...options, ...more, allowSha1: true });
  // The certificate of a delegated responder counts as well
  const delegated = await party({
    subject: "CN=Old responder",
    extKeyUsage: ["ocspSigning"],
    issuer: old,
    signatureScheme: "rsa_pkcs1_sha1",
  });
  const by = await make({ certificate: under.certificate }, {
    issuer: old.certificate,
    responder: delegated,
  });
  await refused(by, "SEC_ERROR_OCSP_INVALID_SIGNING_CERT", "sha1", more);
  await verifyOcspResponse(by, { ...options, ...more, allowSha1: true });
});
