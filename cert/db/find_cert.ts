// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import { shown } from "../base/printable.ts";
import {
  isBytes,
  isDate,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import {
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  type CertSource,
  FIND_OPTIONS,
  isCertSource,
} from "./cert_db.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { CERTIFICATE_PEM, withoutTrust } from "../certificate/certificate_pem.ts";
import { decodeOnePemOrDer } from "../der/pem.ts";
import { NssError } from "../base/errors.ts";
import { Name } from "../names/name.ts";

/**
 * The options of searches for one certificate.
 *
 * @category Certificate databases
 */
export interface FindCertOptions extends CertFindOptions {
  /**
   * The time at which certificates should be valid. If several match, valid ones are preferred,
   * then the newest one; without a time, the newest one.
   */
  readonly time?: Date;
}

const SHAPE: Shape<FindCertOptions> = { ...FIND_OPTIONS, time: isDate };

const ATTEMPT = "Cannot find certificate";

function derOf(name: Name | string | Uint8Array): Uint8Array {
  return name instanceof Uint8Array ? name : Name.parse(name).der;
}

/** Compares for sorting, as NSS: certificates valid at the time first, then by latest notBefore. */
function compareByPreference(a: CertRecord, b: CertRecord, time: Date | undefined): number {
  const isValid = ({ certificate: { notBefore, notAfter } }: CertRecord): boolean =>
    time === undefined || (notBefore <= time && time <= notAfter);
  return Number(isValid(b)) - Number(isValid(a)) ||
    b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime() ||
    b.certificate.notAfter.getTime() - a.certificate.notAfter.getTime();
}

async function findBest(
  db: CertSource,
  query: CertQuery,
  options: FindCertOptions,
): Promise<Certificate | undefined> {
  const given = takeOptions(ATTEMPT, options, SHAPE);
  const records = await db.find(query, given);
  return bestOf(records, given)?.certificate;
}

function bestOf(records: readonly CertRecord[], options: FindCertOptions): CertRecord | undefined {
  return records.toSorted((a, b) => compareByPreference(a, b, options.time))[0];
}

/**
 * Finds a certificate by its subject (`CERT_FindCertByName`).
 *
 * @param db The source to search.
 * @param name The subject, such as `"CN=example.com"`, or its encoding. Stores compare encodings
 * byte for byte, so the text finds names in UTF-8 as this package writes them; the encoding from
 * another certificate is safer.
 * @param options The time at which it should be valid.
 * @returns The preferred certificate (see {@linkcode FindCertOptions}), or `undefined` if there is
 * none.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the text is not a valid name, and what the source
 * throws.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, findCertByName, importCert, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const db = new MemoryCertDB();
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * await importCert(db, root);
 * assertEquals(await findCertByName(db, "CN=Example Root"), root);
 * ```
 *
 * @category Certificate databases
 */
export async function findCertByName(
  db: CertSource,
  name: Name | string | Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  requireArgs(ATTEMPT, isCertSource(db, "db"));
  return await findBest(db, { subject: derOf(name) }, options);
}

/**
 * Finds a certificate by its issuer and serial number (`CERT_FindCertByIssuerAndSN`).
 *
 * @param db The source to search.
 * @param issuer The name of the issuer.
 * @param serialNumber The serial number, in the form of {@linkcode Certificate.serialNumber}.
 * @param options Options for tokens.
 * @returns The certificate, or `undefined` if there is none.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   findCertByIssuerAndSN,
 *   importCert,
 *   MemoryCertDB,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const db = new MemoryCertDB();
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * await importCert(db, root);
 * assertEquals(await findCertByIssuerAndSN(db, root.issuer, root.serialNumber), root);
 * ```
 *
 * @category Certificate databases
 */
export async function findCertByIssuerAndSN(
  db: CertSource,
  issuer: Name | string | Uint8Array,
  serialNumber: Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  requireArgs(ATTEMPT, isCertSource(db, "db"), isBytes(serialNumber, "serialNumber"));
  return await findBest(db, { issuer: derOf(issuer), serialNumber }, options);
}

/**
 * Finds a certificate by its encoding (`CERT_FindCertByDERCert`).
 *
 * @param db The source to search.
 * @param der The encoding: DER, or PEM text or bytes with one certificate.
 * @param options Options for tokens.
 * @returns The certificate, or `undefined` if there is none.
 *
 * @example Usage
 * ```ts
 * import { findCertByDER, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await findCertByDER(new MemoryCertDB(), Uint8Array.of(0x30, 0x00)), undefined);
 * ```
 *
 * @category Certificate databases
 */
export async function findCertByDER(
  db: CertSource,
  der: Uint8Array | string,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  requireArgs(ATTEMPT, isCertSource(db, "db"));
  const encoding = decodeOnePemOrDer(der, { ...CERTIFICATE_PEM, attempt: ATTEMPT });
  return await findBest(db, { der: withoutTrust(encoding) }, options);
}

/**
 * Finds a certificate by its subject key identifier (`CERT_FindCertByKeyID`).
 *
 * @param db The source to search.
 * @param keyIdentifier The value of the extension.
 * @param options The time at which it should be valid.
 * @returns The preferred certificate (see {@linkcode FindCertOptions}), or `undefined` if there is
 * none.
 *
 * @example Usage
 * ```ts
 * import { findCertByKeyID, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await findCertByKeyID(new MemoryCertDB(), new Uint8Array(20)), undefined);
 * ```
 *
 * @category Certificate databases
 */
export async function findCertByKeyID(
  db: CertSource,
  keyIdentifier: Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  requireArgs(ATTEMPT, isCertSource(db, "db"), isBytes(keyIdentifier, "keyIdentifier"));
  return await findBest(db, { subjectKeyIdentifier: keyIdentifier }, options);
}

/**
 * Finds a certificate by its nickname (`CERT_FindCertByNickname`).
 *
 * A nickname should belong to one subject, but databases of other programs may break that rule. The
 * error then lists the fingerprints of the certificates.
 *
 * @param db The source to search.
 * @param nickname The nickname, in a combined database with the name of the token:
 * `"token:nickname"`.
 * @param options The time at which it should be valid.
 * @returns The preferred certificate (see {@linkcode FindCertOptions}), or `undefined` if there is
 * none.
 * @throws {NssError} `SEC_ERROR_BAD_NICKNAME` if certificates of several subjects have the
 * nickname.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, findCertByNickname, importCert, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const db = new MemoryCertDB();
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * await importCert(db, root, { nickname: "my root" });
 * assertEquals(await findCertByNickname(db, "my root"), root);
 * assertEquals(await findCertByNickname(db, "other"), undefined);
 * ```
 *
 * @category Certificate databases
 */
export async function findCertByNickname(
  db: CertSource,
  nickname: string,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  requireArgs(ATTEMPT, isCertSource(db, "db"), isString(nickname, "nickname"));
  const given = takeOptions(ATTEMPT, options, SHAPE);
  const records = await db.find({ nickname }, given);
  const best = bestOf(records, given)?.certificate;
  if (best === undefined || records.every((r) => r.certificate.subject.equals(best.subject))) {
    return best;
  }
  const prints = await Promise.all(records.map(async ({ certificate }) => {
    const digest = await certificate.fingerprint();
    return `${shown(certificate.subject)} (SHA-256 ${toHex(digest).slice(0, 16)}...)`;
  }));
  throw new NssError(
    "SEC_ERROR_BAD_NICKNAME",
    `Cannot find certificate by nickname "${nickname}": it names ${prints.join(" and ")}`,
  );
}
