// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import {
  type CertDB,
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  checkStorable,
  checkWritten,
  recordMatches,
  type StoreCertOptions,
  takeQuery,
} from "../../cert/db/cert_db.ts";
import { shown } from "../../cert/base/printable.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { CertTrust } from "../../cert/db/trust_flags.ts";
import { keyIdOf } from "../keys/key_id.ts";
import { CKA, CKO } from "./constants.ts";
import type { Attribute } from "./key_attributes.ts";
import { readKeyedPublicKeys } from "./key_objects.ts";
import { readDistrustAfter, readNssTrust, trustKey } from "./nss_trust.ts";
import { isReturned } from "./return_values.ts";
import type { Attributes, Session } from "./session.ts";
import type { SessionPool } from "./session_pool.ts";
import { Template } from "./template.ts";

/** The properties of a token that {@linkcode ModuleCertDB} uses. */
export interface CertToken {
  /** The label. */
  readonly label: string;
  /** Whether it is read-only. */
  readonly isReadOnly: boolean;
  /** The sessions. */
  readonly pool: SessionPool;
  /** Logs it in. */
  readonly login: (what: string, options: CertFindOptions) => Promise<unknown>;
}

/** A certificate with the handle of its object. */
interface Found {
  readonly handle: bigint;
  readonly record: CertRecord;
}

const CERT_ATTRIBUTES: readonly number[] = [
  CKA.value,
  CKA.label,
  CKA.nssMozillaCaPolicy,
  CKA.nssServerDistrustAfter,
  CKA.nssEmailDistrustAfter,
];

/** The certificates of a token of a PKCS#11 library, with trust if it has NSS's trust objects. */
export class ModuleCertDB implements CertDB {
  /** The label of the token. */
  readonly name: string;
  /** Whether the token is read-only. */
  readonly isReadOnly: boolean;
  readonly #token: CertToken;
  /** All certificates of a read-only token, such as Mozilla's roots. */
  #all: Promise<readonly Found[]> | null = null;
  #lastWrite: Promise<unknown> = Promise.resolve();

  /**
   * Creates a view of the certificates of a token.
   *
   * @param token The token.
   */
  constructor(token: CertToken) {
    this.name = token.label;
    this.isReadOnly = token.isReadOnly;
    this.#token = token;
  }

  /**
   * Finds certificates; see {@linkcode CertSource.find}.
   *
   * @param query The query.
   * @returns All matching records.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    return (await this.#find(takeQuery(query))).map(({ record }) => record);
  }

  async #find(query: CertQuery): Promise<readonly Found[]> {
    let found: readonly Found[];
    if (this.isReadOnly) {
      const all = this.#all ??= this.#read([]);
      all.catch(() => this.#all = null);
      found = await all;
    } else found = await this.#read(templateOf(query));
    return found.filter(({ record }) => recordMatches(record, query));
  }

  #read(template: readonly Attribute[]): Promise<readonly Found[]> {
    const { pool, label } = this.#token;
    const attempt = `Cannot read certificates of token "${label}"`;
    return pool.use(async (session) => {
      const handles = await session.findObjects(
        [[CKA.class, CKO.certificate], [CKA.certificateType, 0], ...template],
        attempt,
      );
      if (handles.length === 0) return [];
      const objects: (readonly [bigint, Attributes])[] = [];
      for (const handle of handles) {
        try {
          objects.push([handle, await session.getAttributes(handle, CERT_ATTRIBUTES, attempt)]);
        } catch (error) {
          // It has been deleted meanwhile
          if (!isReturned(error, "CKR_OBJECT_HANDLE_INVALID")) throw error;
        }
      }
      const trust = await readNssTrust(session, attempt);
      const keyed = await readKeyedPublicKeys(session, `Cannot read keys of token "${label}"`);
      return objects.flatMap(([handle, attributes]) => {
        const record = this.#recordOf(attributes, trust, keyed);
        return record === null ? [] : [{ handle, record }];
      });
    });
  }

  #recordOf(
    attributes: Attributes,
    trust: ReadonlyMap<string, CertTrust>,
    keyed: ReadonlySet<string>,
  ): CertRecord | null {
    const der = attributes.get(CKA.value);
    if (der === undefined || der.length === 0) return null;
    let certificate: Certificate;
    try {
      certificate = Certificate.fromDer(der);
    } catch (error) {
      if (error instanceof NssError) return null; // a malformed one must not hide the others
      throw error;
    }
    const label = new TextDecoder().decode(attributes.get(CKA.label) ?? new Uint8Array(0));
    const distrustAfter = readDistrustAfter(attributes, CKA.nssServerDistrustAfter);
    const emailDistrustAfter = readDistrustAfter(attributes, CKA.nssEmailDistrustAfter);
    return {
      certificate,
      nickname: label === "" ? null : label,
      trust: trust.get(trustKey(certificate.issuer.der, serialOf(certificate))) ?? null,
      hasKey: keyed.has(publicKeyHex(certificate)),
      tokenName: this.name,
      ...(attributes.get(CKA.nssMozillaCaPolicy)?.[0] === 1 && { vetted: true }),
      ...(distrustAfter !== undefined && { distrustAfter }),
      ...(emailDistrustAfter !== undefined && { emailDistrustAfter }),
    };
  }

  /** Serialises writes, so that the checks of a write still hold when it writes. */
  #write<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(() => {
      if (!this.isReadOnly) return write();
      throw new NssError(
        "SEC_ERROR_READ_ONLY",
        `Cannot change certificates: token "${this.name}" is read-only`,
      );
    });
    this.#lastWrite = result.catch(() => {});
    return result;
  }

  /** Writes public objects, after a login if the token needs one for that. */
  async #writeObjects<T>(
    options: CertFindOptions,
    write: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#token.pool.write(write);
    } catch (error) {
      if (!isReturned(error, "CKR_USER_NOT_LOGGED_IN")) throw error;
      await this.#token.login("change certificates", options);
      return await this.#token.pool.write(write);
    }
  }

  /**
   * Stores a certificate; see {@linkcode CertDB.importCert}.
   *
   * @param certificate The certificate.
   * @param options Its nickname and trust.
   * @returns The stored record.
   * @throws {NssError} As {@linkcode CertDB}, and `PR_NOT_IMPLEMENTED_ERROR` for trust, which
   * tokens do not store.
   */
  importCert(certificate: Certificate, options: StoreCertOptions = {}): Promise<CertRecord> {
    return this.#write(async () => {
      checkWritten("import certificate", certificate, null);
      if (options.trust) throw this.#noTrust();
      const { nickname } = await checkStorable(this, certificate, options);
      const attempt = `Cannot import certificate ${
        shown(certificate.subject)
      } into token "${this.name}"`;
      const [own] = await this.#find({ der: certificate.der });
      if (own === undefined) {
        const attributes = await attributesOf(certificate, nickname);
        await this.#writeObjects(options, (session) => session.createObject(attributes, attempt));
      } else if (own.record.nickname !== nickname) {
        const template = Template.of([[CKA.label, nickname ?? ""]]);
        await this.#writeObjects(
          options,
          (session) =>
            session.call(
              "C_SetAttributeValue",
              attempt,
              own.handle,
              template.bytes,
              template.count,
            ),
        );
      }
      return await this.#get(certificate);
    });
  }

  #noTrust(): NssError {
    return new NssError(
      "PR_NOT_IMPLEMENTED_ERROR",
      `Cannot set trust: token "${this.name}" does not keep any; set it in the database of the context`,
    );
  }

  async #get(certificate: Certificate): Promise<CertRecord> {
    const [record] = await this.find({ der: certificate.der });
    if (record !== undefined) return record;
    throw new NssError(
      "SEC_ERROR_UNKNOWN_CERT",
      `Cannot find certificate ${shown(certificate.subject)} in token "${this.name}"`,
    );
  }

  /**
   * Deletes a certificate; see {@linkcode CertDB.deleteCert}.
   *
   * @param certificate The certificate.
   * @param options Options for tokens.
   * @returns Whether it was stored.
   */
  deleteCert(certificate: Certificate, options: CertFindOptions = {}): Promise<boolean> {
    return this.#write(async () => {
      checkWritten("delete certificate", certificate, null);
      const found = await this.#find({ der: certificate.der });
      const attempt = `Cannot delete certificate ${
        shown(certificate.subject)
      } of token "${this.name}"`;
      for (const { handle } of found) {
        await this.#writeObjects(
          options,
          (session) => session.call("C_DestroyObject", attempt, handle),
        );
      }
      return found.length > 0;
    });
  }

  /**
   * Checks that a certificate is stored, because tokens do not store trust; see
   * {@linkcode CertDB.setTrust}.
   *
   * @param certificate The certificate.
   * @param trust Only `null` is accepted.
   * @returns The stored record.
   * @throws {NssError} `PR_NOT_IMPLEMENTED_ERROR` for trust, `SEC_ERROR_UNKNOWN_CERT` if it is not
   * stored.
   */
  setTrust(certificate: Certificate, trust: CertTrust | null): Promise<CertRecord> {
    return this.#write(async () => {
      checkWritten("set trust", certificate, trust);
      const record = await this.#get(certificate);
      if (trust !== null) throw this.#noTrust();
      return record;
    });
  }
}

/**
 * Returns the attributes by which tokens can filter: not the serial number, whose encoding differs.
 */
function templateOf({ der, subject, issuer, nickname }: CertQuery): Attribute[] {
  const attributes: Attribute[] = [];
  if (der !== undefined) attributes.push([CKA.value, der]);
  if (subject !== undefined) attributes.push([CKA.subject, subject]);
  if (issuer !== undefined) attributes.push([CKA.issuer, issuer]);
  if (nickname !== undefined) attributes.push([CKA.label, nickname]);
  return attributes;
}

async function attributesOf(
  certificate: Certificate,
  nickname: string | null,
): Promise<Attribute[]> {
  return [
    [CKA.class, CKO.certificate],
    [CKA.certificateType, 0],
    [CKA.token, true],
    [CKA.private, false],
    [CKA.label, nickname ?? ""],
    [CKA.id, await idOf(certificate)],
    [CKA.subject, certificate.subject.der],
    [CKA.issuer, certificate.issuer.der],
    [CKA.serialNumber, serialOf(certificate)],
    [CKA.value, certificate.der],
  ];
}

/** Returns the id that the certificate shares with its key. */
async function idOf(certificate: Certificate): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await keyIdOf(certificate.subjectPublicKeyInfo);
  } catch {
    return await certificate.fingerprint("SHA-1"); // the kind of key is not supported
  }
}

/** Encodes CKA_SERIAL_NUMBER, which includes the header of the INTEGER. */
function serialOf({ serialNumber }: Certificate): Uint8Array<ArrayBuffer> {
  return new DerWriter().primitive(TAG.integer, serialNumber).finish();
}

function publicKeyHex(certificate: Certificate): string {
  try {
    return toHex(certificate.subjectPublicKeyInfo.publicKey);
  } catch {
    return ""; // the kind of key is not supported
  }
}
