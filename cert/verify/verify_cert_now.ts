// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertSource } from "../db/cert_db.ts";
import type { CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { verifyCert, verifyCertificate, type VerifyCertOptions } from "./verify_cert_usage.ts";

// Only this file uses the clock; elsewhere in this folder, time is an argument.

/**
 * Verifies a certificate at the current time, with the trust in a database (`CERT_VerifyCertNow`).
 *
 * @param db The source of trust and issuers.
 * @param certificate The certificate.
 * @param checkSig Ignored: signatures are always verified. See {@linkcode verifyCert}.
 * @param usage The usage of the certificate.
 * @param options Intermediates and other options.
 * @returns The path: the certificate first, the trust anchor's last.
 * @throws {NssError} See {@linkcode verifyCert}.
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
 *
 * @category Verification
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
 * Verifies a certificate for several usages at the current time (`CERT_VerifyCertificateNow`).
 *
 * @param db The source of trust and issuers.
 * @param certificate The certificate.
 * @param checkSig Ignored: signatures are always verified. See {@linkcode verifyCert}.
 * @param usages The usages for which the certificate must be valid; if empty, all are tried.
 * @param options Intermediates and other options.
 * @returns The usages for which it is valid.
 * @throws {NssError} See {@linkcode verifyCertificate}.
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
 *
 * @category Verification
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
