// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";

/**
 * Does nothing: gives a reference to a certificate back (`CERT_DestroyCertificate`), which is
 * garbage-collected here.
 *
 * @param _certificate The certificate, which stays as it is.
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
 * assertEquals(certificate.subject.commonName, "example.com"); // it is there all the same
 * ```
 */
export function destroyCertificate(_certificate: Certificate): void {}
