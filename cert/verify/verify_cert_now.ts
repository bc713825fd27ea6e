// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertSource } from "../db/cert_db.ts";
import type { CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { verifyCert, verifyCertificate, type VerifyCertOptions } from "./verify_cert_usage.ts";

// What is called "now" takes the clock; everywhere else in this folder time is an argument.

/**
 * Verifies a certificate now with what a database knows (`CERT_VerifyCertNow`).
 *
 * @param db Where trust and issuers are looked up.
 * @param certificate The certificate.
 * @param checkSig As in {@linkcode verifyCert}: signatures are always checked.
 * @param usage What the certificate is used for.
 * @param options What else is there, and allowed.
 * @returns The path: the certificate first, the trusted authority last.
 * @throws {NssError} As {@linkcode verifyCert}.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   importCert,
 *   MemoryCertDB,
 *   NssError,
 *   verifyCertNow,
 * } from "@nss/nss/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const db = new MemoryCertDB();
 * await assertRejects(() => verifyCertNow(db, certificate, true, "sslServer"), NssError);
 *
 * await importCert(db, certificate, { nickname: "my own", trust: "P,," });
 * await verifyCertNow(db, certificate, true, "sslServer");
 * ```
 */
export function verifyCertNow(
  db: CertSource,
  certificate: Certificate,
  checkSig: boolean,
  usage: CertUsageName,
  options: VerifyCertOptions = {},
): Promise<readonly Certificate[]> {
  return verifyCert(db, certificate, checkSig, usage, new Date(), options);
}

/**
 * Verifies a certificate now for several usages (`CERT_VerifyCertificateNow`).
 *
 * @param db Where trust and issuers are looked up.
 * @param certificate The certificate.
 * @param checkSig As in {@linkcode verifyCert}: signatures are always checked.
 * @param usages The usages that the certificate must be good for; none to find out which they are.
 * @param options What else is there, and allowed.
 * @returns The usages that it is good for.
 * @throws {NssError} As {@linkcode verifyCertificate}.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   importCert,
 *   MemoryCertDB,
 *   verifyCertificateNow,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * const db = new MemoryCertDB();
 * await importCert(db, root, { nickname: "root", trust: "C,," });
 * assertEquals(await verifyCertificateNow(db, root, true), ["sslCA", "verifyCA", "anyCA"]);
 * ```
 */
export function verifyCertificateNow(
  db: CertSource,
  certificate: Certificate,
  checkSig: boolean,
  usages: readonly CertUsageName[] = [],
  options: VerifyCertOptions = {},
): Promise<CertUsageName[]> {
  return verifyCertificate(db, certificate, checkSig, usages, new Date(), options);
}
