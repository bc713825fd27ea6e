// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { altNameTexts, attempt, colonHex } from "./certificate_text.ts";
import { formatFingerprint, spkiPin } from "./fingerprint.ts";
import { oidName } from "../der/oids.ts";

/** A certificate as plain data, for logs and other programs. */
export interface CertificateJson {
  /** The version: 3 of all that have extensions. */
  readonly version: number;
  /** The serial number in hexadecimal with colons. */
  readonly serialNumber: string;
  /** The name of the subject, as RFC 4514. */
  readonly subject: string;
  /** The name of the issuer, as RFC 4514. */
  readonly issuer: string;
  /** The first second at which it is valid, ISO 8601. */
  readonly notBefore: string;
  /** The last second at which it is valid, ISO 8601. */
  readonly notAfter: string;
  /** The names of the subject, as `DNS:example.com`. */
  readonly subjectAltName: readonly string[];
  /** Whether it is an authority's. */
  readonly isCa: boolean;
  /** How many authorities may be under it; `null` where that is not bounded. */
  readonly pathLength: number | null;
  /** What the key may be used for; `null` where that is not said. */
  readonly keyUsage: readonly string[] | null;
  /**
   * The purposes of the key by their names, others as dotted identifiers; `null` where that is not
   * said.
   */
  readonly extKeyUsage: readonly string[] | null;
  /** The kind of key, as `ec P-256`; `null` if this package cannot use it. */
  readonly publicKey: string | null;
  /** How it is signed, as `ecdsa-with-SHA256`; `null` if this package does not know how. */
  readonly signatureAlgorithm: string | null;
  /** All extensions, in their order. */
  readonly extensions: readonly CertificateExtensionJson[];
  /** The SHA-256 of the certificate in hexadecimal with colons. */
  readonly fingerprint: string;
  /** The SHA-256 of the key in base64. */
  readonly pin: string;
  /** The certificate itself. */
  readonly pem: string;
}

/** An extension as plain data. */
export interface CertificateExtensionJson {
  /** The dotted object identifier. */
  readonly oid: string;
  /** The name in the standards; `null` if this package does not know it. */
  readonly name: string | null;
  /** Whether it is critical. */
  readonly critical: boolean;
  /** The bytes of the value, in hexadecimal. */
  readonly value: string;
}

/**
 * Describes a certificate as plain data.
 *
 * Extensions that are malformed are as if they were not there, but in the list of all.
 *
 * @param certificate The certificate.
 * @returns What `JSON.stringify` takes.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { certificateToJson, createCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const json = await certificateToJson(certificate);
 * assertEquals(json.subjectAltName, ["DNS:example.com"]);
 * assertEquals(json.extKeyUsage, ["serverAuth", "clientAuth"]);
 * ```
 */
export async function certificateToJson(certificate: Certificate): Promise<CertificateJson> {
  const read = <T>(get: () => T): T | null => {
    const value = attempt<{ readonly value: T }>(() => ({ value: get() }));
    return "error" in value ? null : value.value;
  };
  const constraints = read(() => certificate.basicConstraints);
  const usages = read(() => certificate.keyUsage);
  const purposes = read(() => certificate.extKeyUsage);
  const [fingerprint, pin] = await Promise.all([
    formatFingerprint(certificate),
    spkiPin(certificate),
  ]);
  return {
    version: certificate.version,
    serialNumber: colonHex(certificate.serialNumber),
    subject: String(certificate.subject),
    issuer: String(certificate.issuer),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    subjectAltName: altNameTexts(certificate),
    isCa: constraints?.isCa === true,
    pathLength: constraints?.pathLength ?? null,
    keyUsage: usages === null || usages === undefined ? null : [...usages],
    extKeyUsage: purposes?.map((oid) => oidName(oid) ?? oid) ?? null,
    publicKey: read(() => String(certificate.subjectPublicKeyInfo)),
    signatureAlgorithm: read(() => certificate.signatureAlgorithm.name),
    extensions: [...certificate.extensions.values()].map(({ oid, critical, value }) => ({
      oid,
      name: oidName(oid) ?? null,
      critical,
      value: value.toHex(),
    })),
    fingerprint,
    pin,
    pem: certificate.toPem(),
  };
}
