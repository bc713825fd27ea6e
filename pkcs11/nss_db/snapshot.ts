// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { CKA, CKO } from "./attributes.ts";
import type { Changes, DbFile, MetadataRow, NssDbReader } from "./files.ts";
import { Index, Layers } from "../token/layers.ts";
import { damaged, type StoredObject } from "./values.ts";

/** The objects of a file by their ids. */
type Objects = Layers<number, StoredObject>;

/**
 * The contents of a database at one moment. What this program writes makes the next snapshot of the
 * one before it ({@linkcode Snapshot.next}), for the cost of what it wrote; only after writes of
 * other programs is everything read again.
 */
export class Snapshot {
  /** Changes with each write. */
  readonly version: string;
  /** The password record and the MACs. */
  readonly metadata: Layers<string, MetadataRow>;
  readonly #objects: Readonly<Record<DbFile, Objects>>;
  readonly #index: Index<StoredObject>;

  private constructor(
    version: string,
    metadata: Layers<string, MetadataRow>,
    objects: Readonly<Record<DbFile, Objects>>,
    index: Index<StoredObject>,
  ) {
    this.version = version;
    this.metadata = metadata;
    this.#objects = objects;
    this.#index = index;
  }

  /**
   * Reads everything.
   *
   * @param reader The files in a transaction.
   * @param last An older snapshot, whose objects are taken where they have not changed, so that
   * what is known of them stays known.
   * @returns The snapshot.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if an object is damaged.
   */
  static read(reader: NssDbReader, last: Snapshot | null): Snapshot {
    const read = (file: DbFile): StoredObject[] => {
      const ids = new Set<number>();
      return reader.objects(file).map((object) => {
        if (ids.has(object.id)) throw damaged(`two objects have the id ${object.id}`);
        ids.add(object.id);
        classOf(object, file);
        const known = last?.object(file, object.id);
        return known !== undefined && isSameObject(known, object) ? known : object;
      });
    };
    const [cert, key] = [read("cert"), read("key")];
    const byId = (objects: readonly StoredObject[]): Objects =>
      Layers.of(objects.map((object) => [object.id, object] as const));
    return new Snapshot(
      reader.version,
      Layers.of(reader.allMetadata().map(({ name, ...row }) => [name, row] as const)),
      { cert: byId(cert), key: byId(key) },
      Index.of([...cert, ...key].flatMap(indexed)),
    );
  }

  /**
   * Returns what a write makes of this snapshot.
   *
   * @param version The version after the write.
   * @param changes What it has changed.
   * @returns The next snapshot.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if an object is damaged.
   */
  next(version: string, changes: Changes): Snapshot {
    let index = this.#index;
    for (const file of ["cert", "key"] as const) {
      for (const [id, object] of changes[file]) {
        if (object !== undefined) classOf(object, file);
        index = index.with(indexed(this.object(file, id)), indexed(object));
      }
    }
    return new Snapshot(
      version,
      this.metadata.with(changes.metadata),
      {
        cert: this.#objects.cert.with(changes.cert),
        key: this.#objects.key.with(changes.key),
      },
      index,
    );
  }

  /** Returns an object; `undefined` if there is none with that id. */
  object(file: DbFile, id: number): StoredObject | undefined {
    return this.#objects[file].get(id);
  }

  /** Returns whether an object of any file has the id. */
  isUsed(id: number): boolean {
    return this.object("cert", id) !== undefined || this.object("key", id) !== undefined;
  }

  /** Returns all objects of a file. */
  all(file: DbFile): readonly StoredObject[] {
    return this.#objects[file].values();
  }

  /** Returns all certificates. */
  get certificates(): readonly StoredObject[] {
    return this.all("cert").filter(isCertificate);
  }

  /** Returns all private keys. */
  get privateKeys(): readonly StoredObject[] {
    return this.all("key").filter(isPrivateKey);
  }

  /** Returns the certificates with the issuer and serial number of another object, as stored. */
  certificatesNamedAs(object: StoredObject): readonly StoredObject[] {
    return this.#index.get(`certificate ${nameIn(object)}`);
  }

  /**
   * Returns the trust objects with the issuer and serial number of another object, as stored; those
   * in the form of PKCS#11 3.2 first.
   */
  trustNamedAs(object: StoredObject): readonly StoredObject[] {
    const found = this.#index.get(`trust ${nameIn(object)}`);
    return [...found.filter(isNewTrust), ...found.filter((one) => !isNewTrust(one))];
  }

  /** Returns the trust objects that have the hash of a certificate. */
  trustOfHash(hash: Uint8Array): readonly StoredObject[] {
    return this.#index.get(`trust of ${toHex(hash)}`);
  }

  /** Returns the private keys with an id. */
  privateKeysOfId(id: Uint8Array): readonly StoredObject[] {
    return this.#index.get(`private key ${toHex(id)}`);
  }

  /** Returns whether there is a private key of a public value. */
  hasPrivateKeyOf(publicValue: Uint8Array): boolean {
    return this.#index.get(`private key of ${toHex(publicValue)}`).length > 0;
  }

  /** Returns the public keys with an id. */
  publicKeysOfId(id: Uint8Array): readonly StoredObject[] {
    return this.#index.get(`public key ${toHex(id)}`);
  }
}

/** What is computed of snapshots: once of what was read, and then only of what writes change. */
export class View<T> {
  readonly #known = new WeakMap<Snapshot, T>();
  readonly #read: (snapshot: Snapshot) => T;
  readonly #next: (before: T, snapshot: Snapshot, changes: Changes) => T;

  /**
   * Creates a view.
   *
   * @param read Computes it of everything.
   * @param next Computes it of what was computed before a write, and of what that has changed.
   */
  constructor(
    read: (snapshot: Snapshot) => T,
    next: (before: T, snapshot: Snapshot, changes: Changes) => T,
  ) {
    this.#read = read;
    this.#next = next;
  }

  /**
   * Returns what is computed of a snapshot.
   *
   * @param snapshot The snapshot.
   * @returns The result.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if something is damaged.
   */
  of(snapshot: Snapshot): T {
    const known = this.#known.get(snapshot);
    if (known !== undefined) return known;
    const value = this.#read(snapshot);
    this.#known.set(snapshot, value);
    return value;
  }

  /** Takes a write over; what it has damaged is told by {@linkcode View.of}. */
  follow(before: Snapshot, after: Snapshot, changes: Changes): void {
    const known = this.#known.get(before);
    if (known === undefined) return;
    try {
      this.#known.set(after, this.#next(known, after, changes));
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
    }
  }
}

/** Returns whether an object is a certificate. */
export function isCertificate(object: StoredObject): boolean {
  return object.ulong(CKA.class) === CKO.certificate;
}

/** Returns whether an object is a private key. */
export function isPrivateKey(object: StoredObject): boolean {
  return object.ulong(CKA.class) === CKO.privateKey;
}

/** Returns whether an object is trust in the form of PKCS#11 3.2, and not in that of older NSS. */
export function isNewTrust(object: StoredObject): boolean {
  return object.ulong(CKA.class) === CKO.trust;
}

/** Returns whether an object is trust, in either form. */
export function isTrustObject(object: StoredObject): boolean {
  return isNewTrust(object) || object.ulong(CKA.class) === CKO.nssTrust;
}

/** The public value of a private key: its key, or its modulus; `null` if it is not stored. */
export function storedPublicValue(key: StoredObject): Uint8Array<ArrayBuffer> | null {
  const value = key.get(CKA.nssDb) ?? key.get(CKA.modulus);
  return value === undefined || value.length === 0 ? null : value;
}

/** Returns whether two objects have the same attributes. */
export function isSameObject(a: StoredObject, b: StoredObject): boolean {
  return a === b || (a.attributes.size === b.attributes.size &&
    [...a.attributes].every(([attribute, value]) => {
      const other = b.get(attribute);
      return other !== undefined && bytesEqual(other, value);
    }));
}

function nameIn(object: StoredObject): string {
  return [CKA.issuer, CKA.serialNumber]
    .map((type) => object.get(type))
    .map((value) => value === undefined ? "" : toHex(value)).join(" ");
}

/** Returns an object with the keys of the index under which it is found. */
function indexed(object: StoredObject | undefined): (readonly [string, StoredObject])[] {
  if (object === undefined) return [];
  const keys: string[] = [];
  const id = object.get(CKA.id);
  switch (object.ulong(CKA.class)) {
    case CKO.certificate:
      keys.push(`certificate ${nameIn(object)}`);
      break;
    case CKO.trust:
    case CKO.nssTrust: {
      const hash = object.get(CKA.nssSha1) ?? object.get(CKA.hashOfCertificate);
      keys.push(`trust ${nameIn(object)}`);
      if (hash !== undefined) keys.push(`trust of ${toHex(hash)}`);
      break;
    }
    case CKO.publicKey:
      if (id !== undefined && id.length > 0) keys.push(`public key ${toHex(id)}`);
      break;
    case CKO.privateKey: {
      const value = storedPublicValue(object);
      if (id !== undefined && id.length > 0) keys.push(`private key ${toHex(id)}`);
      if (value !== null) keys.push(`private key of ${toHex(value)}`);
    }
  }
  return keys.map((key) => [key, object] as const);
}

/** The last object class of PKCS#11 3.2 (`CKO_TRUST`), and the classes of NSS. */
const LAST_CLASS = 0xb;
const NSS_CLASSES = /^ce5343[0-9a-f]{2}$/;
/** `CKO_SECRET_KEY`, the other class of objects in key4.db. */
const SECRET_KEY = 4;

/** Attributes that only objects of certain classes have. */
const CLASS_ATTRIBUTES: readonly (readonly [attribute: number, classes: readonly number[]])[] = [
  [CKA.certificateType, [CKO.certificate]],
  [CKA.keyType, [CKO.publicKey, CKO.privateKey, SECRET_KEY]],
  [CKA.hashOfCertificate, [CKO.trust]],
  [CKA.nssSha1, [CKO.nssTrust]],
];

/**
 * Checks the class of an object. An object with a damaged class would not be found, which could
 * hide distrust.
 */
function classOf(object: StoredObject, file: "cert" | "key"): number {
  const value = object.ulong(CKA.class);
  const isKnown = value !== undefined &&
    (value <= LAST_CLASS || NSS_CLASSES.test(value.toString(16))) &&
    (file === "key") === [CKO.privateKey, SECRET_KEY].includes(value) &&
    CLASS_ATTRIBUTES.every(([attribute, classes]) =>
      object.get(attribute) === undefined || classes.includes(value)
    );
  if (isKnown) return value;
  throw damaged(`object ${object.id} is of no class that it can be of`);
}
