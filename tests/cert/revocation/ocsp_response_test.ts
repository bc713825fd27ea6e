// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import {
  createOcspErrorResponse,
  createOcspResponse,
} from "../../../cert/create/create_ocsp_response.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import {
  MAX_OCSP_CERTIFICATES,
  MAX_OCSP_RESPONSE_SIZE,
  type OcspResponse,
  type OcspResponseStatus,
  parseOcspResponse,
} from "../../../cert/revocation/ocsp_response.ts";
import {
  assertMutationsRefused,
  assertRejectsWith,
  assertThrowsWith,
  assertWhole,
  days,
  party,
  pki,
  type RawOcspResponse,
  rawOcspResponse,
} from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate, leaf, responder } = await pki();
const ERROR = "SEC_ERROR_OCSP_MALFORMED_RESPONSE";
const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);

function make(certificates?: readonly Certificate[]): Promise<OcspResponse> {
  return createOcspResponse({
    issuer: intermediate.certificate,
    responder,
    producedAt: NOW,
    nonce: NONCE,
    responderId: "name",
    responses: [
      { certificate: leaf.certificate, status: "good" },
      {
        certificate: responder.certificate,
        status: "revoked",
        reason: "cACompromise",
        revocationTime: days(-3),
        thisUpdate: days(-1),
        nextUpdate: days(1),
        extensions: [{ oid: "1.2.3", critical: false, value: Uint8Array.of(5, 0), offset: 0 }],
      },
      { certificate: leaf.certificate, status: "unknown", nextUpdate: null },
    ],
    ...(certificates !== undefined && { certificates }),
  });
}

const sample = await make();

Deno.test("parseOcspResponse() reads what createOcspResponse() makes", () => {
  const { status, basic, signatureAlgorithm } = parseOcspResponse(sample.der);
  assertEquals(status, "successful");
  assertEquals(signatureAlgorithm?.name, "ecdsa-with-SHA256");
  assertEquals(basic?.responderId, { name: responder.certificate.subject });
  assertEquals(basic?.producedAt, NOW);
  assertEquals(basic?.nonce, NONCE);
  assertEquals(basic?.certificates.map(({ der }) => der), [responder.certificate.der]);
  const [good, revoked, unknown] = basic!.responses;
  assertEquals(good?.certStatus, { status: "good" });
  assertEquals([good?.thisUpdate, good?.nextUpdate], [NOW, days(7)]);
  assertEquals(revoked?.certStatus, {
    status: "revoked",
    revocationTime: days(-3),
    reason: "cACompromise",
  });
  assertEquals([revoked?.thisUpdate, revoked?.nextUpdate], [days(-1), days(1)]);
  assertEquals([...revoked!.extensions.keys()], ["1.2.3"]);
  assertEquals(unknown?.certStatus, { status: "unknown" });
  assertEquals(unknown?.nextUpdate, undefined);
});

Deno.test("createOcspResponse() names the responder by key, and adds no certificate of the issuer", async () => {
  const { basic } = await createOcspResponse({
    issuer: root.certificate,
    responder: root,
    producedAt: NOW,
    responses: [{ certificate: intermediate.certificate, status: "revoked" }],
  });
  const keyHash = new Uint8Array(await crypto.subtle.digest("SHA-1", root.publicKey.publicKey));
  assertEquals(basic?.responderId, { keyHash });
  assertEquals(basic?.certificates, []);
  assertEquals(basic?.responses[0]?.certStatus, { status: "revoked", revocationTime: NOW });
});

Deno.test("createOcspResponse() answers the identifier of a request", async () => {
  const certId = sample.basic!.responses[0]!.certId;
  const { basic } = await createOcspResponse({
    issuer: intermediate.certificate,
    responder: intermediate,
    producedAt: NOW,
    responses: [{ certificate: { ...certId, serialNumber: Uint8Array.of(7) }, status: "unknown" }],
  });
  assertEquals(basic?.responses[0]?.certId.serialNumber, Uint8Array.of(7));
});

Deno.test("createOcspResponse() refuses contradictions", async () => {
  const plain = {
    issuer: intermediate.certificate,
    responder: intermediate,
    producedAt: NOW,
    responses: [{ certificate: leaf.certificate, status: "good" }],
  } as const;
  const single = (more: object) => ({ responses: [{ ...plain.responses[0], ...more }] });
  const cases: readonly [object, string][] = [
    [{ responses: [] }, "there is no certificate"],
    [{ nonce: new Uint8Array(0) }, "the nonce has 0 bytes"],
    [{ nonce: new Uint8Array(129) }, "the nonce has 129 bytes"],
    [{ responder: leaf }, "has no ocspSigning"],
    [single({ reason: "superseded" }), "has no reason"],
    [single({ revocationTime: NOW }), "has no reason"],
    [single({ nextUpdate: days(-1) }), "nextUpdate is before thisUpdate"],
  ];
  for (const [more, part] of cases) {
    await assertRejectsWith(
      () => createOcspResponse({ ...plain, ...more }),
      "SEC_ERROR_INVALID_ARGS",
      part,
    );
  }
  await assertRejectsWith(
    () =>
      createOcspResponse({
        ...plain,
        responder: { certificate: responder.certificate, privateKey: leaf.privateKey },
      }),
    "SEC_ERROR_BAD_SIGNATURE",
  );
});

Deno.test("createOcspErrorResponse() makes each error, by RFC 6960's numbers", () => {
  const numbers: Readonly<Record<Exclude<OcspResponseStatus, "successful">, number>> = {
    malformedRequest: 1,
    internalError: 2,
    tryLater: 3,
    sigRequired: 5,
    unauthorized: 6,
  };
  for (const [status, number] of Object.entries(numbers)) {
    const response = createOcspErrorResponse(status as keyof typeof numbers);
    assertEquals(response.der, Uint8Array.of(0x30, 3, 0x0a, 1, number));
    assertEquals([response.status, response.basic], [status as keyof typeof numbers, null]);
    assertEquals(response.signatureAlgorithm, undefined);
  }
});

Deno.test("parseOcspResponse() refuses statuses and types that it does not know", () => {
  for (const number of [4, 7, 127]) {
    assertThrowsWith(
      () => parseOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, number)),
      "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
      `${number} is unknown`,
    );
  }
  const other = new DerWriter().sequence((w) => {
    w.integer(0, 0x0a).constructed(0xa0, (w) => {
      w.sequence((w) => w.oid("1.2.3").octetString(new Uint8Array(0)));
    });
  }).finish();
  assertThrowsWith(() => parseOcspResponse(other), "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_TYPE", "1.2.3");
});

Deno.test("parseOcspResponse() wants an answer with success, and none with an error", () => {
  assertThrowsWith(() => parseOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 0)), ERROR, "missing");
  const der = sample.der.slice();
  der[der.indexOf(0x0a) + 2] = 2;
  assertThrowsWith(() => parseOcspResponse(der), ERROR, "after the last field");
});

Deno.test("parseOcspResponse() refuses an explicit version, and hashes of keys of another length", async () => {
  assertEquals(parseOcspResponse(await rawOcspResponse()).status, "successful");
  const cases: readonly [RawOcspResponse, string][] = [
    [{ version: 0 }, "it is not 1"],
    [{ version: 1 }, "it is not 1"],
    [{ keyHash: new Uint8Array(19) }, "not 20 bytes"],
    [{ keyHash: new Uint8Array(21) }, "not 20 bytes"],
  ];
  for (const [options, part] of cases) {
    const der = await rawOcspResponse(options);
    assertThrowsWith(() => parseOcspResponse(der), ERROR, part);
  }
});

Deno.test("parseOcspResponse() says which certificate is malformed", () => {
  const der = sample.der.slice();
  // The version of the only certificate: the explicit tag stands at its beginning
  const start = der.length - responder.certificate.der.length;
  der[start + der.subarray(start).indexOf(0xa0)] = 0xa5;
  assertThrowsWith(() => parseOcspResponse(der), ERROR, "Cannot parse certificate");
});

Deno.test("parseOcspResponse() takes MAX_OCSP_CERTIFICATES and none more", async () => {
  const many = (count: number) => make(Array<Certificate>(count).fill(responder.certificate));
  assertEquals(
    (await many(MAX_OCSP_CERTIFICATES)).basic?.certificates.length,
    MAX_OCSP_CERTIFICATES,
  );
  await assertRejectsWith(() => many(MAX_OCSP_CERTIFICATES + 1), ERROR, "more than 8");
});

Deno.test("parseOcspResponse() takes MAX_OCSP_RESPONSE_SIZE bytes and none more", async () => {
  // Its signatures have one length
  const issuer = await party({ subject: "CN=Ed25519", isCa: true, keyType: "Ed25519" });
  const padded = (size: number) =>
    createOcspResponse({
      issuer: issuer.certificate,
      responder: issuer,
      producedAt: NOW,
      responses: [{ certificate: leaf.certificate, status: "good" }],
      extensions: [{ oid: "1.2.3", critical: false, value: new Uint8Array(size), offset: 0 }],
    });
  const probe = MAX_OCSP_RESPONSE_SIZE - 1000;
  const most = probe + MAX_OCSP_RESPONSE_SIZE - (await padded(probe)).der.length;
  assertEquals((await padded(most)).der.length, MAX_OCSP_RESPONSE_SIZE);
  await assertRejectsWith(() => padded(most + 1), ERROR, "are more than");
});

Deno.test("parseOcspResponse() refuses every strict prefix, and mutations with an NssError", () => {
  assertWhole(sample.der, parseOcspResponse);
  assertMutationsRefused(sample.der, parseOcspResponse, 4000);
});
