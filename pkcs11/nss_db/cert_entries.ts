// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { shown } from "../../cert/base/printable.ts";
import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import type { CertRecord } from "../../cert/db/cert_db.ts";
import { bytesEqual } from "../../cert/base/bytes.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { publicValueOf } from "../keys/key_id.ts";
import { CKA, CKO } from "./attributes.ts";
import type { Snapshot } from "./core.ts";
import { damaged, type StoredObject } from "./values.ts";

/** A stored certificate. */
export interface Entry {
  /** The object in cert9.db. */
  readonly object: StoredObject;
  /** The parsed certificate. */
  readonly certificate: Certificate;
  /** The record without its trust. */
  readonly record: Omit<CertRecord, "trust">;
  /** The objects of its trust; the first is used. */
  readonly trust: readonly { readonly object: StoredObject; readonly form: "old" | "new" }[];
}

/** The certificates of a snapshot. */
export interface Entries {
  /** The version of the snapshot. */
  readonly version: string;
  /** All certificates. */
  readonly all: readonly Entry[];
  /** The certificates by the DER of their subject in hexadecimal. */
  readonly bySubject: ReadonlyMap<string, readonly Entry[]>;
  /**
   * The trust objects whose issuer and serial number are those of no stored certificate, by the
   * hash of their certificate in hexadecimal.
   */
  readonly orphans: ReadonlyMap<string, StoredObject>;
}

/** Reads the certificates of snapshots, and parses each certificate once. */
export class CertEntryReader {
  #entries: Entries | null = null;
  /** The parsed certificates by object id, reused to keep the values that they cache. */
  #parsed: ReadonlyMap<number, Certificate | null> = new Map();

  /**
   * Reads the certificates of a snapshot, or returns those of the last call if the version is the
   * same.
   *
   * @param snapshot The snapshot.
   * @returns The certificates.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if any is damaged.
   */
  read(snapshot: Snapshot): Entries {
    if (this.#entries?.version === snapshot.version) return this.#entries;
    const hasKey = keyFinder(snapshot);
    const { trustOf, orphansOf } = trustFinder(snapshot);
    const parsed = new Map<number, Certificate | null>();
    const all = snapshot.certificates.flatMap((object): Entry[] => {
      const certificate = this.#parse(object);
      parsed.set(object.id, certificate);
      if (certificate === null) return [];
      const record = {
        certificate,
        nickname: object.text(CKA.label),
        hasKey: hasKey(certificate, object),
      };
      return [{ object, certificate, record, trust: trustOf(object, certificate) }];
    });
    this.#parsed = parsed;
    const bySubject = Map.groupBy(all, ({ certificate }) => certificate.subject.der.toHex());
    const orphans = orphansOf(all.map(({ object }) => object));
    return this.#entries = { version: snapshot.version, all, bySubject, orphans };
  }

  /** Returns `null` if this package rejects the certificate, also if a peer presents it. */
  #parse(object: StoredObject): Certificate | null {
    const der = object.need(CKA.value);
    const type = object.ulong(CKA.certificateType);
    if (type !== undefined && type !== 0) {
      throw damaged(`certificate ${object.id} is of type ${type}, not X.509`);
    }
    const known = this.#parsed.get(object.id);
    let certificate: Certificate;
    if (known && bytesEqual(known.der, der)) certificate = known;
    else {
      try {
        certificate = parseCertificate(der);
      } catch (cause) {
        if (isIntact(object, der)) return null;
        throw damaged(`certificate ${object.id} is malformed`, cause);
      }
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
}

interface TrustFinder {
  readonly trustOf: (object: StoredObject, certificate: Certificate) => Entry["trust"];
  readonly orphansOf: (certificates: readonly StoredObject[]) => Map<string, StoredObject>;
}

function trustFinder(snapshot: Snapshot): TrustFinder {
  const key = (object: StoredObject): string =>
    `${object.get(CKA.issuer)?.toHex()} ${object.get(CKA.serialNumber)?.toHex()}`;
  const all = [
    ...snapshot.newTrust.map((object) => ({ object, form: "new" as const })),
    ...snapshot.oldTrust.map((object) => ({ object, form: "old" as const })),
  ];
  const byName = Map.groupBy(all, ({ object }) => key(object));
  return {
    trustOf: (object) => byName.get(key(object)) ?? [],
    orphansOf: (certificates) => {
      const known = new Set(certificates.map(key));
      const orphans = new Map<string, StoredObject>();
      for (const { object } of all) {
        const hash = object.get(CKA.nssSha1) ?? object.get(CKA.hashOfCertificate);
        if (hash !== undefined && !known.has(key(object))) orphans.set(hash.toHex(), object);
      }
      return orphans;
    },
  };
}

/**
 * Checks that a certificate without trust has none whose issuer or serial number is damaged, so
 * that damage cannot hide distrust.
 *
 * @param certificate A certificate without trust.
 * @param orphans See {@linkcode Entries.orphans}.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if there is such trust.
 */
export async function checkOrphans(
  certificate: Certificate,
  orphans: ReadonlyMap<string, StoredObject>,
): Promise<void> {
  if (orphans.size === 0) return;
  for (const hash of ["SHA-1", "SHA-256"] as const) {
    const object = orphans.get((await certificate.fingerprint(hash)).toHex());
    if (object === undefined) continue;
    throw damaged(
      `trust ${object.id} is that of ${
        shown(certificate.subject)
      }, and has another issuer or serial number`,
    );
  }
}

/**
 * Returns a function that returns whether the private key of a certificate is in key4.db, for which
 * no password is needed.
 */
function keyFinder(
  snapshot: Snapshot,
): (certificate: Certificate, object: StoredObject) => boolean {
  const values = new Set<string>();
  /** The public values by id; empty if unknown. */
  const ids = new Map<string, string>();
  for (const object of snapshot.secrets) {
    if (object.ulong(CKA.class) !== CKO.privateKey) continue;
    const value = (object.get(CKA.nssDb) ?? object.get(CKA.modulus))?.toHex() ?? "";
    if (value !== "") values.add(value);
    const id = object.get(CKA.id)?.toHex() ?? "";
    if (id !== "") ids.set(id, value);
  }
  return (certificate, object) => {
    const idValue = ids.get(object.get(CKA.id)?.toHex() ?? "");
    if (idValue === "") return true;
    if (values.size === 0) return false;
    try {
      if (values.has(publicValueOf(certificate.subjectPublicKeyInfo).toHex())) return true;
    } catch (error) {
      if (error instanceof NssError) return false; // the kind of key is not supported
      throw error;
    }
    if (idValue === undefined) return false;
    throw damaged(
      `the private key with the id of certificate ${object.id} is of another public key`,
    );
  };
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
  const hex = der.toHex();
  return [CKA.issuer, CKA.serialNumber, CKA.subject]
    .every((attribute) => hex.includes(object.need(attribute).toHex()));
}
