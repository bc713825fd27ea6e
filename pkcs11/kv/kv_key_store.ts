// Copyright 2026 the NSS for Deno authors. MIT license.

import { fromHex, toHex } from "../../cert/base/runtime.ts";
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
import { isStoredKey, signerOf, signRow, type StoredKey } from "./rows.ts";
import { seal, unseal } from "./sealing.ts";
import {
  CONFLICT,
  damaged,
  type KvKey,
  type KvRow,
  type KvStore,
  rowsUnder,
  withoutConflict,
  withStore,
} from "./store.ts";

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

  /**
   * Lists the keys; see {@linkcode TokenKeyStore.list}. A damaged one has its id and nothing else.
   */
  list(): Promise<readonly TokenKey[]> {
    return withoutConflict("read keys", async () => {
      const rows = await rowsUnder("read keys", this.#store, this.#prefix);
      const keys = await Promise.all(rows.map((row) => this.#authentic(row)));
      const isWhole = keys.every((key) => key !== null);
      // A new password is a new data key, with which the rows are read again
      if (!isWhole && this.#login.keyring !== null && await this.#login.refresh()) {
        return CONFLICT;
      }
      return keys.flatMap((key, i) => key ?? damagedKey(rows[i]!));
    });
  }

  /** Returns the key of a row; `null` if it is damaged. */
  async #authentic(row: KvRow): Promise<FoundKey | null> {
    const found = await readKey(row);
    const { keyring } = this.#login;
    return found === null || keyring === null ||
        await signerOf(keyring, row.name, found.stored) !== null
      ? found
      : null;
  }

  /**
   * Finds a key; see {@linkcode TokenKeyStore.find}.
   *
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the key is damaged.
   */
  find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined> {
    return withoutConflict("read keys", async () => {
      const row = await this.#rowOf(which);
      if (row === null) return undefined;
      const found = await readKey(row);
      if (found !== null && !matchesKeyQuery(found, which)) return undefined;
      await login();
      const key = found === null ? null : await this.#open(found);
      if (key !== null) return key;
      if (found === null || !await this.#login.refresh()) throw this.#damagedKey(row.name);
      return CONFLICT;
    });
  }

  /** Generates a key pair; see {@linkcode TokenKeyStore.generate}. */
  async generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair> {
    await login();
    return await storeNewPair(type, async (pkcs8, publicKey) => {
      const { id, algorithm, privateKey } = await this.#put(pkcs8, publicKey, label, login);
      return { id, label, algorithm, publicKey, privateKey };
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
      (pkcs8, publicKey) => this.#put(pkcs8, publicKey, label, login),
    );
  }

  /** Deletes a key, also a damaged one; see {@linkcode TokenKeyStore.delete}. */
  delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean> {
    const what = "delete private key";
    return withoutConflict(what, async () => {
      const row = await this.#rowOf(which);
      if (row === null) return false;
      const found = await readKey(row);
      if (found !== null && !matchesKeyQuery(found, which)) return false;
      await login();
      const { key, versionstamp } = row;
      const { ok } = await withStore(
        what,
        () => this.#store.atomic().check({ key, versionstamp }).delete(key).commit(),
      );
      return ok || CONFLICT;
    });
  }

  /** Returns the row at the location of a key; `null` if there is none. */
  async #rowOf(which: KeyQuery): Promise<KvRow | null> {
    let publicKey: SubjectPublicKeyInfo | null;
    try {
      publicKey = publicKeyOf(which);
    } catch (error) {
      if (error instanceof NssError) return null; // the kind of key is not supported
      throw error;
    }
    const id = publicKey === null ? (which as Pick<TokenKey, "id">).id : await keyIdOf(publicKey);
    const row = await this.#rowAt(toHex(id));
    return row.value === null ? null : row;
  }

  async #rowAt(name: string): Promise<KvRow> {
    const key = [...this.#prefix, name];
    const { value, versionstamp } = await withStore("read keys", () => this.#store.get(key));
    return { key, name, value, versionstamp };
  }

  #damagedKey(name: string): NssError {
    return damaged(
      this.#label,
      `key ${name} is damaged; restore it from a backup, or delete it by its id`,
    );
  }

  /** Decrypts a key; `null` if it is damaged, or of another data key. */
  async #open({ id, stored }: FoundKey): Promise<PrivateKey | null> {
    const { keyring } = this.#login;
    const signer = keyring === null ? null : await signerOf(keyring, toHex(id), stored);
    if (signer === null) return null;
    const plain = await unseal(signer.seal, stored.pkcs8, stored.spki);
    if (plain === null) return null;
    try {
      return await importPrivateKey(plain);
    } finally {
      plain.fill(0);
    }
  }

  /** Stores a key, and returns it, or the one that was stored before. */
  async #put(
    pkcs8: Uint8Array<ArrayBuffer>,
    publicKey: SubjectPublicKeyInfo,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<FoundKey & { readonly privateKey: PrivateKey }> {
    const what = "store private key";
    const name = toHex(await keyIdOf(publicKey));
    return await withoutConflict(what, async () => {
      await login();
      const row = await this.#rowAt(name);
      if (row.value === null) {
        const { keys, check } = this.#login.writeAccess;
        const { key, versionstamp } = row;
        const spki = publicKey.der;
        // The public key as context binds the private one to its location
        const sealed = await seal(keys.seal, pkcs8, spki);
        const stored = await signRow(keys, name, { label, spki, pkcs8: sealed });
        await withStore(
          what,
          () =>
            this.#store.atomic().check(check).check({ key, versionstamp }).set(key, stored)
              .commit(),
        );
      }
      const found = await readKey(await this.#rowAt(name));
      const privateKey = found === null ? null : await this.#open(found);
      if (found !== null && privateKey !== null) return { ...found, privateKey };
      const isStored = (await this.#rowAt(name)).value !== null;
      if (!await this.#login.refresh() && isStored) throw this.#damagedKey(name);
      return CONFLICT;
    });
  }
}

/** Reads the row of a key; `null` if it is damaged. Its MAC is not verified. */
async function readKey({ name, value }: KvRow): Promise<FoundKey | null> {
  if (!isStoredKey(value)) return null;
  try {
    const publicKey = parseSubjectPublicKeyInfo(value.spki);
    const id = await keyIdOf(publicKey);
    // A key at the location of another must not be used in its place
    if (toHex(id) !== name) return null;
    return { id, label: value.label, algorithm: publicKey.algorithm, publicKey, stored: value };
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
}

/** Returns what is known of a damaged key: enough to delete it. */
function damagedKey({ name }: KvRow): TokenKey[] {
  return /^(?:[0-9a-f]{2})+$/.test(name)
    ? [{ id: fromHex(name), label: null, algorithm: null }]
    : [];
}
