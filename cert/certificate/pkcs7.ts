// Copyright 2026 the NSS for Deno authors. MIT license.

import { requireArgs } from "../base/options.ts";
import { isCertificates } from "./checks.ts";
import { Certificate } from "./certificate.ts";
import { BerBudget, berToDer } from "../der/ber.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag, TAG } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { decodePemOrDer, type PemKind } from "../der/pem.ts";

const DATA = "1.2.840.113549.1.7.1";
const SIGNED_DATA = "1.2.840.113549.1.7.2";

const WHAT = "PKCS #7 bundle";

/** The labels are those of RFC 7468, Sections 8 and 9, and that of old programs. */
const PEM: PemKind = {
  attempt: "Cannot parse PKCS #7",
  labels: ["PKCS7", "CMS", "PKCS #7 SIGNED DATA"],
  error: "SEC_ERROR_BAD_DER",
};

/**
 * The maximum number of certificates in a bundle; Mozilla has 150 roots, a chain three
 * certificates.
 */
export const MAX_BUNDLE_CERTIFICATES = 4096;

/**
 * Parses the certificates of a PKCS #7 or CMS bundle (`.p7b`, `.p7c`), in which CAs distribute
 * chains (`CERT_DecodeCertPackage`).
 *
 * Signatures of the bundle are not verified, and its certificates may be in any order.
 *
 * @param input PEM text, PEM bytes, or BER, of which DER is a part; the certificates in it are DER.
 * @returns The certificates, in the order of the bundle.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed or not SignedData, or the text has no
 * PEM block with such a label.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   encodePkcs7Certificates,
 *   parsePkcs7Certificates,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const bundle = encodePkcs7Certificates([certificate]);
 * assertEquals(parsePkcs7Certificates(bundle).map(String), [String(certificate)]);
 * ```
 *
 * @category Certificates
 */
export function parsePkcs7Certificates(input: Uint8Array | string): Certificate[] {
  return decodePemOrDer(input, PEM).flatMap(({ der }) => readBundle(der));
}

/** ContentInfo, its content, SignedData and its fields are BER; what is in these stays as it is. */
const FIELD_DEPTH = 4;

function readBundle(ber: Uint8Array): Certificate[] {
  const der = berToDer(ber, new BerBudget(WHAT, PEM.error), FIELD_DEPTH);
  const whole = new DerReader(der, WHAT);
  const content = whole.sequence("");
  whole.finish();
  const type = content.oid("contentType");
  if (type !== SIGNED_DATA) content.fail("contentType", `${type} is not SignedData`);
  const explicit = content.constructed("content", constructedTag(0));
  content.finish();
  const signed = explicit.sequence("signedData");
  explicit.finish();

  // RFC 5652, Section 5.1
  signed.smallInteger("version");
  signed.element("digestAlgorithms", TAG.set);
  signed.element("encapContentInfo", TAG.sequence);
  const certificates: Certificate[] = [];
  if (signed.nextTag === constructedTag(0)) {
    const set = signed.constructed("certificates", constructedTag(0));
    while (!set.done) {
      const { tag, der } = set.element("certificate");
      // RFC 5652, Section 10.2.2: other kinds, such as attribute certificates, have other tags
      if (tag !== TAG.sequence) continue;
      if (certificates.length === MAX_BUNDLE_CERTIFICATES) {
        set.fail("certificate", `there are more than ${MAX_BUNDLE_CERTIFICATES}`);
      }
      certificates.push(Certificate.fromDer(der));
    }
  }
  if (signed.nextTag === constructedTag(1)) signed.element("crls");
  signed.element("signerInfos", TAG.set);
  signed.finish();
  return certificates;
}

/**
 * Creates a bundle of certificates without signers ("degenerate" SignedData, RFC 5652, Section 5),
 * as `openssl crl2pkcs7 -nocrl` does.
 *
 * @param certificates The certificates.
 * @returns The DER encoding.
 *
 * @example Usage
 * ```ts
 * import { encodePkcs7Certificates, parsePkcs7Certificates } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parsePkcs7Certificates(encodePkcs7Certificates([])), []);
 * ```
 *
 * @example As PEM
 * ```ts
 * import { encodePem, encodePkcs7Certificates } from "@nss/nss/cert";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const pem = encodePem("PKCS7", encodePkcs7Certificates([]));
 * assertStringIncludes(pem, "-----BEGIN PKCS7-----");
 * ```
 *
 * @category Certificates
 */
export function encodePkcs7Certificates(
  certificates: readonly Certificate[],
): Uint8Array<ArrayBuffer> {
  requireArgs("Cannot encode PKCS #7", isCertificates(certificates, "certificates"));
  return new DerWriter().sequence((w) => {
    w.oid(SIGNED_DATA).constructed(constructedTag(0), (w) =>
      w.sequence((w) => {
        w.integer(1).setOf([]);
        w.sequence((w) => w.oid(DATA));
        // DER would sort this SET OF, which would disorder a chain; every reader accepts it
        // unsorted
        if (certificates.length > 0) {
          w.constructed(constructedTag(0), (w) => certificates.forEach(({ der }) => w.raw(der)));
        }
        w.setOf([]);
      }));
  }).finish();
}
