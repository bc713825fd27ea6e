// Copyright 2026 the NSS for Deno authors. MIT license.

import { requireArgs } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";

/**
 * Returns the certificate itself. NSS's `CERT_DupCertificate` adds a reference; here certificates
 * are immutable and garbage-collected.
 *
 * @param certificate The certificate.
 * @returns The same certificate.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, dupCertificate } from "@nss/nss/cert";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * assertStrictEquals(dupCertificate(certificate), certificate);
 * ```
 *
 * @category Certificate databases
 */
export function dupCertificate(certificate: Certificate): Certificate {
  requireArgs("Cannot duplicate certificate", isCertificate(certificate, "certificate"));
  return certificate;
}

/**
 * Does nothing. NSS's `CERT_DestroyCertificate` releases a reference; here certificates are
 * garbage-collected.
 *
 * @param _certificate The certificate, which stays usable.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, destroyCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, subject: "CN=example.com" });
 * destroyCertificate(certificate);
 * assertEquals(certificate.subject.commonName, "example.com"); // still usable
 * ```
 *
 * @category Certificate databases
 */
export function destroyCertificate(_certificate: Certificate): void {}
