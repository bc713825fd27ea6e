// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf } from "../keys/key_id.ts";
import {
  type ImportableKey,
  type KeyQuery,
  matchesKeyQuery,
  publicKeyOf,
  type TokenKey,
  type TokenKeyPair,
} from "../token/token.ts";
import { storeImported, storeNewPair, type TokenKeyStore } from "../token/token_key_store.ts";
import type { KvLogin } from "./kv_login.ts";
import { isSealed, seal, type Sealed, unseal } from "./sealing.ts";
import { damaged, type KvEntry, type KvKey, type KvStore, withStore } from "./store.ts";

/** A stored private key. */
interface StoredKey {
  readonly label: string | null;
  readonly spki: Uint8Array<ArrayBuffer>;
  readonly pkcs8: Sealed;
}

function isStoredKey(value: unknown): value is StoredKey {
  const { label, spki, pkcs8 } = (value ?? {}) as Partial<StoredKey>;
  return spki instanceof Uint8Array && isSealed(pkcs8) &&
    (label === null || typeof label === "string");
}

interface FoundKey extends TokenKey {
  readonly publicKey: SubjectPublicKeyInfo;
  readonly algorithm: SubjectPublicKeyInfo["algorithm"];
  readonly stored: StoredKey;
}

/** The options of a {@linkcode KvKeyStore}. */
export interface KvKeyStoreOptions {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** The prefix of its keys. */
  readonly prefix: KvKey;
  /** The login, which has the data key. */
  readonly login: KvLogin;
}

/**
 * Private keys in Deno KV, each at the location of its id, encrypted under the token's data key.
 */
export class KvKeyStore implements TokenKeyStore {
  readonly #label: string;
  readonly #store: KvStore;
  readonly #prefix: KvKey;
  readonly #login: KvLogin;

  /**
   * Creates a view of the keys of a token.
   *
   * @param options The store and its token.
   */
  constructor(options: KvKeyStoreOptions) {
    this.#label = options.label;
    this.#store = options.store;
    this.#prefix = options.prefix;
    this.#login = options.login;
  }

  /** Lists the keys; see {@linkcode TokenKeyStore.list}. */
  async list(): Promise<readonly TokenKey[]> {
    const entries = await withStore("read keys", async () => {
      const entries: KvEntry[] = [];
      for await (const entry of this.#store.list({ prefix: this.#prefix })) entries.push(entry);
      return entries;
    });
    return await Promise.all(entries.map((entry) => this.#foundKey(entry)));
  }

  /**
   * Finds a key; see {@linkcode TokenKeyStore.find}.
   *
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the key is damaged.
   */
  async find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined> {
    const found = await this.#find(which);
    if (found === undefined) return undefined;
    await login();
    return await this.#open(found);
  }

  /** Generates a key pair; see {@linkcode TokenKeyStore.generate}. */
  async generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair> {
    await login();
    return await storeNewPair(type, async (pkcs8, publicKey) => {
      const found = await this.#put(pkcs8, publicKey, label);
      const { id, algorithm } = found;
      return { id, label, algorithm, publicKey, privateKey: await this.#open(found) };
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
    return await storeImported(
      imported,
      this.#label,
      (pkcs8, publicKey) => this.#put(pkcs8, publicKey, label),
    );
  }

  /** Deletes a key; see {@linkcode TokenKeyStore.delete}. */
  async delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean> {
    for (;;) {
      const found = await this.#find(which);
      if (found === undefined) return false;
      await login();
      const key = this.#keyOf(found.id);
      const isDeleted = await withStore("delete private key", async () => {
        const { value, versionstamp } = await this.#store.get(key);
        if (value === null) return false;
        return (await this.#store.atomic().check({ key, versionstamp }).delete(key).commit()).ok;
      });
      if (isDeleted) return true;
    }
  }

  #keyOf(id: Uint8Array): KvKey {
    return [...this.#prefix, id.toHex()];
  }

  async #find(which: KeyQuery): Promise<FoundKey | undefined> {
    let publicKey: SubjectPublicKeyInfo | null;
    try {
      publicKey = publicKeyOf(which);
    } catch (error) {
      if (error instanceof NssError) return undefined; // the kind of key is not supported
      throw error;
    }
    const id = publicKey === null ? (which as Pick<TokenKey, "id">).id : await keyIdOf(publicKey);
    const entry = await withStore("read keys", () => this.#store.get(this.#keyOf(id)));
    if (entry.value === null) return undefined;
    const found = await this.#foundKey(entry);
    return matchesKeyQuery(found, which) ? found : undefined;
  }

  async #foundKey({ key, value }: KvEntry): Promise<FoundKey> {
    const location = key.at(-1);
    let cause: unknown;
    if (isStoredKey(value)) {
      try {
        const publicKey = parseSubjectPublicKeyInfo(value.spki);
        const id = await keyIdOf(publicKey);
        // A key at the location of another must not be used in its place
        if (id.toHex() === location) {
          const { algorithm } = publicKey;
          return { id, label: value.label, algorithm, publicKey, stored: value };
        }
      } catch (error) {
        cause = error;
      }
    }
    throw damaged(this.#label, `key ${location}`, cause);
  }

  async #open({ id, stored: { pkcs8, spki } }: FoundKey): Promise<PrivateKey> {
    const plain = await unseal(this.#login.dataKey, pkcs8, spki);
    if (plain === null) throw damaged(this.#label, `key ${id.toHex()}`);
    try {
      return await importPrivateKey(plain);
    } finally {
      plain.fill(0);
    }
  }

  async #put(
    pkcs8: Uint8Array<ArrayBuffer>,
    publicKey: SubjectPublicKeyInfo,
    label: string | null,
  ): Promise<FoundKey> {
    const key = this.#keyOf(await keyIdOf(publicKey));
    const stored: StoredKey = {
      label,
      spki: publicKey.der,
      // The public key as context binds the private one to its location
      pkcs8: await seal(this.#login.dataKey, pkcs8, publicKey.der),
    };
    await withStore(
      "store private key",
      () => this.#store.atomic().check({ key, versionstamp: null }).set(key, stored).commit(),
    );
    // The new key, or the one that was stored before
    return await this.#foundKey(await withStore("read keys", () => this.#store.get(key)));
  }
}
