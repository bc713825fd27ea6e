// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import { requireArgs } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { altNameTexts, attempt, colonHex } from "./certificate_text.ts";
import { formatFingerprint, spkiPin } from "./fingerprint.ts";
import { oidName } from "../der/oids.ts";

/**
 * A certificate as plain data.
 *
 * @category Certificates
 */
export interface CertificateJson {
  /** The version; 3 if the certificate has extensions. */
  readonly version: number;
  /** The serial number in hexadecimal with colons. */
  readonly serialNumber: string;
  /** The subject in the form of RFC 4514. */
  readonly subject: string;
  /** The issuer in the form of RFC 4514. */
  readonly issuer: string;
  /** The first second at which it is valid, in ISO 8601. */
  readonly notBefore: string;
  /** The last second at which it is valid, in ISO 8601. */
  readonly notAfter: string;
  /** The subject alternative names, such as `DNS:example.com`. */
  readonly subjectAltName: readonly string[];
  /** Whether it is a CA certificate. */
  readonly isCa: boolean;
  /** The maximum number of CA certificates below it; `null` if not limited. */
  readonly pathLength: number | null;
  /** The key usages; `null` if the extension is absent. */
  readonly keyUsage: readonly string[] | null;
  /**
   * The purposes of the key by name, or as dotted object identifiers if unknown; `null` if the
   * extension is absent.
   */
  readonly extKeyUsage: readonly string[] | null;
  /** The kind of key, such as `ec P-256`; `null` if it is not supported. */
  readonly publicKey: string | null;
  /** The signature algorithm, such as `ecdsa-with-SHA256`; `null` if it is not supported. */
  readonly signatureAlgorithm: string | null;
  /** All extensions, in the order of the encoding. */
  readonly extensions: readonly CertificateExtensionJson[];
  /** The SHA-256 of the certificate in hexadecimal with colons. */
  readonly fingerprint: string;
  /** The SHA-256 of the SubjectPublicKeyInfo in base64. */
  readonly pin: string;
  /** The certificate as PEM. */
  readonly pem: string;
}

/**
 * An extension as plain data.
 *
 * @category Certificates
 */
export interface CertificateExtensionJson {
  /** The dotted object identifier. */
  readonly oid: string;
  /** The name in the standards; `null` if unknown. */
  readonly name: string | null;
  /** Whether it is critical. */
  readonly critical: boolean;
  /** The value in hexadecimal. */
  readonly value: string;
}

/**
 * Converts a certificate to plain data, for logs and other programs.
 *
 * A malformed extension is treated as absent, except in `extensions`.
 *
 * @param certificate The certificate.
 * @returns Data that `JSON.stringify` accepts.
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
 *
 * @category Certificates
 */
export async function certificateToJson(certificate: Certificate): Promise<CertificateJson> {
  requireArgs("Cannot convert certificate to JSON", isCertificate(certificate, "certificate"));
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
      value: toHex(value),
    })),
    fingerprint,
    pin,
    pem: certificate.toPem(),
  };
}
