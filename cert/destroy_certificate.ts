// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "./certificate.ts";

/**
 * Does nothing: gives a reference to a certificate back (`CERT_DestroyCertificate`), which is garbage-collected here.
 *
 * @param _certificate The certificate, which stays as it is.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, destroyCertificate } from "@nss/nss/cert";
 *
 * const keys = await generateKeyPair();
 * destroyCertificate(await createCertificate({ ...keys, dnsNames: ["example.com"] }));
 * ```
 */
export function destroyCertificate(_certificate: Certificate): void {}
