// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Everything in ASN.1 beside certificates and keys: DER itself, PEM, CRLs, OCSP, requests, bundles,
 * SCTs, PKCS#12.
 */

import { assert, assertEquals } from "@std/assert";
import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { createCrl } from "../../cert/create/create_crl.ts";
import { createOcspResponse } from "../../cert/create/create_ocsp_response.ts";
import { parseCrl } from "../../cert/revocation/crl.ts";
import {
  createCertificateRequest,
  parseCertificateRequest,
  verifyCertificateRequest,
} from "../../cert/create/csr.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { createOcspRequest, parseOcspRequest } from "../../cert/revocation/ocsp_request.ts";
import { parseOcspResponse } from "../../cert/revocation/ocsp_response.ts";
import { decodePem, encodePem } from "../../cert/der/pem.ts";
import { encodePkcs7Certificates, parsePkcs7Certificates } from "../../cert/certificate/pkcs7.ts";
import { encodeSctList, parseSctList } from "../../cert/extensions/sct.ts";
import { verifyCrl } from "../../cert/revocation/verify_crl.ts";
import { verifyOcspResponse } from "../../cert/revocation/verify_ocsp_response.ts";
import { exportPkcs12 } from "../../pkcs11/pkcs12/export_pkcs12.ts";
import { exportPrivateKeyPem, generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { importPkcs12 } from "../../pkcs11/pkcs12/import_pkcs12.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import type { Prng } from "../support/prng.ts";
import { AUTHORITY, CREDENTIALS } from "./_sockets.ts";
import { type Bytes, flip, fuzz, join, mutate, typed } from "./_support.ts";

const NOW = new Date();
const { cert } = CREDENTIALS.server;
const issuer = AUTHORITY;

const crl = await createCrl({
  issuer,
  crlNumber: 7,
  thisUpdate: NOW,
  revoked: [1, 2, 3].map((serial) => ({
    serialNumber: Uint8Array.of(serial),
    revocationDate: NOW,
    reason: "keyCompromise" as const,
  })),
});
const ocspRequest = await createOcspRequest(cert, issuer.certificate);
const ocspResponse = await createOcspResponse({
  issuer: issuer.certificate,
  responder: issuer,
  producedAt: NOW,
  responses: [{ certificate: cert, status: "good", thisUpdate: NOW }],
});
const extractable = await generateKeyPair("ec-p256", { extractable: true });
const request = await createCertificateRequest({ ...extractable, dnsNames: ["a.test"] });
const bundle = encodePkcs7Certificates([cert, issuer.certificate]);
const PASSWORD = "secret";
const pkcs12 = await exportPkcs12({
  key: extractable.privateKey,
  certificates: [await createCertificate({ ...extractable, subject: "CN=P12" })],
  friendlyName: "name",
  password: PASSWORD,
  iterations: 1000,
});
const [pkcs8] = decodePem(await exportPrivateKeyPem(extractable.privateKey));

/** Half of the time only single bits or bytes differ: what has a structure keeps most of it. */
function alter(prng: Prng, bytes: Bytes): Bytes {
  return prng.pick([flip, mutate])(prng, bytes);
}

/** Elements of elements with tags, lengths and contents of every kind, most of them right. */
function someDer(prng: Prng, depth = 0): Bytes {
  const deeper = depth < 40 && prng.integer(0, 3) > 0;
  const content = deeper
    ? join(Array.from({ length: prng.integer(0, 3) }, () => someDer(prng, depth + 1)))
    : prng.bytes(prng.pick([0, 1, 1, 3, 20, 130, 300]));
  const tag = prng.pick([
    1,
    2,
    3,
    4,
    5,
    6,
    12,
    19,
    0x30,
    0x31,
    0xa0,
    0x80,
    0x1f,
    prng.integer(0, 255),
  ]);
  const { length } = content;
  const header = length < 128
    ? [tag, length]
    : length < 256
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  return join([new Uint8Array(header), content]);
}

/** Reads elements to the bottom, each as what its tag says. */
function readAll(reader: DerReader): void {
  while (!reader.done) {
    const before = reader.offset;
    const { nextTag: tag } = reader;
    if ((tag & 0x20) !== 0) readAll(reader.constructed("it", tag));
    else if (tag === TAG.integer) reader.integer("it");
    else if (tag === TAG.boolean) reader.boolean("it");
    else if (tag === TAG.oid) reader.oid("it");
    else if (tag === TAG.bitString) reader.bitString("it");
    else if (tag === TAG.octetString) reader.octetString("it");
    else if (tag === TAG.null) reader.null("it");
    else reader.element("it");
    assert(reader.offset > before, "the reader stands still");
  }
  reader.finish();
}

fuzz("DerReader meets any bytes with typed errors, and ends", 400, async (prng) => {
  const bytes = prng.pick([true, false])
    ? someDer(prng)
    : alter(prng, prng.pick([cert.der, bundle]));
  await typed(() => readAll(new DerReader(bytes, "it")));
});

fuzz("decodePem() meets altered text with typed errors", 200, async (prng) => {
  const text = encodePem("CERTIFICATE", cert.der) + encodePem("X509 CRL", crl.der);
  const bytes = alter(prng, new TextEncoder().encode(text));
  const blocks = await typed(() => decodePem(new TextDecoder("latin1").decode(bytes)));
  await typed(() => decodePem(bytes));
  await typed(() => parseCertificatesPem(bytes));
  for (const { label, der } of blocks ?? []) {
    assertEquals(decodePem(encodePem(label, der))[0]?.der.toHex(), der.toHex());
  }
});

fuzz("parseCrl() and verifyCrl() take no altered list", 150, async (prng) => {
  const der = alter(prng, crl.der);
  await typed(async () => {
    const parsed = parseCrl(der);
    void [parsed.size, parsed.isIndirect, parsed.find(Uint8Array.of(2)), String(parsed)];
    await verifyCrl(parsed, { issuer: issuer.certificate, time: NOW, profile: "compatible" });
    assertEquals(der.toHex(), crl.der.toHex(), "an altered list passes");
  });
});

fuzz("parseOcspRequest() meets altered requests with typed errors", 150, async (prng) => {
  await typed(() => parseOcspRequest(alter(prng, ocspRequest.der)));
});

fuzz("parseOcspResponse() and verifyOcspResponse() take no altered response", 150, async (prng) => {
  const altered = alter(prng, ocspResponse.der);
  await typed(async () => {
    const options = { certificate: cert, issuer: issuer.certificate, time: NOW };
    await verifyOcspResponse(parseOcspResponse(altered), options);
    assertEquals(altered.toHex(), ocspResponse.der.toHex(), "an altered response passes");
  });
});

fuzz("parseCertificateRequest() takes no altered request for its key's", 150, async (prng) => {
  const altered = alter(prng, request.der);
  await typed(async () => {
    const parsed = parseCertificateRequest(altered);
    void [parsed.subjectAltName, String(parsed), parsed.toPem()];
    await verifyCertificateRequest(parsed);
    assertEquals(altered.toHex(), request.der.toHex(), "an altered request passes");
  });
});

/** The bundle with its outer element of indefinite length. */
const berBundle = join([Uint8Array.of(0x30, 0x80), bundle.subarray(4), new Uint8Array(2)]);

fuzz("parsePkcs7Certificates() meets altered bundles with typed errors", 150, async (prng) => {
  await typed(() => parsePkcs7Certificates(alter(prng, prng.pick([bundle, berBundle]))));
});

fuzz(
  "parseSctList() reads what encodeSctList() writes, and meets the rest with typed errors",
  150,
  async (prng) => {
    const list = encodeSctList(Array.from({ length: prng.integer(1, 4) }, () => ({
      logId: prng.bytes(32),
      timestamp: new Date(prng.uint32() * 1000),
      extensions: prng.bytes(prng.pick([0, 0, 4])),
      signatureAlgorithm: 0x0403,
      signature: prng.bytes(70),
    })));
    const altered = alter(prng, list);
    const parsed = await typed(() => parseSctList(altered));
    if (parsed !== undefined && parsed.length > 0) {
      assertEquals(parseSctList(encodeSctList(parsed)), parsed);
    }
  },
);

fuzz(
  "importPkcs12() meets altered files with typed errors, within its iterations",
  40,
  async (prng) => {
    const altered = alter(prng, pkcs12);
    await typed(() => importPkcs12(altered, PASSWORD, { maxIterations: 20_000 }));
  },
);

fuzz("importPrivateKey() meets altered keys with typed errors", 80, async (prng) => {
  const altered = alter(prng, pkcs8!.der);
  await typed(async () => {
    const key = await importPrivateKey(altered);
    await key.sign("ecdsa_secp256r1_sha256", new Uint8Array(1));
  });
});
