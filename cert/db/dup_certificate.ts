// Copyright 2026 the NSS for Deno authors. MIT license.

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
 */
export function dupCertificate(certificate: Certificate): Certificate {
  return certificate;
}
