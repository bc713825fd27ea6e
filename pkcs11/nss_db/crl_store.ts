// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import {
  isInstance,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { shown } from "../../cert/base/printable.ts";
import { NssError } from "../../cert/base/errors.ts";
import { Name } from "../../cert/names/name.ts";
import { Crl, parseCrl } from "../../cert/revocation/crl.ts";
import { CKA, CKO } from "./attributes.ts";
import type { NssDbCore } from "./core.ts";
import type { Commit } from "./files.ts";
import { ObjectIds } from "./object_ids.ts";
import type { Snapshot } from "./snapshot.ts";
import { bool, damaged, type StoredObject, text, ulong } from "./values.ts";

/**
 * A CRL in an NSS database.
 *
 * @category Revocation
 */
export interface StoredCrl {
  /** Whose it is. */
  readonly issuer: Name;
  /**
   * The CRL; `null` if {@linkcode parseCrl} rejects it: NSS takes some that RFC 5280 forbids, and
   * its crlutil makes such ones.
   */
  readonly crl: Crl | null;
  /** Where it is from; `null` if that is not stored. */
  readonly url: string | null;
}

/**
 * The options of {@linkcode NssCrls.importCrl}.
 *
 * @category Revocation
 */
export interface ImportCrlOptions {
  /** Where the CRL is from; nothing by default. */
  readonly url?: string;
}

const SHAPE: Shape<ImportCrlOptions> = { url: isString };

/**
 * The CRLs of an NSS database, one of each issuer: {@linkcode NssDbToken.crls}.
 *
 * NSS's programs go by them; in this package, {@linkcode checkRevocation} goes by those that it is
 * given. Nothing protects them in the database but their signatures, which it verifies.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, createCrl } from "@nss/nss/cert";
 * import { openNssDb } from "@nss/nss/pkcs11/nss-db";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const token = await openNssDb(directory, { create: true });
 * const keys = await token.generateKeyPair("ec-p256");
 * const certificate = await createCertificate({ ...keys, subject: "CN=Root", isCa: true });
 * const crl = await createCrl({
 *   issuer: { certificate, privateKey: keys.privateKey },
 *   crlNumber: 1,
 *   thisUpdate: new Date(),
 *   revoked: [],
 * });
 * await token.crls.importCrl(crl, { url: "http://ca.example/root.crl" });
 * assertEquals((await token.crls.find(certificate.subject)).length, 1);
 *
 * await token.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @category Revocation
 */
export interface NssCrls {
  /**
   * Finds CRLs.
   *
   * @param issuer Whose; by default those of all.
   * @returns The CRLs, with where they are from.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if one is damaged.
   */
  find(issuer?: Name): Promise<readonly StoredCrl[]>;

  /**
   * Stores a CRL in the place of an older one of the issuer. It is not verified.
   *
   * @param crl The CRL.
   * @param options Where it is from.
   * @returns Whether it was stored; `false` if it was there already.
   * @throws {NssError} `SEC_ERROR_OLD_CRL` if there is a newer one, `SEC_ERROR_READ_ONLY`.
   */
  importCrl(crl: Crl, options?: ImportCrlOptions): Promise<boolean>;

  /**
   * Deletes the CRLs of an issuer (`SEC_DeletePermCRL`).
   *
   * @param issuer The issuer.
   * @returns Whether there was one.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  deleteCrl(issuer: Name): Promise<boolean>;
}

/** The CRLs of an NSS database. */
export class NssCrlStore implements NssCrls {
  readonly #core: NssDbCore;

  /**
   * Creates the store.
   *
   * @param core The database.
   */
  constructor(core: NssDbCore) {
    this.#core = core;
  }

  /** See {@linkcode NssCrls.find}. */
  async find(issuer?: Name): Promise<readonly StoredCrl[]> {
    requireArgs(
      "Cannot find CRL",
      issuer === undefined ? null : isInstance(Name)(issuer, "issuer"),
    );
    return await this.#core.settled((snapshot) =>
      Promise.resolve(
        crlsOf(snapshot).map(crlOf).filter((stored) =>
          issuer === undefined || stored.issuer.equals(issuer)
        ),
      )
    );
  }

  /** See {@linkcode NssCrls.importCrl}. */
  async importCrl(crl: Crl, options: ImportCrlOptions = {}): Promise<boolean> {
    requireArgs("Cannot import CRL", isInstance(Crl)(crl, "crl"));
    const { url } = takeOptions("Cannot import CRL", options, SHAPE);
    const ids = new ObjectIds();
    return await this.#write("import CRL", (snapshot) => {
      const before = sameIssuer(snapshot, crl.issuer);
      if (before.some((object) => bytesEqual(object.need(CKA.value), crl.der))) return () => false;
      const newer = before.map((object) => crlOf(object).crl)
        .find((one) => one !== null && one.thisUpdate > crl.thisUpdate);
      if (newer) {
        throw new NssError(
          "SEC_ERROR_OLD_CRL",
          `Cannot import CRL of ${shown(crl.issuer)}: there is a newer one, of ` +
            newer.thisUpdate.toISOString(),
        );
      }
      const id = ids.next(snapshot, "CRL");
      return (writer) => {
        for (const object of before) writer.remove("cert", object.id);
        writer.insert(
          "cert",
          id,
          new Map([
            [CKA.class, ulong(CKO.nssCrl)],
            [CKA.token, bool(true)],
            [CKA.private, bool(false)],
            [CKA.label, text(null)],
            [CKA.value, crl.der],
            [CKA.subject, crl.issuer.der],
            [CKA.modifiable, bool(true)],
            ...url === undefined ? [] : [[CKA.nssUrl, text(url)] as const],
            [CKA.nssKrl, bool(false)],
          ]),
        );
        return true;
      };
    });
  }

  /** See {@linkcode NssCrls.deleteCrl}. */
  async deleteCrl(issuer: Name): Promise<boolean> {
    requireArgs("Cannot delete CRL", isInstance(Name)(issuer, "issuer"));
    return await this.#write("delete CRL", (snapshot) => {
      const stored = sameIssuer(snapshot, issuer);
      return (writer) => {
        for (const { id } of stored) writer.remove("cert", id);
        return stored.length > 0;
      };
    });
  }

  async #write<T>(what: string, prepare: (snapshot: Snapshot) => Commit<T>): Promise<T> {
    if (this.#core.files.isReadOnly) {
      throw new NssError(
        "SEC_ERROR_READ_ONLY",
        `Cannot ${what}: "${this.#core.label}" is read-only`,
      );
    }
    return await this.#core.write((snapshot) => Promise.resolve(prepare(snapshot)));
  }
}

function crlsOf(snapshot: Snapshot): readonly StoredObject[] {
  return snapshot.all("cert").filter((object) => object.ulong(CKA.class) === CKO.nssCrl);
}

/** As NSS, by the encoding: a name that differs in its case only would be another issuer's. */
function sameIssuer(snapshot: Snapshot, issuer: Name): readonly StoredObject[] {
  return crlsOf(snapshot).filter((object) => bytesEqual(object.need(CKA.subject), issuer.der));
}

/** Objects stay the same ones until they change; a CRL of a million entries is parsed once. */
const PARSED = new WeakMap<StoredObject, StoredCrl>();

function crlOf(object: StoredObject): StoredCrl {
  const known = PARSED.get(object);
  if (known !== undefined) return known;
  const [der, subject] = [object.need(CKA.value), object.need(CKA.subject)];
  const crl = attempt(() => parseCrl(der));
  // A list that is rejected has the name all the same, unless it is damaged
  if (crl === null ? !toHex(der).includes(toHex(subject)) : !bytesEqual(crl.issuer.der, subject)) {
    throw damaged(`CRL ${object.id} has another issuer than is stored with it`);
  }
  const issuer = crl?.issuer ?? attempt(() => Name.fromDer(subject));
  if (issuer === null) throw damaged(`the issuer of CRL ${object.id} is malformed`);
  const stored = { issuer, crl, url: object.text(CKA.nssUrl) };
  PARSED.set(object, stored);
  return stored;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
}
