// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { type Certificate, parseCertificate } from "../../../cert/certificate/certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import {
  forgetCertificates,
  isVerified,
  keepCertificate,
  knownCost,
  MAX_KNOWN_COST,
  MAX_KNOWN_PART,
  ownCertificate,
  receivedCertificate,
  rememberVerified,
  shareCertificate,
} from "../../../cert/certificate/known_certificates.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { issue, makeKeys, NOW } from "../_support.ts";

Deno.test("isVerified() knows a certificate and key by their bytes", async () => {
  forgetCertificates();
  const root = await issue({ ca: true });
  const { certificate } = await issue({ issuer: root });
  assertFalse(isVerified(certificate, root.publicKey));
  rememberVerified(certificate, root.publicKey);
  const key = parseSubjectPublicKeyInfo(root.publicKey.der);
  assert(isVerified(parseCertificate(certificate.der), key));
  assert(isVerified(receivedCertificate(certificate.der), key));
  assertFalse(isVerified(certificate, (await makeKeys()).publicKey));
  assertFalse(isVerified(root.certificate, root.publicKey));
});

Deno.test("verifyCertificateChain() verifies a signature once, and a wrong one each time", async () => {
  forgetCertificates();
  const root = await issue({ ca: true });
  const { certificate } = await issue({ issuer: root });
  const forged = await issue({ issuer: root, signer: (await makeKeys()).privateKey });
  const options = {
    anchors: [trustAnchorOf(root.certificate)],
    time: NOW,
    usage: "sslServer",
  } as const;
  const { subtle } = crypto;
  const { verify } = subtle;
  let count = 0;
  const counted = (...args: Parameters<typeof verify>) => {
    count++;
    return Reflect.apply(verify, subtle, args);
  };
  Object.defineProperty(subtle, "verify", { value: counted, configurable: true });
  try {
    for (let i = 0; i < 3; i++) {
      await verifyCertificateChain(parseCertificate(certificate.der), options);
    }
    assertEquals(count, 1);
    for (let i = 0; i < 2; i++) {
      await assertRejects(() => verifyCertificateChain(forged.certificate, options), NssError);
    }
    assertEquals(count, 3);
  } finally {
    Reflect.deleteProperty(subtle, "verify");
  }
});

/** Makes certificates of one key that differ in one byte of a name, each of the same length. */
async function makeMany(): Promise<(number: number) => Uint8Array<ArrayBuffer>> {
  const keys = await generateKeyPair();
  const { der } = await createCertificate({ ...keys, subject: `CN=${"x".repeat(200)}` });
  const start = der.findIndex((_, i) => der.subarray(i, i + 9).every((byte) => byte === 0x78));
  return (number) => {
    const copy = der.slice();
    new TextEncoder().encodeInto(String(number).padStart(9, "0"), copy.subarray(start));
    return copy;
  };
}

const take = (der: Uint8Array<ArrayBuffer>): Certificate =>
  keepCertificate(receivedCertificate(der));

Deno.test("receivedCertificate() returns the one that is kept, and no other of similar bytes", async () => {
  forgetCertificates();
  const encoding = await makeMany();
  const first = take(encoding(1));
  assertStrictEquals(receivedCertificate(encoding(1)), first);
  assertStrictEquals(take(encoding(1)), first);
  for (let i = 0; i < encoding(1).length; i++) {
    const other = encoding(1);
    other[i]! ^= 1;
    let found: Certificate | null = null;
    try {
      found = receivedCertificate(other);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
    }
    assertNotStrictEquals(found, first, `byte ${i}`);
  }
});

Deno.test("receivedCertificate() keeps none whose peer has not been authenticated, nor bytes that do not parse", async () => {
  forgetCertificates();
  const encoding = await makeMany();
  assertNotStrictEquals(receivedCertificate(encoding(1)), receivedCertificate(encoding(1)));
  assertThrows(() => receivedCertificate(encoding(1).slice(1)), NssError);
  assertEquals(knownCost(), 0);
});

Deno.test("keepCertificate() keeps one of two that were received at the same time", async () => {
  forgetCertificates();
  const encoding = await makeMany();
  const [a, b] = [receivedCertificate(encoding(1)), receivedCertificate(encoding(1))];
  assertStrictEquals(keepCertificate(a), a);
  assertStrictEquals(keepCertificate(b), a);
  rememberVerified(b, b.subjectPublicKeyInfo);
  assertStrictEquals(receivedCertificate(encoding(1)), a); // of which a signature is known besides
});

Deno.test("receivedCertificate() does not keep the caller's bytes", async () => {
  forgetCertificates();
  const encoding = await makeMany();
  const bytes = encoding(1);
  const certificate = take(bytes);
  bytes.fill(0);
  assertEquals(certificate.der, encoding(1));
  assertStrictEquals(receivedCertificate(encoding(1)), certificate);
});

Deno.test("ownCertificate() copies what connections share, and nothing else", async () => {
  forgetCertificates();
  const encoding = await makeMany();
  const own = parseCertificate(encoding(1));
  assertStrictEquals(ownCertificate(own), own);
  assertStrictEquals(keepCertificate(own), own);
  assertEquals(knownCost(), 0); // an application has it
  for (
    const shared of [
      receivedCertificate(encoding(1)),
      take(encoding(1)),
      shareCertificate(parseCertificate(encoding(1))),
    ]
  ) {
    const copy = ownCertificate(shared);
    assertNotStrictEquals(copy, shared);
    assertNotStrictEquals(copy.der.buffer, shared.der.buffer);
    assert(copy.equals(shared));
    assertStrictEquals(ownCertificate(copy), copy);
  }
});

Deno.test("keepCertificate() keeps MAX_KNOWN_COST, and drops the least recently used", async () => {
  forgetCertificates();
  const encoding = await makeMany();
  const first = take(encoding(0));
  const each = knownCost();
  const room = Math.floor(MAX_KNOWN_COST / each);
  const kept = [first];
  for (let i = 1; i < room; i++) kept.push(take(encoding(i)));
  assertEquals(knownCost(), room * each); // all that there is room for
  kept.forEach((one, i) => assertStrictEquals(receivedCertificate(encoding(i)), one));
  receivedCertificate(encoding(0));
  take(encoding(room)); // one more, in place of 1
  assertEquals(knownCost(), room * each);
  assertStrictEquals(receivedCertificate(encoding(0)), first);
  assertNotStrictEquals(receivedCertificate(encoding(1)), kept[1]);
  assertStrictEquals(receivedCertificate(encoding(2)), kept[2]);
});

Deno.test("keepCertificate() and rememberVerified() keep what costs MAX_KNOWN_PART, and nothing that costs more", async () => {
  const keys = await generateKeyPair();
  const costs: number[] = [];
  let longest = 0;
  // Lengths around the bound: each is kept exactly if its cost is no more
  for (let length = 24_000; length < 26_000; length += 20) {
    forgetCertificates();
    const { der } = await createCertificate({
      ...keys,
      subject: "CN=Long",
      extensions: [{ oid: "1.2.3.4", critical: false, value: new Uint8Array(length), offset: 0 }],
    });
    take(der);
    costs.push(knownCost());
    if (knownCost() > 0) longest = length;
  }
  assert(longest > 24_000 && longest < 25_980, String(longest));
  assertEquals(costs.filter((cost) => cost > MAX_KNOWN_PART), []);
  assert(Math.max(...costs) > MAX_KNOWN_PART - 20 * 42);
  assertEquals(costs.indexOf(0), costs.filter((cost) => cost > 0).length); // the short, then none
  forgetCertificates();
  const { certificate } = await issue();
  const at = (number: number) => {
    const der = keys.publicKey.der.slice();
    new DataView(der.buffer).setUint32(der.length - 4, number);
    return parseSubjectPublicKeyInfo(der);
  };
  let count = 0;
  for (let before = -1; knownCost() > before; count++) {
    before = knownCost();
    rememberVerified(certificate, at(count));
  }
  assert(isVerified(certificate, at(count - 2)) && !isVerified(certificate, at(count - 1)));
  assert(knownCost() <= MAX_KNOWN_PART && knownCost() > MAX_KNOWN_PART - 400);
});

Deno.test("rememberVerified() keeps the keys of many issuers of one certificate, by their bytes", async () => {
  forgetCertificates();
  const { certificate, publicKey } = await issue();
  const at = (number: number) => {
    const der = publicKey.der.slice();
    new DataView(der.buffer).setUint32(der.length - 4, number);
    return parseSubjectPublicKeyInfo(der);
  };
  for (let i = 0; i < 9; i++) rememberVerified(certificate, at(i));
  for (let i = 0; i < 9; i++) assert(isVerified(certificate, at(i)));
  assertFalse(isVerified(certificate, at(9)));
});
