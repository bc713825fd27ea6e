// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { KeyAlgorithm, PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { isNoVerdict } from "../../cert/verify/verify_signature.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf, publicValueOf } from "../keys/key_id.ts";
import { decodePrivateKey, type PrivateKeyInfo } from "../keys/pkcs8.ts";
import { fromInfo } from "../keys/private_key.ts";
import {
  type ImportableKey,
  type KeyQuery,
  publicKeyOf,
  type TokenKey,
  type TokenKeyPair,
} from "../token/token.ts";
import { storeImported, storeNewPair, type TokenKeyStore } from "../token/token_key_store.ts";
import { AUTHENTICATED, CKA } from "./attributes.ts";
import { type NssDbCore, type Session, whileLoggedIn } from "./core.ts";
import type { Changes } from "./files.ts";
import { decodeKey, encodeKey, type KeyObjects, readPublicKey, secretsOf } from "./key_codec.ts";
import { Index, Layers } from "../token/layers.ts";
import { ObjectIds } from "./object_ids.ts";
import { macName } from "./sealing.ts";
import { isPrivateKey, isSameObject, type Snapshot, type View } from "./snapshot.ts";
import { damaged, type StoredObject } from "./values.ts";

/** A stored private key. */
interface StoredKey extends TokenKey {
  /** The object in key4.db. */
  readonly object: StoredObject;
}

/** Imported keys by object id. */
type Opened = Map<number, { readonly object: StoredObject; readonly key: Promise<PrivateKey> }>;

/** The private keys of an NSS database. */
export class NssKeyStore implements TokenKeyStore {
  readonly #core: NssDbCore;
  readonly #keys: View<StoredKeys>;
  readonly #opened = new WeakMap<Session, Opened>();

  /**
   * Creates the store.
   *
   * @param core The database.
   */
  constructor(core: NssDbCore) {
    this.#core = core;
    this.#keys = core.view(
      (snapshot) => StoredKeys.read(snapshot),
      (before, snapshot, changes) => before.next(snapshot, changes),
    );
  }

  /** Lists the keys, for which no password is needed; see {@linkcode TokenKeyStore.list}. */
  list(): Promise<readonly TokenKey[]> {
    return this.#core.settled((snapshot) => Promise.resolve(this.#keys.of(snapshot).all));
  }

  /**
   * Finds a key and decrypts it into WebCrypto; see {@linkcode TokenKeyStore.find}.
   *
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the key is damaged.
   */
  async find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined> {
    if (await this.#find(which) === undefined) return undefined;
    return await whileLoggedIn(login, () => this.#open(which));
  }

  /**
   * Finds a key and decrypts it, so that it can be exported.
   *
   * @throws {NssError} `SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY` if it is marked as not extractable,
   * `SEC_ERROR_BAD_DATABASE` if it is damaged.
   */
  async extract(which: KeyQuery, login: () => Promise<unknown>): Promise<PrivateKey | undefined> {
    if (await this.#find(which) === undefined) return undefined;
    return await whileLoggedIn(login, () =>
      this.#core.settled(async (snapshot) => {
        const session = this.#core.demandSession();
        const stored = await this.#keys.of(snapshot).find(which);
        if (stored === undefined) return undefined;
        if (stored.object.get(CKA.extractable)?.[0] !== 1) {
          throw new NssError(
            "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
            `Cannot export private key ${toHex(stored.id)}: it is marked as not extractable`,
          );
        }
        return await this.#decrypt(snapshot, session, stored, stored.publicKey ?? null, true);
      }));
  }

  /** Generates a key pair; see {@linkcode TokenKeyStore.generate}. */
  async generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair> {
    if (!/^(?:ec|rsa)-/.test(type)) {
      throw new NssError(
        "SEC_ERROR_KEYGEN_FAIL",
        `Cannot generate key pair: NSS databases hold RSA and EC keys, none of ${type}`,
      );
    }
    await login();
    return await storeNewPair(type, async (pkcs8, publicKey) => {
      const [{ id }, privateKey] = await whileLoggedIn(login, async () => [
        await this.#store(pkcs8, publicKey, label),
        await this.#open(publicKey),
      ]);
      if (privateKey !== undefined) {
        return { id, label, algorithm: privateKey.algorithm, publicKey, privateKey };
      }
      throw new NssError(
        "SEC_ERROR_NO_KEY",
        "Cannot read the generated key: another program has removed it",
      );
    });
  }

  /** Stores a key; see {@linkcode TokenKeyStore.import}. */
  async import(
    key: ImportableKey,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKey> {
    const imported = await importPrivateKey(key, { extractable: true });
    await login();
    return await storeImported(imported, this.#core.label, async (pkcs8, publicKey) => {
      const stored = await whileLoggedIn(login, () => this.#store(pkcs8, publicKey, label));
      return await this.#find(publicKey) ?? stored;
    });
  }

  /** Deletes a private key with its public key; see {@linkcode TokenKeyStore.delete}. */
  async delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean> {
    if (await this.#find(which) === undefined) return false;
    await login();
    return await this.#delete(which);
  }

  #find(which: KeyQuery): Promise<StoredKey | undefined> {
    return this.#core.settled((snapshot) => this.#keys.of(snapshot).find(which));
  }

  #open(which: KeyQuery): Promise<PrivateKey | undefined> {
    return this.#core.settled(async (snapshot) => {
      const session = this.#core.demandSession();
      const stored = await this.#keys.of(snapshot).find(which);
      if (stored === undefined) return undefined;
      const wanted = publicKeyOf(which) ?? stored.publicKey ?? null;
      return await this.#import(snapshot, session, stored, wanted);
    });
  }

  #import(
    snapshot: Snapshot,
    session: Session,
    stored: StoredKey,
    wanted: SubjectPublicKeyInfo | null,
  ): Promise<PrivateKey> {
    const { object } = stored;
    // Not cached: with a certificate of the kind RSASSA-PSS, the key signs with fewer schemes
    if (wanted?.algorithm.type === "rsa-pss") {
      return this.#decrypt(snapshot, session, stored, wanted);
    }
    const opened = this.#opened.get(session) ?? new Map();
    this.#opened.set(session, opened);
    const known = opened.get(object.id);
    if (known !== undefined && isSameObject(known.object, object)) return known.key;
    const key = this.#decrypt(snapshot, session, stored, wanted);
    opened.set(object.id, { object, key });
    key.catch(() => opened.delete(object.id));
    return key;
  }

  async #decrypt(
    snapshot: Snapshot,
    session: Session,
    stored: StoredKey,
    wanted: SubjectPublicKeyInfo | null,
    isExtractable = false,
  ): Promise<PrivateKey> {
    const { object } = stored;
    await Promise.all(
      [...object.attributes.keys()].filter((attribute) => AUTHENTICATED.has(attribute))
        .map((attribute) => this.#core.verifyMac(session, snapshot, "key", object, attribute)),
    );
    const secrets = new Map(
      await Promise.all(
        secretsOf(object).map(async (attribute) =>
          [attribute, await this.#core.decrypt(session, snapshot, object, attribute)] as const
        ),
      ),
    );
    const pkcs8 = decodeKey(object, secrets, wanted);
    let info: PrivateKeyInfo | undefined;
    try {
      info = decodePrivateKey(pkcs8);
      return await fromInfo(info, isExtractable);
    } catch (cause) {
      // The encoding is right, and it is the runtime that does not take the key
      if (info !== undefined && cause instanceof NssError && isNoVerdict(cause)) throw cause;
      throw damaged(`key ${object.id} is malformed`, cause);
    } finally {
      pkcs8.fill(0);
    }
  }

  async #store(
    pkcs8: Uint8Array<ArrayBuffer>,
    publicKey: SubjectPublicKeyInfo,
    label: string | null,
  ): Promise<TokenKey> {
    const objects = await encodeKey(pkcs8, publicKey, label);
    const ids = new ObjectIds();
    const sealed = new Map<Session, Promise<Sealed>>();
    const macs = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
    try {
      await this.#core.write(async (snapshot) => {
        const session = this.#core.demandSession();
        if (await this.#keys.of(snapshot).find(publicKey) !== undefined) return () => {};
        const { values, secretMacs } = await getOrSet(
          sealed,
          session,
          () => seal(session, objects),
        );
        const privateId = ids.next(snapshot, "private key");
        const publicId = ids.next(snapshot, "public key");
        const clear = await Promise.all(
          ([["key", privateId, objects.privateKey], ["cert", publicId, objects.publicKey]] as const)
            .flatMap(([file, id, attributes]) =>
              [...attributes].filter(([attribute]) => AUTHENTICATED.has(attribute))
                .map(async ([attribute, value]) => {
                  const name = macName(file, id, attribute);
                  const memo = `${toHex(session.record.item1)} ${name}`;
                  const sign = () => session.key.sign(id, attribute, value);
                  return [name, await getOrSet(macs, memo, sign)] as const;
                })
            ),
        );
        return (writer) => {
          writer.insert("key", privateId, new Map([...objects.privateKey, ...values]));
          if (snapshot.publicKeysOfId(objects.id).length === 0) {
            writer.insert("cert", publicId, objects.publicKey);
          }
          for (const [attribute, item1] of secretMacs) {
            writer.putMetadata(macName("key", privateId, attribute), { item1 });
          }
          for (const [name, item1] of clear) writer.putMetadata(name, { item1 });
        };
      });
    } finally {
      for (const value of objects.secrets.values()) value.fill(0);
    }
    return {
      id: objects.id.slice(),
      label,
      algorithm: storedAlgorithm(publicKey),
      publicKey,
    };
  }

  #delete(which: KeyQuery): Promise<boolean> {
    return this.#core.write(async (snapshot) => {
      const stored = await this.#keys.of(snapshot).find(which);
      if (stored === undefined) return () => false;
      const halves = snapshot.publicKeysOfId(stored.id);
      return (writer) => {
        writer.remove("key", stored.object.id);
        writer.removeMetadata(macName("key", stored.object.id, 0).slice(0, -8));
        for (const half of halves) {
          writer.remove("cert", half.id);
          writer.removeMetadata(macName("cert", half.id, 0).slice(0, -8));
        }
        return true;
      };
    });
  }
}

interface Sealed {
  readonly values: readonly (readonly [number, Uint8Array<ArrayBuffer>])[];
  readonly secretMacs: readonly (readonly [number, Uint8Array<ArrayBuffer>])[];
}

/**
 * Encrypts and signs the secret attributes, once per session, because their MACs do not depend on
 * the object id.
 */
async function seal(session: Session, { secrets }: KeyObjects): Promise<Sealed> {
  const all = [...secrets];
  return {
    values: await Promise.all(
      all.map(async ([attribute, value]) => [attribute, await session.key.encrypt(value)] as const),
    ),
    secretMacs: await Promise.all(
      all.map(async ([attribute, value]) =>
        [attribute, await session.key.sign(0, attribute, value)] as const
      ),
    ),
  };
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** Returns the algorithm that NSS stores: it does not distinguish RSASSA-PSS keys. */
function storedAlgorithm({ algorithm }: SubjectPublicKeyInfo): KeyAlgorithm {
  return algorithm.type === "rsa-pss"
    ? { type: "rsa", modulusLength: algorithm.modulusLength }
    : algorithm;
}

/** The private keys of a snapshot. */
class StoredKeys {
  readonly #snapshot: Snapshot;
  readonly #byId: Layers<number, StoredKey>;
  readonly #index: Index<StoredKey>;

  private constructor(
    snapshot: Snapshot,
    byId: Layers<number, StoredKey>,
    index: Index<StoredKey>,
  ) {
    this.#snapshot = snapshot;
    this.#byId = byId;
    this.#index = index;
  }

  /** Reads the keys; throws `SEC_ERROR_BAD_DATABASE` if a public half is damaged. */
  static read(snapshot: Snapshot): StoredKeys {
    const keys = snapshot.privateKeys.map((object) => keyOf(object, snapshot));
    return new StoredKeys(
      snapshot,
      Layers.of(keys.map((key) => [key.object.id, key] as const)),
      Index.of(keys.flatMap(indexed)),
    );
  }

  /** Returns the keys after a write. */
  next(snapshot: Snapshot, changes: Changes): StoredKeys {
    const ids = new Set(changes.key.keys());
    for (const [id, object] of changes.cert) {
      // An old private key has its public half there
      for (const half of [this.#snapshot.object("cert", id), object]) {
        const keyId = half?.get(CKA.id);
        if (keyId === undefined) continue;
        for (const key of snapshot.privateKeysOfId(keyId)) ids.add(key.id);
      }
    }
    const changed = new Map<number, StoredKey | undefined>();
    for (const id of ids) {
      const object = snapshot.object("key", id);
      changed.set(id, object && isPrivateKey(object) ? keyOf(object, snapshot) : undefined);
    }
    const removed = [...ids].map((id) => this.#byId.get(id)).filter((key) => key !== undefined);
    const added = [...changed.values()].filter((key) => key !== undefined);
    return new StoredKeys(
      snapshot,
      this.#byId.with(changed),
      this.#index.with(removed.flatMap(indexed), added.flatMap(indexed)),
    );
  }

  /** All keys. */
  get all(): readonly StoredKey[] {
    return this.#byId.values();
  }

  /** Finds a key. */
  async find(which: KeyQuery): Promise<StoredKey | undefined> {
    const wanted = publicKeyOf(which);
    if (wanted === null) {
      const { id } = which as Pick<TokenKey, "id">;
      return this.#index.get(`id ${toHex(id)}`)[0];
    }
    const [byValue] = this.#index.get(`value ${toHex(publicValueOf(wanted))}`);
    if (byValue !== undefined) return byValue;
    const [byId] = this.#index.get(`id ${toHex(await keyIdOf(wanted))}`);
    // A key without a public key is identified by its id only
    if (byId?.publicKey === undefined) return byId;
    throw damaged(`key ${byId.object.id} has the id of another public key`);
  }
}

/** Returns a key with the keys of the index under which it is found. */
function indexed(key: StoredKey): (readonly [string, StoredKey])[] {
  const { id, publicKey } = key;
  return [
    ...id.length === 0 ? [] : [`id ${toHex(id)}`],
    ...publicKey === undefined ? [] : [`value ${toHex(publicValueOf(publicKey))}`],
  ].map((name) => [name, key] as const);
}

function keyOf(object: StoredObject, snapshot: Snapshot): StoredKey {
  const id = (object.get(CKA.id) ?? new Uint8Array(0)).slice();
  // The public half of an old private key is in cert9.db only
  const [half] = snapshot.publicKeysOfId(id);
  const publicKey = readPublicKey(object) ?? (half === undefined ? null : readPublicKey(half));
  return {
    object,
    id,
    label: object.text(CKA.label),
    algorithm: publicKey?.algorithm ?? null,
    ...(publicKey !== null && { publicKey }),
  };
}
