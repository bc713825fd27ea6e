// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import {
  type CertDB,
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  type CertSource,
  checkStorable,
  checkWritten,
  recordMatches,
  type StoreCertOptions,
  takeQuery,
} from "../../cert/db/cert_db.ts";
import { shown } from "../../cert/base/printable.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { type CertTrust, TRUST_FLAGS } from "../../cert/db/trust_flags.ts";
import { publicValueOf } from "../keys/key_id.ts";
import type { TokenOptions } from "../token/token.ts";
import { AUTHENTICATED, CKA, CKO } from "./attributes.ts";
import { Entries, type Entry, serialOf } from "./cert_entries.ts";
import { type NssDbCore, type Session, whileLoggedIn } from "./core.ts";
import type { Commit, NssDbWriter } from "./files.ts";
import { ObjectIds } from "./object_ids.ts";
import { macName } from "./sealing.ts";
import { isNewTrust, type Snapshot, type View } from "./snapshot.ts";
import { checkTrustHash, readTrust, trustAttributes } from "./trust_codec.ts";
import { bool, text, ulong } from "./values.ts";

/** Logs the token in, for writes that need it. */
export type EnsureLogin = (what: string, options: TokenOptions) => Promise<unknown>;

/** The certificates of an NSS database with their trust. */
export class NssCertStore implements CertDB {
  /** The label of the token. */
  readonly name: string;
  readonly #core: NssDbCore;
  readonly #ensureLogin: EnsureLogin;
  readonly #entries: View<Entries>;

  /**
   * Creates the store.
   *
   * @param core The database.
   * @param ensureLogin Logs in.
   */
  constructor(core: NssDbCore, ensureLogin: EnsureLogin) {
    this.name = core.label;
    this.#core = core;
    this.#ensureLogin = ensureLogin;
    this.#entries = core.view(
      (snapshot) => Entries.read(snapshot),
      (before, snapshot, changes) => before.next(snapshot, changes),
    );
  }

  /** Whether the database is read-only. */
  get isReadOnly(): boolean {
    return this.#core.files.isReadOnly;
  }

  /**
   * Finds certificates; see {@linkcode CertSource.find}. As in NSS, the MACs of trust are checked
   * while the token is logged in, always if the password is empty.
   *
   * @param query The query.
   * @returns All matching records.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the database is damaged.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    query = takeQuery(query);
    return await this.#core.settled(async (snapshot) => {
      const { session } = this.#core;
      const entries = this.#entries.of(snapshot);
      const found = entries.candidates(query).filter((entry) => recordMatches(entry, query));
      return await Promise.all(
        found.map((entry) => this.#recordOf(entry, entries, snapshot, session)),
      );
    });
  }

  async #recordOf(
    entry: Entry,
    entries: Entries,
    snapshot: Snapshot,
    session: Session | null,
  ): Promise<CertRecord> {
    const { certificate, nickname } = entry;
    const record = { certificate, nickname, hasKey: entries.hasKey(entry) };
    const [object] = entries.trustOf(entry);
    if (object === undefined) {
      await entries.checkOrphans(certificate);
      return { ...record, trust: null };
    }
    const form = isNewTrust(object) ? "new" : "old";
    const { trust, authenticated, unprotected } = readTrust(object, form);
    await checkTrustHash(object, form, certificate);
    if (session !== null) {
      const withMac = unprotected.filter((attribute) =>
        snapshot.metadata.has(macName("cert", object.id, attribute))
      );
      await Promise.all(
        [...authenticated, ...withMac].map((attribute) =>
          this.#core.verifyMac(session, snapshot, "cert", object, attribute)
        ),
      );
    }
    return { ...record, trust };
  }

  /**
   * Stores a certificate; see {@linkcode CertDB.importCert}.
   *
   * @param certificate The certificate.
   * @param options Its nickname and trust.
   * @returns The stored record.
   * @throws {NssError} See the rules of {@linkcode CertDB}.
   */
  async importCert(certificate: Certificate, options: StoreCertOptions = {}): Promise<CertRecord> {
    const what = "import certificate";
    checkWritten(what, certificate, null);
    return await this.#writing(what, options.trust, options, async (state) => {
      const id = await certificateId(certificate);
      return async (snapshot) => {
        const entries = this.#entries.of(snapshot);
        const checked = await checkStorable(sourceOf(this.name, entries), certificate, options);
        const trust = options.trust === undefined
          ? null
          : await this.#trustWriter(snapshot, entries, certificate, options.trust, state);
        const own = entries.entryOf(certificate);
        const newId = own === undefined ? state.ids.next(snapshot, "certificate") : 0;
        return (writer) => {
          if (own !== undefined) {
            if (own.nickname !== checked.nickname) {
              writer.update("cert", own.object.id, new Map([[CKA.label, text(checked.nickname)]]));
            }
          } else {
            writer.insert(
              "cert",
              newId,
              new Map([
                [CKA.class, ulong(CKO.certificate)],
                [CKA.token, bool(true)],
                [CKA.private, bool(false)],
                [CKA.label, text(checked.nickname)],
                [CKA.value, certificate.der],
                [CKA.certificateType, ulong(0)],
                [CKA.issuer, certificate.issuer.der],
                [CKA.serialNumber, serialOf(certificate)],
                [CKA.subject, certificate.subject.der],
                [CKA.id, id],
                [CKA.modifiable, bool(true)],
              ]),
            );
          }
          trust?.(writer);
        };
      };
    }).then(() => this.#stored(certificate));
  }

  /**
   * Changes the trust of a certificate; see {@linkcode CertDB.setTrust}.
   *
   * @param certificate The certificate.
   * @param trust The trust; `null` to remove it.
   * @param options The argument for the password function.
   * @returns The stored record.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT`, `SEC_ERROR_READ_ONLY`.
   */
  async setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options: CertFindOptions = {},
  ): Promise<CertRecord> {
    checkWritten("set trust", certificate, trust);
    return await this.#writing(
      "set trust",
      trust,
      options,
      (state) =>
        Promise.resolve(async (snapshot) => {
          const entries = this.#entries.of(snapshot);
          if (entries.entryOf(certificate) === undefined) {
            throw new NssError(
              "SEC_ERROR_UNKNOWN_CERT",
              `Cannot set trust: certificate ${
                shown(certificate.subject)
              } is not in "${this.name}"`,
            );
          }
          return await this.#trustWriter(snapshot, entries, certificate, trust, state);
        }),
    ).then(() => this.#stored(certificate));
  }

  /**
   * Deletes a certificate; see {@linkcode CertDB.deleteCert}.
   *
   * @param certificate The certificate.
   * @param options The argument for the password function.
   * @returns Whether it was stored.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  async deleteCert(certificate: Certificate, options: CertFindOptions = {}): Promise<boolean> {
    checkWritten("delete certificate", certificate, null);
    return await this.#writing(
      "delete certificate",
      undefined,
      options,
      () =>
        Promise.resolve((snapshot) => {
          const entries = this.#entries.of(snapshot);
          const own = entries.entryOf(certificate);
          return Promise.resolve((writer) => {
            if (own === undefined) return false;
            for (const { id } of [own.object, ...entries.trustOf(own)]) {
              removeObject(writer, "cert", id);
            }
            return true;
          });
        }),
    );
  }

  /** Runs a write, after a login if it needs MACs of trust. */
  async #writing<T>(
    what: string,
    trust: CertTrust | null | undefined,
    options: TokenOptions,
    begin: (state: WriteState) => Promise<(snapshot: Snapshot) => Promise<Commit<T>>>,
  ): Promise<T> {
    if (this.isReadOnly) {
      throw new NssError("SEC_ERROR_READ_ONLY", `Cannot ${what}: "${this.name}" is read-only`);
    }
    const prepare = await begin(new WriteState(this.#core));
    const write = () => this.#core.write(prepare);
    if (trust === undefined || trust === null) return await write();
    return await whileLoggedIn(() => this.#ensureLogin(what, options), write);
  }

  async #trustWriter(
    snapshot: Snapshot,
    entries: Entries,
    certificate: Certificate,
    trust: CertTrust | null,
    state: WriteState,
  ): Promise<Commit<void>> {
    const own = entries.entryOf(certificate);
    const stored = own === undefined ? [] : entries.trustOf(own);
    if (trust === null) {
      return (writer) => {
        for (const { id } of stored) removeObject(writer, "cert", id);
      };
    }
    const mask = ~TRUST_FLAGS.user;
    const attributes = await trustAttributes(certificate, serialOf(certificate), {
      ssl: trust.ssl & mask,
      email: trust.email & mask,
      objectSigning: trust.objectSigning & mask,
    });
    // One object in the form that all versions of NSS read replaces the stored ones
    const kept = stored.find((object) => !isNewTrust(object))?.id;
    const id = kept ?? state.ids.next(snapshot, "trust");
    const macs = await state.macs(id, attributes);
    return (writer) => {
      for (const { id } of stored) if (id !== kept) removeObject(writer, "cert", id);
      if (kept === undefined) writer.insert("cert", id, attributes);
      else writer.update("cert", id, attributes);
      for (const [attribute, item1] of macs) {
        writer.putMetadata(macName("cert", id, attribute), { item1 });
      }
    };
  }

  async #stored(certificate: Certificate): Promise<CertRecord> {
    const [record] = await this.find({ der: certificate.der, subject: certificate.subject.der });
    if (record !== undefined) return record;
    throw new NssError(
      "SEC_ERROR_UNKNOWN_CERT",
      `Cannot read what has been stored of ${
        shown(certificate.subject)
      }: another program has removed it`,
    );
  }
}

/** The object ids and MACs of a write, kept for when it has to be repeated. */
class WriteState {
  readonly ids = new ObjectIds();
  readonly #core: NssDbCore;
  readonly #macs = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(core: NssDbCore) {
    this.#core = core;
  }

  async macs(
    id: number,
    attributes: ReadonlyMap<number, Uint8Array<ArrayBuffer>>,
  ): Promise<(readonly [number, Uint8Array<ArrayBuffer>])[]> {
    const session = this.#core.demandSession();
    const authenticated = [...attributes].filter(([attribute]) => AUTHENTICATED.has(attribute));
    return await Promise.all(authenticated.map(async ([attribute, value]) => {
      const cacheKey = `${toHex(session.record.item1)} ${id} ${attribute}`;
      const mac = this.#macs.get(cacheKey) ?? session.key.sign(id, attribute, value);
      this.#macs.set(cacheKey, mac);
      return [attribute, await mac] as const;
    }));
  }
}

/** Deletes an object and its MACs. */
function removeObject(writer: NssDbWriter, file: "cert" | "key", id: number): void {
  writer.remove(file, id);
  writer.removeMetadata(macName(file, id, 0).slice(0, -8));
}

/**
 * Returns the stored certificates for checks of the rules of {@linkcode CertDB}, without checking
 * MACs.
 */
function sourceOf(name: string, entries: Entries): CertSource {
  return {
    name,
    find: (query) =>
      Promise.resolve(
        entries.candidates(query).filter((entry) => recordMatches(entry, query))
          .map(({ certificate, nickname }) => ({
            certificate,
            nickname,
            trust: null,
            hasKey: false,
          })),
      ),
  };
}

/**
 * Computes the `CKA_ID` by which NSS finds the private key; from the encoding of the public key if
 * its kind is not supported.
 */
async function certificateId(certificate: Certificate): Promise<Uint8Array<ArrayBuffer>> {
  let value: Uint8Array<ArrayBuffer>;
  try {
    value = publicValueOf(certificate.subjectPublicKeyInfo);
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    value = certificate.subjectPublicKeyInfoDer;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-1", value));
}
