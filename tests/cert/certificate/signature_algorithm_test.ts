// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { constructedTag, TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import type { SignatureScheme } from "../../../cert/certificate/private_key.ts";
import {
  encodeSignatureAlgorithm,
  keyFitsAlgorithm,
  keyFitsScheme,
  parseSignatureAlgorithm,
  schemeRow,
  signatureSchemesOf,
} from "../../../cert/certificate/signature_algorithm.ts";

const ALL: SignatureScheme[] = [
  "rsa_pkcs1_sha1",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "ecdsa_sha1",
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "mldsa44",
  "mldsa65",
  "mldsa87",
];

const identifier = (write: (writer: DerWriter) => void) => new DerWriter().sequence(write).finish();
const disabled = (write: (writer: DerWriter) => void) => {
  const error = assertThrows(() => parseSignatureAlgorithm(identifier(write)), NssError);
  assertEquals(error.name, "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED");
};
const malformed = (write: (writer: DerWriter) => void) => {
  const error = assertThrows(() => parseSignatureAlgorithm(identifier(write)), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_DER");
};

Deno.test("parseSignatureAlgorithm() reads what encodeSignatureAlgorithm() writes", () => {
  for (const scheme of ALL) {
    const der = encodeSignatureAlgorithm(scheme);
    assertEquals(parseSignatureAlgorithm(der), schemeRow(scheme).algorithm);
    for (let size = 0; size < der.length; size++) {
      assertThrows(() => parseSignatureAlgorithm(der.slice(0, size)), NssError);
    }
  }
});

Deno.test("parseSignatureAlgorithm() takes NULL and absent parameters of RSA as the same", () => {
  const absent = identifier((w) => w.oid(OIDS.sha256WithRSAEncryption));
  assertEquals(parseSignatureAlgorithm(absent).hash, "SHA-256");
  malformed((w) => w.oid(OIDS.sha256WithRSAEncryption).integer(1));
  malformed((w) => w.oid(OIDS.sha256WithRSAEncryption).null().null());
});

Deno.test("parseSignatureAlgorithm() takes NULL of ECDSA and notes it, and no other parameters", () => {
  for (const oid of [OIDS.ecdsaWithSHA1, OIDS.ecdsaWithSHA256, OIDS.ecdsaWithSHA512]) {
    const absent = parseSignatureAlgorithm(identifier((w) => w.oid(oid)));
    assertEquals(absent.nullParameters, undefined);
    const withNull = parseSignatureAlgorithm(identifier((w) => w.oid(oid).null()));
    assertEquals(withNull, { ...absent, nullParameters: true });
  }
  malformed((w) => w.oid(OIDS.ecdsaWithSHA256).integer(1));
  malformed((w) => w.oid(OIDS.ecdsaWithSHA256).sequence(() => {}));
  malformed((w) => w.oid(OIDS.ecdsaWithSHA256).null().null());
  malformed((w) => w.oid(OIDS.ecdsaWithSHA256).primitive(TAG.null, Uint8Array.of(0)));
  malformed((w) => w.oid(OIDS.ed25519).null());
  malformed((w) => w.oid(OIDS.mldsa44).null());
});

Deno.test("parseSignatureAlgorithm() does not know MD5 and the unknown", () => {
  disabled((w) => w.oid(OIDS.md5WithRSAEncryption).null());
  disabled((w) => w.oid("1.2.3.4"));
});

/** RSASSA-PSS with the given parameters. */
const pss = (
  hash: string,
  mgf: string,
  mgfHash: string,
  salt: number,
  trailer?: number,
) =>
(w: DerWriter) => {
  w.oid(OIDS.rsassaPss).sequence((w) => {
    w.constructed(constructedTag(0), (w) => w.sequence((w) => w.oid(hash).null()));
    w.constructed(
      constructedTag(1),
      (w) => w.sequence((w) => w.oid(mgf).sequence((w) => w.oid(mgfHash).null())),
    );
    w.constructed(constructedTag(2), (w) => w.integer(salt));
    if (trailer !== undefined) w.constructed(constructedTag(3), (w) => w.integer(trailer));
  });
};

Deno.test("parseSignatureAlgorithm() wants a salt of RSASSA-PSS no shorter than the hash", () => {
  const { sha256, mgf1 } = OIDS;
  const parse = (salt: number) =>
    parseSignatureAlgorithm(identifier(pss(sha256, mgf1, sha256, salt)));
  assertEquals(parse(32).saltLength, 32);
  assertEquals(parse(33).saltLength, 33);
  disabled(pss(sha256, mgf1, sha256, 31));
});

Deno.test("parseSignatureAlgorithm() wants RSASSA-PSS with one hash, MGF1 and trailer 1", () => {
  const { sha256, sha384, mgf1 } = OIDS;
  disabled(pss(sha256, mgf1, sha384, 32));
  disabled(pss(sha256, "1.2.3", sha256, 32));
  disabled(pss(sha256, mgf1, sha256, 32, 2));
  disabled(pss("1.2.3", mgf1, "1.2.3", 32));
  parseSignatureAlgorithm(identifier(pss(sha256, mgf1, sha256, 32, 1)));
  // All defaults: SHA-1
  disabled((w) => w.oid(OIDS.rsassaPss).sequence(() => {}));
});

Deno.test("schemeRow() marks SHA-1 as weak and nothing else", () => {
  const weak = ALL.filter((scheme) => schemeRow(scheme).algorithm.weak);
  assertEquals(weak, ["rsa_pkcs1_sha1", "ecdsa_sha1"]);
});

Deno.test("keyFitsScheme() binds the curve, unless any is allowed", () => {
  const key = { type: "ec", curve: "P-384" } as const;
  assert(keyFitsScheme(key, "ecdsa_secp384r1_sha384"));
  assertFalse(keyFitsScheme(key, "ecdsa_secp256r1_sha256"));
  assert(keyFitsScheme(key, "ecdsa_secp256r1_sha256", { anyCurve: true }));
});

Deno.test("keyFitsScheme() tells rsae and pss keys apart", () => {
  const rsa = { type: "rsa", modulusLength: 2048 } as const;
  const pssKey = { type: "rsa-pss", modulusLength: 2048 } as const;
  assert(keyFitsScheme(rsa, "rsa_pss_rsae_sha256"));
  assertFalse(keyFitsScheme(rsa, "rsa_pss_pss_sha256"));
  assert(keyFitsScheme(pssKey, "rsa_pss_pss_sha256"));
  assertFalse(keyFitsScheme(pssKey, "rsa_pss_rsae_sha256"));
  assertFalse(keyFitsScheme(pssKey, "rsa_pkcs1_sha256"));
});

Deno.test("keyFitsAlgorithm() enforces the parameters of an RSASSA-PSS key", () => {
  const key = { type: "rsa-pss", modulusLength: 2048, hash: "SHA-384", saltLength: 48 } as const;
  assert(keyFitsAlgorithm(key, schemeRow("rsa_pss_pss_sha384").algorithm));
  assertFalse(keyFitsAlgorithm(key, schemeRow("rsa_pss_pss_sha256").algorithm));
  const salty = { ...key, saltLength: 49 };
  assertFalse(keyFitsAlgorithm(salty, schemeRow("rsa_pss_pss_sha384").algorithm));
});

Deno.test("signatureSchemesOf() lists the best first and never SHA-1", () => {
  assertEquals(signatureSchemesOf({ type: "rsa", modulusLength: 2048 }), [
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
  ]);
  assertEquals(signatureSchemesOf({ type: "ec", curve: "P-256" }), ["ecdsa_secp256r1_sha256"]);
  assertEquals(signatureSchemesOf({ type: "ec", curve: "P-384" }, { anyCurve: true }), [
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp521r1_sha512",
  ]);
});
