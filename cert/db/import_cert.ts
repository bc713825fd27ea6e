// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB, CertFindOptions, CertRecord } from "./cert_db.ts";
import { type Certificate, certificatesOf } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import { type CertTrust, parseTrust, TRUST_FLAGS } from "./trust_flags.ts";

/** What {@linkcode importCert} stores with a certificate. */
export interface ImportCertOptions extends CertFindOptions {
  /** What people call it; left out, it keeps the one that it, or its subject, has. */
  readonly nickname?: string;
  /** How far it is trusted, as `"CT,C,C"`; left out, that stays as it is. */
  readonly trust?: string | CertTrust;
}

/**
 * Stores a certificate in a database (`PK11_ImportCert`, `CERT_AddTempCertToPerm`).
 *
 * @param db The database.
 * @param certificate The certificate, or the DER or PEM of one.
 * @param options Its nickname and trust. Whether the private key is there (`u`) is found out by the
 * database.
 * @returns What is stored now.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is no certificate, `SEC_ERROR_INVALID_ARGS` if it is
 * more than one or the trust is malformed, `SEC_ERROR_CERT_NICKNAME_COLLISION`,
 * `SEC_ERROR_REUSED_ISSUER_AND_SERIAL` and `SEC_ERROR_READ_ONLY` as {@linkcode CertDB} says.
 *
 * @example Trust an authority for servers and clients
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, importCert, MemoryCertDB, verifyCertNow } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * const { publicKey } = await generateKeyPair();
 * const leaf = await createCertificate({
 *   publicKey,
 *   dnsNames: ["example.com"],
 *   issuer: { certificate: root, privateKey: keys.privateKey },
 * });
 *
 * const db = new MemoryCertDB();
 * await importCert(db, root.toPem(), { nickname: "Example Root", trust: "CT,," });
 * const path = await verifyCertNow(db, leaf, true, "sslServer");
 * assertEquals(path.map(({ der }) => der), [leaf.der, root.der]);
 * ```
 */
export async function importCert(
  db: CertDB,
  certificate: Certificate | Uint8Array | string,
  options: ImportCertOptions = {},
): Promise<CertRecord> {
  const [first, ...more] = certificatesOf(certificate);
  if (first === undefined || more.length > 0) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot import certificate: there are ${more.length + 1}; import one after another`,
    );
  }
  const { nickname, trust, ...rest } = options;
  return await db.importCert(first, {
    ...rest,
    ...(nickname !== undefined && { nickname }),
    ...(trust !== undefined && { trust: stored(trust) }),
  });
}

/** Whether there is a key is a fact, not a decision: it is never stored. */
function stored(trust: string | CertTrust): CertTrust {
  const { ssl, email, objectSigning } = typeof trust === "string" ? parseTrust(trust) : trust;
  const mask = ~TRUST_FLAGS.user;
  return { ssl: ssl & mask, email: email & mask, objectSigning: objectSigning & mask };
}
