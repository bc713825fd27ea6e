// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { bytesEqual } from "../der/der.ts";
import { NssError } from "../base/errors.ts";
import type { CertTrust } from "./trust_flags.ts";

/**
 * A certificate with what a store knows of it.
 *
 * Records are answers: to change what a store knows, ask its {@linkcode CertDB}.
 */
export interface CertRecord {
  /** The certificate. */
  readonly certificate: Certificate;
  /** What people call it, without the name of the token; `null` if it has no nickname. */
  readonly nickname: string | null;
  /**
   * How far it is trusted; `null` if the store says nothing about that, so that another one may. An
   * empty trust, `",,"`, says something: to verify it by its issuer.
   */
  readonly trust: CertTrust | null;
  /** Whether the store, or the token that it is of, holds the private key. */
  readonly hasKey: boolean;
  /**
   * Certificates of TLS servers made after this are not trusted (`CKA_NSS_SERVER_DISTRUST_AFTER`).
   */
  readonly distrustAfter?: Date;
  /** Certificates of e-mail made after this are not trusted (`CKA_NSS_EMAIL_DISTRUST_AFTER`). */
  readonly emailDistrustAfter?: Date;
  /** Whether a root programme has examined the certificate; see {@linkcode TrustAnchor}. */
  readonly vetted?: boolean;
  /**
   * The name of the token where that is part of the nickname for people, as in
   * `Builtin Object Token:ISRG Root X1`. Absent in the database of the context itself.
   */
  readonly tokenName?: string;
}

/**
 * What to look for: a record fits if all that is given is the same, byte for byte. Nothing given
 * means everything. PKCS#11 calls this a template.
 */
export interface CertQuery {
  /** The encoding of the certificate (`CKA_VALUE`). */
  readonly der?: Uint8Array;
  /** The encoding of the subject's name (`CKA_SUBJECT`). */
  readonly subject?: Uint8Array;
  /** The encoding of the issuer's name (`CKA_ISSUER`). */
  readonly issuer?: Uint8Array;
  /**
   * The serial number as {@linkcode Certificate.serialNumber} has it: the content of the INTEGER,
   * without the header that `CKA_SERIAL_NUMBER` has.
   */
  readonly serialNumber?: Uint8Array;
  /** The nickname, without the name of the token (`CKA_LABEL`). */
  readonly nickname?: string;
  /** The value of the certificate's subjectKeyIdentifier. */
  readonly subjectKeyIdentifier?: Uint8Array;
}

/** What a look-up takes besides what to look for. */
export interface CertFindOptions {
  /** Handed to the password function, should a token ask for a password (`wincx` in NSS). */
  readonly pinArg?: unknown;
}

/**
 * Where certificates are found: a token, Mozilla's roots, a database.
 *
 * There is one method. A store with indexes asks them; one without filters all it has with
 * {@linkcode matchesCertQuery}.
 *
 * @example Certificates of a list
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
 */
export interface CertSource {
  /** What people call the store, as `NSS Certificate DB`. */
  readonly name: string;
  /**
   * Why the store has less than it should, where that only lessens what is trusted: the platform's
   * roots without a permission to read them. Verification that finds no issuer throws this instead.
   * A store that may hide distrust throws at the look-up.
   */
  readonly problem?: NssError | null;
  /**
   * Looks for certificates.
   *
   * @param query What must be the same.
   * @param options What a token may need.
   * @returns Every record that fits, in no order.
   */
  find(query: CertQuery, options?: CertFindOptions): Promise<readonly CertRecord[]>;
}

/** What a certificate is stored with. */
export interface StoreCertOptions extends CertFindOptions {
  /**
   * What people call it. Left out, a certificate that is there keeps its nickname, and another gets
   * that of its subject, if the store has one, or none.
   */
  readonly nickname?: string | null;
  /** How far it is trusted; left out, what the store says of it stays as it is. */
  readonly trust?: CertTrust | null;
}

/**
 * A store of certificates that can be written (`CERTCertDBHandle`).
 *
 * The rules of NSS hold:
 *
 * - To import a certificate that is there already changes its nickname and trust, where given.
 * - A nickname is that of one subject: for a second one it fails with
 *   `SEC_ERROR_CERT_NICKNAME_COLLISION`.
 * - Two certificates with the same issuer and serial number: `SEC_ERROR_REUSED_ISSUER_AND_SERIAL`.
 * - A store that is read-only fails with `SEC_ERROR_READ_ONLY`.
 *
 * {@linkcode checkStorable} checks them. Every write is whole or not done, and seen by each look-up
 * that begins after it has ended.
 */
export interface CertDB extends CertSource {
  /** Whether writes fail. */
  readonly isReadOnly: boolean;
  /**
   * Stores a certificate, or changes what it is stored with.
   *
   * @param certificate The certificate.
   * @param options What it is stored with.
   * @returns What is stored now.
   * @throws {NssError} As the rules above say.
   */
  importCert(certificate: Certificate, options?: StoreCertOptions): Promise<CertRecord>;
  /**
   * Removes a certificate with its trust, and leaves its private key.
   *
   * @param certificate The certificate.
   * @param options What a token may need.
   * @returns Whether it was there.
   * @throws {NssError} `SEC_ERROR_READ_ONLY` if the store is.
   */
  deleteCert(certificate: Certificate, options?: CertFindOptions): Promise<boolean>;
  /**
   * Changes how far a certificate is trusted.
   *
   * @param certificate The certificate.
   * @param trust How far; `null` to say nothing about that any more.
   * @param options What a token may need.
   * @returns What is stored now.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if it is not there, `SEC_ERROR_READ_ONLY` if the
   * store is.
   */
  setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options?: CertFindOptions,
  ): Promise<CertRecord>;
}

/**
 * Tells whether a record is what a query looks for.
 *
 * @param record The record.
 * @param query The query.
 * @returns Whether all that the query gives is the same.
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
 */
export function matchesCertQuery(record: CertRecord, query: CertQuery): boolean {
  const { certificate } = record;
  const is = (wanted: Uint8Array | undefined, value: () => Uint8Array | undefined): boolean => {
    if (wanted === undefined) return true;
    const bytes = value();
    return bytes !== undefined && bytesEqual(bytes, wanted);
  };
  return (query.nickname === undefined || record.nickname === query.nickname) &&
    is(query.der, () => certificate.der) &&
    is(query.subject, () => certificate.subject.der) &&
    is(query.issuer, () => certificate.issuer.der) &&
    is(query.serialNumber, () => certificate.serialNumber) &&
    is(query.subjectKeyIdentifier, () => keyIdentifierOf(certificate));
}

/** A malformed extension is no identifier; whoever verifies the certificate says so. */
function keyIdentifierOf(certificate: Certificate): Uint8Array | undefined {
  try {
    return certificate.subjectKeyIdentifier;
  } catch (error) {
    if (error instanceof NssError) return undefined;
    throw error;
  }
}

/**
 * Checks the rules of {@linkcode CertDB} for a certificate that is about to be stored.
 *
 * @param source The store.
 * @param certificate The certificate.
 * @param options What it is to be stored with.
 * @returns What it is stored with when it is: the nickname as the rules make it, and the trust.
 * @throws {NssError} `SEC_ERROR_CERT_NICKNAME_COLLISION`, `SEC_ERROR_REUSED_ISSUER_AND_SERIAL`.
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
 */
export async function checkStorable(
  source: CertSource,
  certificate: Certificate,
  options: StoreCertOptions,
): Promise<{ readonly nickname: string | null; readonly trust: CertTrust | null }> {
  const { nickname } = options;
  const { issuer, serialNumber, subject } = certificate;
  const [sameSerial, sameNickname, sameSubject] = await Promise.all([
    source.find({ issuer: issuer.der, serialNumber }, options),
    typeof nickname === "string" ? source.find({ nickname }, options) : [],
    source.find({ subject: subject.der }, options),
  ]);
  if (sameSerial.some((record) => !record.certificate.equals(certificate))) {
    throw new NssError(
      "SEC_ERROR_REUSED_ISSUER_AND_SERIAL",
      `Cannot import certificate "${subject}": another one of "${issuer}" has its serial number`,
    );
  }
  const holder = sameNickname.find(({ certificate: other }) => !other.subject.equals(subject));
  if (holder !== undefined) {
    throw new NssError(
      "SEC_ERROR_CERT_NICKNAME_COLLISION",
      `Cannot import certificate "${subject}": ` +
        `"${nickname}" is the nickname of "${holder.certificate.subject}"`,
    );
  }
  const own = sameSerial[0];
  return {
    nickname: nickname !== undefined
      ? nickname
      : own !== undefined
      ? own.nickname
      : sameSubject.find((record) => record.nickname !== null)?.nickname ?? null,
    trust: options.trust !== undefined ? options.trust : own?.trust ?? null,
  };
}
