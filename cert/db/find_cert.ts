// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertFindOptions, CertQuery, CertRecord, CertSource } from "./cert_db.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import { Name } from "../names/name.ts";

/** What look-ups of one certificate take. */
export interface FindCertOptions extends CertFindOptions {
  /**
   * When the certificate should be valid, where several fit: those that are come first. Without it
   * the newest one is the best.
   */
  readonly time?: Date;
}

/**
 * Puts the best first, as NSS does: valid at the time before not, then the one that was made last.
 */
function better(a: CertRecord, b: CertRecord, time: Date | undefined): number {
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
  const records = await db.find(query, options);
  return bestOf(records, options)?.certificate;
}

function bestOf(records: readonly CertRecord[], options: FindCertOptions): CertRecord | undefined {
  return records.toSorted((a, b) => better(a, b, options.time))[0];
}

/**
 * Finds a certificate by its subject (`CERT_FindCertByName`).
 *
 * @param db Where to look.
 * @param name The subject, as `"CN=example.com"`, or its encoding. Stores compare encodings byte
 * for byte, so the text finds names in UTF-8 as this package writes them; the name of another
 * certificate is safer.
 * @param options When it should be valid.
 * @returns The best one: valid at the time, then the newest; `undefined` if there is none.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the text is no name, and what the store throws.
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
 */
export function findCertByName(
  db: CertSource,
  name: Name | string | Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  const subject = name instanceof Uint8Array ? name : Name.parse(name).der;
  return findBest(db, { subject }, options);
}

/**
 * Finds a certificate by its issuer and serial number (`CERT_FindCertByIssuerAndSN`).
 *
 * @param db Where to look.
 * @param issuer The name of the issuer.
 * @param serialNumber The serial number, as {@linkcode Certificate.serialNumber} has it.
 * @param options What a token may need.
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
 */
export function findCertByIssuerAndSN(
  db: CertSource,
  issuer: Name | string | Uint8Array,
  serialNumber: Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  const der = issuer instanceof Uint8Array ? issuer : Name.parse(issuer).der;
  return findBest(db, { issuer: der, serialNumber }, options);
}

/**
 * Finds a certificate by its encoding (`CERT_FindCertByDERCert`): tells whether a store has it.
 *
 * @param db Where to look.
 * @param der The encoding.
 * @param options What a token may need.
 * @returns The certificate, or `undefined` if the store does not have it.
 *
 * @example Usage
 * ```ts
 * import { findCertByDER, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await findCertByDER(new MemoryCertDB(), Uint8Array.of(0x30, 0x00)), undefined);
 * ```
 */
export function findCertByDER(
  db: CertSource,
  der: Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  return findBest(db, { der }, options);
}

/**
 * Finds a certificate by its subjectKeyIdentifier (`CERT_FindCertByKeyID`).
 *
 * @param db Where to look.
 * @param keyIdentifier The value of the extension.
 * @param options When it should be valid.
 * @returns The best one, as {@linkcode findCertByName}, or `undefined` if there is none.
 *
 * @example Usage
 * ```ts
 * import { findCertByKeyID, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await findCertByKeyID(new MemoryCertDB(), new Uint8Array(20)), undefined);
 * ```
 */
export function findCertByKeyID(
  db: CertSource,
  keyIdentifier: Uint8Array,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  return findBest(db, { subjectKeyIdentifier: keyIdentifier }, options);
}

/**
 * Finds a certificate by its nickname (`CERT_FindCertByNickname`).
 *
 * A nickname names one subject. Stores of other programs may break that rule; here it is an error
 * rather than a guess, with the fingerprints by which the certificates can be told apart.
 *
 * @param db Where to look.
 * @param nickname The nickname, in a store of several with the token before it: `"token:nickname"`.
 * @param options When it should be valid.
 * @returns The best one, as {@linkcode findCertByName}, or `undefined` if there is none.
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
 */
export async function findCertByNickname(
  db: CertSource,
  nickname: string,
  options: FindCertOptions = {},
): Promise<Certificate | undefined> {
  const records = await db.find({ nickname }, options);
  const best = bestOf(records, options)?.certificate;
  if (best === undefined || records.every((r) => r.certificate.subject.equals(best.subject))) {
    return best;
  }
  const prints = await Promise.all(records.map(async ({ certificate }) => {
    const digest = await certificate.digest();
    return `"${certificate.subject}" (SHA-256 ${digest.toHex().slice(0, 16)}...)`;
  }));
  throw new NssError(
    "SEC_ERROR_BAD_NICKNAME",
    `Cannot find certificate by nickname "${nickname}": it names ${prints.join(" and ")}`,
  );
}
