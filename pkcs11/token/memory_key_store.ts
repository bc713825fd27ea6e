// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { KeyAlgorithm, PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { generateKeyPair, type KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf } from "../keys/key_id.ts";
import type { TokenKeyStore } from "./token_key_store.ts";
import {
  type ImportableKey,
  type KeyQuery,
  publicKeyOf,
  type TokenKey,
  type TokenKeyPair,
} from "./token.ts";

interface StoredKey extends TokenKey {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: SubjectPublicKeyInfo;
  readonly key: PrivateKey;
}

/**
 * Private keys in memory. Imported `PrivateKey` objects are kept as they are, wherever their keys
 * are stored.
 */
export class MemoryKeyStore implements TokenKeyStore {
  /** By id, and by public key. */
  readonly #keys = new Map<string, StoredKey>();
  readonly #byPublicKey = new Map<string, StoredKey>();

  /**
   * Returns whether the key of a certificate is stored.
   *
   * @param certificate The certificate.
   * @returns Whether it is stored.
   */
  has(certificate: Certificate): boolean {
    return this.#find(certificate) !== undefined;
  }

  /** Deletes all keys. */
  clear(): void {
    this.#keys.clear();
    this.#byPublicKey.clear();
  }

  /** Lists the keys; see {@linkcode TokenKeyStore.list}. */
  list(): Promise<readonly TokenKey[]> {
    return Promise.resolve([...this.#keys.values()]);
  }

  /** Finds a key; see {@linkcode TokenKeyStore.find}. */
  async find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined> {
    const stored = this.#find(which);
    if (stored === undefined) return undefined;
    await login();
    return stored.key;
  }

  /** Generates a key pair; see {@linkcode TokenKeyStore.generate}. */
  async generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair> {
    await login();
    const { privateKey, publicKey } = await generateKeyPair(type);
    const { id, algorithm } = await this.#store(privateKey, label);
    return { id, label, algorithm, publicKey, privateKey };
  }

  /**
   * Stores a key; see {@linkcode TokenKeyStore.import}.
   *
   * @throws {NssError} As `importPrivateKey`; `SEC_ERROR_INVALID_KEY` if its public key is not
   * known.
   */
  async import(
    key: ImportableKey,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKey> {
    await login();
    return await this.#store(await importPrivateKey(key), label);
  }

  /** Deletes a key; see {@linkcode TokenKeyStore.delete}. */
  async delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean> {
    if (this.#find(which) === undefined) return false;
    await login();
    const stored = this.#find(which);
    if (stored === undefined) return false;
    this.#byPublicKey.delete(toHex(stored.publicKey.publicKey));
    return this.#keys.delete(toHex(stored.id));
  }

  #find(which: KeyQuery): StoredKey | undefined {
    try {
      const publicKey = publicKeyOf(which);
      return publicKey === null
        ? this.#keys.get(toHex((which as Pick<TokenKey, "id">).id))
        : this.#byPublicKey.get(toHex(publicKey.publicKey));
    } catch (error) {
      if (error instanceof NssError) return undefined; // the kind of key is not supported
      throw error;
    }
  }

  async #store(key: PrivateKey, label: string | null): Promise<StoredKey> {
    const { publicKey, algorithm } = key;
    if (publicKey === undefined) {
      throw new NssError(
        "SEC_ERROR_INVALID_KEY",
        "Cannot import private key: its public half is not known, and certificates are found by it",
      );
    }
    const id = await keyIdOf(publicKey);
    const hex = toHex(id);
    const stored = this.#keys.get(hex) ?? { id, label, algorithm, publicKey, key };
    this.#keys.set(hex, stored);
    this.#byPublicKey.set(toHex(stored.publicKey.publicKey), stored);
    return stored;
  }
}
