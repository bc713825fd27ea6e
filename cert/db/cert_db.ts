// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  anything,
  type Check,
  hasMembers,
  isBytes,
  isLike,
  isString,
  orNull,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { shown } from "../base/printable.ts";
import { bytesEqual } from "../base/bytes.ts";
import { toHex } from "../base/runtime.ts";
import { NssError } from "../base/errors.ts";
import { type CertTrust, isTrust } from "./trust_flags.ts";

/**
 * A certificate with what a store knows about it.
 *
 * A record is a copy; to change the stored values, use the methods of {@linkcode CertDB}.
 *
 * @category Certificate databases
 */
export interface CertRecord {
  /** The certificate. */
  readonly certificate: Certificate;
  /** The nickname without the name of the token; `null` if there is none. */
  readonly nickname: string | null;
  /**
   * The trust; `null` if the store has none, so that another store's trust applies. Empty trust,
   * `",,"`, is not the same: it means that the certificate is verified by its issuer.
   */
  readonly trust: CertTrust | null;
  /** Whether the store, or its token, has the private key. */
  readonly hasKey: boolean;
  /**
   * TLS server certificates issued by this one after this time are not trusted
   * (`CKA_NSS_SERVER_DISTRUST_AFTER`).
   */
  readonly distrustAfter?: Date;
  /**
   * E-mail certificates issued by this one after this time are not trusted
   * (`CKA_NSS_EMAIL_DISTRUST_AFTER`).
   */
  readonly emailDistrustAfter?: Date;
  /** Whether a root program has examined the certificate; see {@linkcode TrustAnchor}. */
  readonly vetted?: boolean;
  /**
   * The name of the token, if it is a prefix of the displayed nickname, as in
   * `Builtin Object Token:ISRG Root X1`. Absent in the context's own database.
   */
  readonly tokenName?: string;
}

/**
 * A query, in PKCS#11 a template: a record matches if it is equal, byte for byte, in all given
 * properties. An empty query matches everything.
 *
 * @category Certificate databases
 */
export interface CertQuery {
  /** The encoding of the certificate (`CKA_VALUE`). */
  readonly der?: Uint8Array;
  /** The encoding of the subject's name (`CKA_SUBJECT`). */
  readonly subject?: Uint8Array;
  /** The encoding of the issuer's name (`CKA_ISSUER`). */
  readonly issuer?: Uint8Array;
  /**
   * The serial number in the form of {@linkcode Certificate.serialNumber}: the content of the
   * INTEGER, without the header that `CKA_SERIAL_NUMBER` includes.
   */
  readonly serialNumber?: Uint8Array;
  /** The nickname, without the name of the token (`CKA_LABEL`). */
  readonly nickname?: string;
  /** The subject key identifier. */
  readonly subjectKeyIdentifier?: Uint8Array;
}

const QUERY: Shape<CertQuery> = {
  der: isBytes,
  subject: isBytes,
  issuer: isBytes,
  serialNumber: isBytes,
  nickname: isString,
  subjectKeyIdentifier: isBytes,
};

/**
 * Reads a query: one of an unknown member would find everything.
 *
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for an unknown member or an invalid value.
 */
export function takeQuery(query: CertQuery): CertQuery {
  return takeOptions("Cannot find certificates", query, QUERY);
}

/**
 * The options of a search.
 *
 * @category Certificate databases
 */
export interface CertFindOptions {
  /** An argument for the password function, if a token needs a password (`wincx` in NSS). */
  readonly pinArg?: unknown;
}

/** The check of {@linkcode CertFindOptions}. */
export const FIND_OPTIONS: Shape<CertFindOptions> = { pinArg: anything };

/**
 * A source of certificates, such as a token, Mozilla's roots or a database.
 *
 * An implementation without indexes can filter its records with {@linkcode matchesCertQuery}.
 *
 * @example A source backed by an array
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   type CertRecord,
 *   type CertSource,
 *   createCertificate,
 *   findCertByDER,
 *   matchesCertQuery,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const records: CertRecord[] = [{ certificate, nickname: "example", trust: null, hasKey: false }];
 * const source: CertSource = {
 *   name: "List",
 *   find: (query) => Promise.resolve(records.filter((record) => matchesCertQuery(record, query))),
 * };
 * assertEquals(await findCertByDER(source, certificate.der), certificate);
 * ```
 *
 * @category Certificate databases
 */
export interface CertSource {
  /** The display name, such as `NSS Certificate DB`. */
  readonly name: string;
  /**
   * Why the source is incomplete, such as the platform's roots without permission to read them.
   * Verification that finds no issuer throws this error instead. If entries that distrust could be
   * missing, {@linkcode CertSource.find} has to throw.
   */
  readonly problem?: NssError | null;
  /**
   * Finds certificates.
   *
   * @param query The query.
   * @param options Options for tokens.
   * @returns All matching records, in any order.
   */
  find(query: CertQuery, options?: CertFindOptions): Promise<readonly CertRecord[]>;
}

/**
 * The options of {@linkcode CertDB.importCert}.
 *
 * @category Certificate databases
 */
export interface StoreCertOptions extends CertFindOptions {
  /**
   * The nickname. By default a stored certificate keeps its own; a new one gets that of other
   * certificates of its subject, or none.
   */
  readonly nickname?: string | null;
  /** The trust; by default it stays as it is. */
  readonly trust?: CertTrust | null;
}

const STORE_OPTIONS: Shape<StoreCertOptions> = {
  ...FIND_OPTIONS,
  nickname: orNull(isString),
  trust: orNull(isTrust),
};

/**
 * A database of certificates (`CERTCertDBHandle`).
 *
 * The rules are those of NSS:
 *
 * - Importing a stored certificate changes its nickname and trust, if given.
 * - A nickname belongs to one subject; using it for another fails with
 *   `SEC_ERROR_CERT_NICKNAME_COLLISION`.
 * - Importing a different certificate with the same issuer and serial number fails with
 *   `SEC_ERROR_REUSED_ISSUER_AND_SERIAL`.
 * - Writing to a read-only database fails with `SEC_ERROR_READ_ONLY`.
 *
 * {@linkcode checkStorable} checks the second and third. Writes are atomic and visible to every
 * search that begins after they have completed.
 *
 * @category Certificate databases
 */
export interface CertDB extends CertSource {
  /** Whether the database is read-only. */
  readonly isReadOnly: boolean;
  /**
   * Stores a certificate, or changes the nickname and trust of a stored one.
   *
   * @param certificate The certificate.
   * @param options Its nickname and trust.
   * @returns The stored record.
   * @throws {NssError} See the rules of {@linkcode CertDB}.
   */
  importCert(certificate: Certificate, options?: StoreCertOptions): Promise<CertRecord>;
  /**
   * Deletes a certificate and its trust, but not its private key.
   *
   * @param certificate The certificate.
   * @param options Options for tokens.
   * @returns Whether it was stored.
   * @throws {NssError} `SEC_ERROR_READ_ONLY` if the database is read-only.
   */
  deleteCert(certificate: Certificate, options?: CertFindOptions): Promise<boolean>;
  /**
   * Changes the trust of a certificate.
   *
   * @param certificate The certificate.
   * @param trust The trust; `null` to remove it.
   * @param options Options for tokens.
   * @returns The stored record.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if the certificate is not stored,
   * `SEC_ERROR_READ_ONLY` if the database is read-only.
   */
  setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options?: CertFindOptions,
  ): Promise<CertRecord>;
}

/** Accepts any object that finds certificates. */
export const isCertSource: Check = isLike("a certificate database", "find");
/** Accepts a database that stores certificates, too. */
export const isCertDB: Check = isLike(
  "a certificate database",
  "find",
  "importCert",
  "deleteCert",
  "setTrust",
);

/**
 * Checks the arguments of a method that writes to a database.
 *
 * @param what What the method does.
 * @param certificate The certificate.
 * @param trust The trust; `null` for none.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if one is none.
 */
export function checkWritten(
  what: string,
  certificate: Certificate,
  trust: CertTrust | null,
): void {
  requireArgs(
    `Cannot ${what}`,
    isCertificate(certificate, "certificate"),
    orNull(isTrust)(trust, "trust"),
  );
}

/**
 * Returns whether a record matches a query.
 *
 * @param record The record.
 * @param query The query.
 * @returns Whether the record is equal in all properties of the query.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, matchesCertQuery } from "@nss/nss/cert";
 * import { assert, assertFalse } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const record = { certificate, nickname: "example", trust: null, hasKey: false };
 * assert(matchesCertQuery(record, { der: certificate.der, nickname: "example" }));
 * assertFalse(matchesCertQuery(record, { der: certificate.der, nickname: "other" }));
 * ```
 *
 * @category Certificate databases
 */
export function matchesCertQuery(record: CertRecord, query: CertQuery): boolean {
  requireArgs("Cannot compare certificate", isRecord(record, "record"));
  return recordMatches(record, takeQuery(query));
}

/** Accepts a record. */
export const isRecord: Check = hasMembers("a record of a certificate database", {
  certificate: required(isCertificate),
});

/** Like {@linkcode matchesCertQuery}, without a check: databases call it for each record. */
export function recordMatches(
  record: Pick<CertRecord, "certificate" | "nickname">,
  query: CertQuery,
): boolean {
  const { certificate } = record;
  const matches = (
    wanted: Uint8Array | undefined,
    value: () => Uint8Array | undefined,
  ): boolean => {
    if (wanted === undefined) return true;
    const bytes = value();
    return bytes !== undefined && bytesEqual(bytes, wanted);
  };
  return (query.nickname === undefined || record.nickname === query.nickname) &&
    matches(query.der, () => certificate.der) &&
    matches(query.subject, () => certificate.subject.der) &&
    matches(query.issuer, () => certificate.issuer.der) &&
    matches(query.serialNumber, () => certificate.serialNumber) &&
    matches(query.subjectKeyIdentifier, () => keyIdentifierOf(certificate));
}

/** Returns the keys under which an index of a database has a certificate. */
export function indexKeysOf(
  { certificate, nickname }: Pick<CertRecord, "certificate" | "nickname">,
): readonly string[] {
  const { der, subject, issuer, serialNumber } = certificate;
  return [
    ...[{ der }, { issuer: issuer.der, serialNumber }, { subject: subject.der }],
    ...nickname === null ? [] : [{ nickname }],
  ].map(indexKeyOf).filter((key) => key !== null);
}

/**
 * Returns a key under which {@linkcode indexKeysOf} has all that matches a query, and little else;
 * `null` if everything has to be compared.
 */
export function indexKeyOf(query: CertQuery): string | null {
  const { der, issuer, serialNumber, subject, nickname } = query;
  // The end of a certificate is that of its signature, which no two have in common
  if (der !== undefined) return `der ${der.length} ${toHex(der.subarray(-16))}`;
  if (issuer !== undefined && serialNumber !== undefined) {
    return `serial ${toHex(serialNumber)} ${toHex(issuer)}`;
  }
  if (subject !== undefined) return `subject ${toHex(subject)}`;
  return nickname === undefined ? null : `nickname ${nickname}`;
}

/** A malformed extension counts as absent here; verification reports it. */
function keyIdentifierOf(certificate: Certificate): Uint8Array | undefined {
  try {
    return certificate.subjectKeyIdentifier;
  } catch (error) {
    if (error instanceof NssError) return undefined;
    throw error;
  }
}

/**
 * Checks whether a certificate may be stored by the rules of {@linkcode CertDB}, except that of
 * read-only ones.
 *
 * @param source The database.
 * @param certificate The certificate.
 * @param options The requested nickname and trust.
 * @returns The nickname and trust to store, with the defaults of {@linkcode StoreCertOptions}.
 * @throws {NssError} `SEC_ERROR_CERT_NICKNAME_COLLISION` or `SEC_ERROR_REUSED_ISSUER_AND_SERIAL`.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { checkStorable, createCertificate, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const checked = await checkStorable(new MemoryCertDB(), certificate, { nickname: "example" });
 * assertEquals(checked, { nickname: "example", trust: null });
 * ```
 *
 * @category Certificate databases
 */
export async function checkStorable(
  source: CertSource,
  certificate: Certificate,
  options: StoreCertOptions,
): Promise<{ readonly nickname: string | null; readonly trust: CertTrust | null }> {
  const attempt = "Cannot import certificate";
  requireArgs(attempt, isCertSource(source, "source"), isCertificate(certificate, "certificate"));
  const { nickname, trust } = takeOptions(attempt, options, STORE_OPTIONS);
  const { issuer, serialNumber, subject } = certificate;
  const [sameSerial, sameNickname, sameSubject] = await Promise.all([
    source.find({ issuer: issuer.der, serialNumber }, options),
    typeof nickname === "string" ? source.find({ nickname }, options) : [],
    source.find({ subject: subject.der }, options),
  ]);
  if (sameSerial.some((record) => !record.certificate.equals(certificate))) {
    throw new NssError(
      "SEC_ERROR_REUSED_ISSUER_AND_SERIAL",
      `Cannot import certificate ${shown(subject)}: another one of ${
        shown(issuer)
      } has its serial number`,
    );
  }
  const holder = sameNickname.find(({ certificate: other }) => !other.subject.equals(subject));
  if (holder !== undefined) {
    throw new NssError(
      "SEC_ERROR_CERT_NICKNAME_COLLISION",
      `Cannot import certificate ${shown(subject)}: ` +
        `"${nickname}" is the nickname of ${shown(holder.certificate.subject)}`,
    );
  }
  const own = sameSerial[0];
  return {
    nickname: nickname !== undefined
      ? nickname
      : own !== undefined
      ? own.nickname
      : sameSubject.find((record) => record.nickname !== null)?.nickname ?? null,
    trust: trust !== undefined ? trust : own?.trust ?? null,
  };
}
