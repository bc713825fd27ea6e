// Copyright 2026 the NSS for Deno authors. MIT license.

import { isEither, isString, requireArgs, type Shape, takeOptions } from "../base/options.ts";
import {
  type CertDB,
  type CertFindOptions,
  type CertRecord,
  FIND_OPTIONS,
  isCertDB,
} from "./cert_db.ts";
import { Certificate, parseCertificatesPem } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import { type CertTrust, isTrust, parseTrust, TRUST_FLAGS } from "./trust_flags.ts";

/**
 * The options of {@linkcode importCert}.
 *
 * @category Certificate databases
 */
export interface ImportCertOptions extends CertFindOptions {
  /** The nickname; by default the one that the certificate, or its subject, already has. */
  readonly nickname?: string;
  /** The trust, such as `"CT,C,C"`; by default it stays as it is. */
  readonly trust?: string | CertTrust;
}

const SHAPE: Shape<ImportCertOptions> = {
  ...FIND_OPTIONS,
  nickname: isString,
  trust: isEither("a string or trust", isString, isTrust),
};

/**
 * Stores a certificate in a database (`PK11_ImportCert`, `CERT_AddTempCertToPerm`).
 *
 * @param db The database.
 * @param certificate The certificate, or one as PEM text, PEM bytes or DER.
 * @param options The nickname and trust. The flag `u` is ignored: the database knows which private
 * keys it has.
 * @returns The stored record.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is not a certificate, `SEC_ERROR_INVALID_ARGS` if
 * there are several or the trust is malformed, and the errors of {@linkcode CertDB}:
 * `SEC_ERROR_CERT_NICKNAME_COLLISION`, `SEC_ERROR_REUSED_ISSUER_AND_SERIAL`, `SEC_ERROR_READ_ONLY`.
 *
 * @example Trust a CA for servers and clients
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
 *
 * @category Certificate databases
 */
export async function importCert(
  db: CertDB,
  certificate: Certificate | Uint8Array | string,
  options: ImportCertOptions = {},
): Promise<CertRecord> {
  requireArgs("Cannot import certificate", isCertDB(db, "db"));
  const [first, ...more] = certificate instanceof Certificate
    ? [certificate]
    : parseCertificatesPem(certificate);
  if (first === undefined || more.length > 0) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot import certificate: there are ${more.length + 1}; import one after another`,
    );
  }
  const { nickname, trust, ...rest } = takeOptions("Cannot import certificate", options, SHAPE);
  return await db.importCert(first, {
    ...rest,
    ...(nickname !== undefined && { nickname }),
    ...(trust !== undefined && { trust: withoutUser(trust) }),
  });
}

/** Removes the flag `user`, which databases derive from the keys that they have. */
function withoutUser(trust: string | CertTrust): CertTrust {
  const { ssl, email, objectSigning } = typeof trust === "string" ? parseTrust(trust) : trust;
  const mask = ~TRUST_FLAGS.user;
  return { ssl: ssl & mask, email: email & mask, objectSigning: objectSigning & mask };
}
