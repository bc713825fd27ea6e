// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { shown } from "../../cert/base/printable.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import { type CertQuery, indexKeyOf, indexKeysOf } from "../../cert/db/cert_db.ts";
import { bytesEqual } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { publicValueOf } from "../keys/key_id.ts";
import { CKA } from "./attributes.ts";
import type { Changes } from "./files.ts";
import { Index, Layers } from "../token/layers.ts";
import { isCertificate, isTrustObject, type Snapshot, storedPublicValue } from "./snapshot.ts";
import { damaged, type StoredObject } from "./values.ts";

/** A stored certificate. */
export interface Entry {
  /** The object in cert9.db. */
  readonly object: StoredObject;
  /** The parsed certificate. */
  readonly certificate: Certificate;
  /** Its nickname. */
  readonly nickname: string | null;
}

/** The certificates of a snapshot. */
export class Entries {
  readonly #snapshot: Snapshot;
  readonly #byId: Layers<number, Entry>;
  readonly #index: Index<Entry>;
  /** The number of trust objects with the issuer and serial number of no stored certificate. */
  readonly #orphans: number;

  private constructor(
    snapshot: Snapshot,
    byId: Layers<number, Entry>,
    index: Index<Entry>,
    orphans: number,
  ) {
    this.#snapshot = snapshot;
    this.#byId = byId;
    this.#index = index;
    this.#orphans = orphans;
  }

  /**
   * Reads the certificates of a snapshot.
   *
   * @param snapshot The snapshot.
   * @returns The certificates.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if any is damaged.
   */
  static read(snapshot: Snapshot): Entries {
    const entries = snapshot.certificates.map(entryOf).filter((entry) => entry !== null);
    const byId = Layers.of(entries.map((entry) => [entry.object.id, entry] as const));
    const index = Index.of(entries.flatMap(indexed));
    const orphans = snapshot.all("cert")
      .filter((object) => isTrustObject(object) && isOrphan(object, snapshot, byId)).length;
    return new Entries(snapshot, byId, index, orphans);
  }

  /**
   * Returns the certificates after a write.
   *
   * @param snapshot The snapshot after the write.
   * @param changes What it has changed.
   * @returns The certificates.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if a changed one is damaged.
   */
  next(snapshot: Snapshot, changes: Changes): Entries {
    const changed = new Map<number, Entry | undefined>();
    const removed: Entry[] = [];
    const added: Entry[] = [];
    /** Trust objects that may have lost their certificate, or found it. */
    const before = new Set<StoredObject>();
    const after = new Set<StoredObject>();
    for (const [id, object] of changes.cert) {
      const [old, entry] = [this.#byId.get(id), object && isCertificate(object) && entryOf(object)];
      if (old !== undefined) removed.push(old);
      if (entry) added.push(entry);
      if (old !== undefined || entry) changed.set(id, entry || undefined);
      for (const one of [this.#snapshot.object("cert", id), object]) {
        if (one === undefined || !(isCertificate(one) || isTrustObject(one))) continue;
        this.#snapshot.trustNamedAs(one).forEach((trust) => before.add(trust));
        snapshot.trustNamedAs(one).forEach((trust) => after.add(trust));
      }
    }
    const byId = this.#byId.with(changed);
    const count = (trust: Set<StoredObject>, at: Snapshot, entries: Layers<number, Entry>) =>
      [...trust].filter((object) => isOrphan(object, at, entries)).length;
    const orphans = this.#orphans - count(before, this.#snapshot, this.#byId) +
      count(after, snapshot, byId);
    const index = this.#index.with(removed.flatMap(indexed), added.flatMap(indexed));
    return new Entries(snapshot, byId, index, orphans);
  }

  /** Returns the certificates among which are all that match a query. */
  candidates(query: CertQuery): readonly Entry[] {
    const key = indexKeyOf(query);
    return key === null ? this.#byId.values() : this.#index.get(key);
  }

  /** Returns the entry of a certificate, if it is stored. */
  entryOf(certificate: Certificate): Entry | undefined {
    return this.candidates({ der: certificate.der })
      .find((entry) => entry.certificate.equals(certificate));
  }

  /** Returns the objects of the trust in a certificate; the first is used. */
  trustOf({ object }: Entry): readonly StoredObject[] {
    return this.#snapshot.trustNamedAs(object);
  }

  /**
   * Returns whether the private key of a certificate is in key4.db, for which no password is
   * needed.
   *
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the key with its id is another.
   */
  hasKey({ certificate, object }: Entry): boolean {
    const id = object.get(CKA.id);
    const withId = id === undefined ? undefined : this.#snapshot.privateKeysOfId(id).at(-1);
    if (withId !== undefined && storedPublicValue(withId) === null) return true;
    try {
      if (this.#snapshot.hasPrivateKeyOf(publicValueOf(certificate.subjectPublicKeyInfo))) {
        return true;
      }
    } catch (error) {
      if (error instanceof NssError) return false; // the kind of key is not supported
      throw error;
    }
    if (withId === undefined) return false;
    throw damaged(
      `the private key with the id of certificate ${object.id} is of another public key`,
    );
  }

  /**
   * Checks that a certificate without trust has none whose issuer or serial number is damaged, so
   * that damage cannot hide distrust.
   *
   * @param certificate A certificate without trust.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if there is such trust.
   */
  async checkOrphans(certificate: Certificate): Promise<void> {
    if (this.#orphans === 0) return;
    for (const hash of ["SHA-1", "SHA-256"] as const) {
      const object = this.#snapshot.trustOfHash(await certificate.fingerprint(hash))
        .find((trust) => isOrphan(trust, this.#snapshot, this.#byId));
      if (object === undefined) continue;
      throw damaged(
        `trust ${object.id} is that of ${
          shown(certificate.subject)
        }, and has another issuer or serial number`,
      );
    }
  }
}

/** Returns whether trust has the issuer and serial number of no certificate. */
function isOrphan(
  trust: StoredObject,
  snapshot: Snapshot,
  entries: Layers<number, Entry>,
): boolean {
  return !snapshot.certificatesNamedAs(trust).some(({ id }) => entries.has(id));
}

/** Returns an entry with the keys of the index under which it is found. */
function indexed(entry: Entry): (readonly [string, Entry])[] {
  return indexKeysOf(entry).map((key) => [key, entry] as const);
}

/**
 * The entries of objects, which stay the same objects until they change; `null` if this package
 * rejects the certificate, also if a peer presents it.
 */
const ENTRIES = new WeakMap<StoredObject, Entry | null>();

function entryOf(object: StoredObject): Entry | null {
  const known = ENTRIES.get(object);
  if (known !== undefined) return known;
  const certificate = parseEntry(object);
  const entry = certificate && { object, certificate, nickname: object.text(CKA.label) };
  ENTRIES.set(object, entry);
  return entry;
}

function parseEntry(object: StoredObject): Certificate | null {
  const der = object.need(CKA.value);
  const type = object.ulong(CKA.certificateType);
  if (type !== undefined && type !== 0) {
    throw damaged(`certificate ${object.id} is of type ${type}, not X.509`);
  }
  let certificate: Certificate;
  try {
    certificate = Certificate.fromDer(der);
  } catch (cause) {
    if (isIntact(object, der)) return null;
    throw damaged(`certificate ${object.id} is malformed`, cause);
  }
  const differs = !bytesEqual(certificate.subject.der, object.need(CKA.subject))
    ? "subject"
    : !bytesEqual(certificate.issuer.der, object.need(CKA.issuer))
    ? "issuer"
    : !isSerial(object.need(CKA.serialNumber), certificate)
    ? "serial number"
    : null;
  if (differs === null) return certificate;
  throw damaged(`certificate ${object.id} has another ${differs} than is stored with it`);
}

/**
 * Encodes a serial number as NSS stores it.
 *
 * @param certificate The certificate.
 * @returns The INTEGER.
 */
export function serialOf(certificate: Certificate): Uint8Array<ArrayBuffer> {
  return new DerWriter().primitive(0x02, certificate.serialNumber).finish();
}

/** NSS stores the INTEGER; some programs store its content. */
function isSerial(stored: Uint8Array<ArrayBuffer>, certificate: Certificate): boolean {
  return bytesEqual(stored, serialOf(certificate)) || bytesEqual(stored, certificate.serialNumber);
}

/**
 * Returns whether a certificate that is rejected contains its stored issuer, serial number and
 * subject, and thus is not damaged.
 */
function isIntact(object: StoredObject, der: Uint8Array<ArrayBuffer>): boolean {
  try {
    const whole = new DerReader(der, "certificate");
    whole.sequence("certificate");
    whole.finish();
  } catch {
    return false;
  }
  const hex = toHex(der);
  return [CKA.issuer, CKA.serialNumber, CKA.subject]
    .every((attribute) => hex.includes(toHex(object.need(attribute))));
}
