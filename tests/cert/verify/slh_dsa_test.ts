// Copyright 2026 the NSS for Deno authors. MIT license.

// SLH-DSA (RFC 9909), which certificates are verified with. What OpenSSL makes:
// tests/interop/post_quantum_test.ts.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { supports } from "../../../cert/base/webcrypto.ts";
import type { KeyAlgorithm, PrivateKey } from "../../../cert/certificate/private_key.ts";
import {
  keyFitsAlgorithm,
  parseSignatureAlgorithm,
  signatureSchemesOf,
} from "../../../cert/certificate/signature_algorithm.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { formatCertificate } from "../../../cert/format/format_certificate.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { signatureCost } from "../../../cert/verify/verification_budget.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { withFailing } from "../../support/failing_webcrypto.ts";
import { skip } from "../../support/skip.ts";
import { issue, NOW, type TestCertificate, type TestKeys } from "../_support.ts";

/** The parameter sets in the order of their identifiers, with their signatures' lengths. */
const SETS = [
  ["SLH-DSA-SHA2-128s", 7856],
  ["SLH-DSA-SHA2-128f", 17088],
  ["SLH-DSA-SHA2-192s", 16224],
  ["SLH-DSA-SHA2-192f", 35664],
  ["SLH-DSA-SHA2-256s", 29792],
  ["SLH-DSA-SHA2-256f", 49856],
  ["SLH-DSA-SHAKE-128s", 7856],
  ["SLH-DSA-SHAKE-128f", 17088],
  ["SLH-DSA-SHAKE-192s", 16224],
  ["SLH-DSA-SHAKE-192f", 35664],
  ["SLH-DSA-SHAKE-256s", 29792],
  ["SLH-DSA-SHAKE-256f", 49856],
] as const;

/** Those that sign fast enough for a test, one of each hash. */
const FAST = ["SLH-DSA-SHA2-128f", "SLH-DSA-SHAKE-128f"];

function oidOf(index: number): string {
  return `2.16.840.1.101.3.4.3.${20 + index}`;
}

function identifierOf(index: number): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) => w.oid(oidOf(index))).finish();
}

function spkiOf(index: number, length: number): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) =>
    w.raw(identifierOf(index)).bitString(new Uint8Array(length).fill(7))
  ).finish();
}

const KEY_LENGTHS: Readonly<Record<string, number>> = { 128: 32, 192: 48, 256: 64 };

for (const [index, [parameterSet]] of SETS.entries()) {
  Deno.test(`SubjectPublicKeyInfo reads keys of ${parameterSet}, of their length alone`, () => {
    const length = KEY_LENGTHS[/\d{3}/.exec(parameterSet)![0]]!;
    const key = parseSubjectPublicKeyInfo(spkiOf(index, length));
    assertEquals(key.algorithm, { type: "slhdsa", parameterSet });
    assertEquals(`${key}`, parameterSet);
    assertEquals(signatureSchemesOf(key.algorithm), []);
    const algorithm = parseSignatureAlgorithm(identifierOf(index));
    assertEquals([algorithm.name, algorithm.weak], [parameterSet, false]);
    for (const [other] of SETS) {
      const otherKey: KeyAlgorithm = { type: "slhdsa", parameterSet: other };
      assertEquals(keyFitsAlgorithm(otherKey, algorithm), other === parameterSet);
    }
    for (const wrong of [0, length - 1, length + 1]) {
      const error = assertThrows(() => parseSubjectPublicKeyInfo(spkiOf(index, wrong)), NssError);
      assertEquals(error.name, "SEC_ERROR_BAD_KEY");
      assert(error.message.endsWith(`a key of ${parameterSet} has ${length} bytes, not ${wrong}`));
    }
    // RFC 9909, Section 3: parameters MUST be absent.
    const withNull = new DerWriter().sequence((w) => w.oid(oidOf(index)).null()).finish();
    const error = assertThrows(() => parseSignatureAlgorithm(withNull), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DER");
  });
}

/** The keys of an authority; the interface of private keys has no scheme for what it signs. */
async function slhDsaKeys(parameterSet: string): Promise<TestKeys> {
  const usages: KeyUsage[] = ["sign", "verify"];
  const { privateKey: key, publicKey } = await crypto.subtle.generateKey(
    parameterSet,
    false,
    usages,
  ) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const known = parseSubjectPublicKeyInfo(spki);
  const privateKey: PrivateKey = {
    algorithm: known.algorithm,
    publicKey: known,
    sign: async (_scheme, data) =>
      new Uint8Array(await crypto.subtle.sign(parameterSet, key, data)),
  };
  return { privateKey, publicKey: known };
}

async function chain(
  parameterSet: string,
): Promise<{ root: TestCertificate; leaf: TestCertificate }> {
  const algorithm = identifierOf(SETS.findIndex(([name]) => name === parameterSet));
  const scheme = "ed25519"; // which its signer does not look at
  const keys = await slhDsaKeys(parameterSet);
  const root = await issue({ ca: true, keys, algorithm, scheme });
  return { root, leaf: await issue({ issuer: root, algorithm, scheme }) };
}

function verify({ root, leaf }: { root: TestCertificate; leaf: TestCertificate }) {
  return verifyCertificateChain(leaf.certificate, {
    anchors: [trustAnchorOf(root.certificate)],
    usage: "sslServer",
    time: NOW,
  });
}

for (const [parameterSet, length] of SETS.filter(([name]) => FAST.includes(name))) {
  const title =
    `verifyCertificateChain() verifies signatures of ${parameterSet}, and no wrong ones`;
  if (!supports("verify", { name: parameterSet }, false)) {
    skip(title, "this runtime's WebCrypto lacks SLH-DSA");
    continue;
  }
  Deno.test(title, async () => {
    const good = await chain(parameterSet);
    assertEquals(good.leaf.certificate.signature.length, length);
    const certificates = await verify(good);
    assertEquals(certificates.length, 2);
    const text = await formatCertificate(good.root.certificate);
    assert(text.includes(`Public Key Algorithm: ${parameterSet}\n`), text);
    assert(text.includes(`Signature Algorithm: ${parameterSet}\n`), text);

    const sign: PrivateKey["sign"] = async (scheme, data) => {
      const signature = await good.root.privateKey.sign(scheme, data);
      signature[length - 1]! ^= 1;
      return signature;
    };
    const leaf = await issue({
      issuer: good.root,
      algorithm: good.leaf.certificate.signatureAlgorithmDer,
      scheme: "ed25519",
      signer: { ...good.root.privateKey, sign },
    });
    const error = await assertRejects(() => verify({ ...good, leaf }), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_SIGNATURE");
  });
}

Deno.test("a runtime without SLH-DSA says so, and gives no verdict on the signature", async () => {
  const parameterSet = "SLH-DSA-SHA2-128f";
  if (!supports("verify", { name: parameterSet }, false)) return;
  const good = await chain(parameterSet);
  const lacks = new DOMException("Unrecognized algorithm name", "NotSupportedError");
  await withFailing("importKey", async () => {
    const error = await assertRejects(() => verify(good), NssError);
    assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
    assert(error.message.includes("WebCrypto does not support SLH-DSA-SHA2-128f keys"));
  }, lacks);
});

Deno.test("signatureCost() counts what SLH-DSA takes, and has room for a path of the costliest", () => {
  const costs = SETS.map(([parameterSet], index) => {
    const length = KEY_LENGTHS[/\d{3}/.exec(parameterSet)![0]]!;
    return signatureCost(parseSubjectPublicKeyInfo(spkiOf(index, length)));
  });
  assertEquals(costs, [5, 12, 5, 12, 5, 12, 10, 30, 10, 30, 10, 30]);
});
