// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";

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
 */
export function destroyCertificate(_certificate: Certificate): void {}
