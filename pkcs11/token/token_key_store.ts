// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { generateKeyPair, type KeyPairType } from "../keys/generate_key_pair.ts";
import { exportPkcs8 } from "../keys/private_key.ts";
import type { ImportableKey, KeyQuery, TokenKey, TokenKeyPair } from "./token.ts";

/**
 * The private keys of a token, behind the methods of `BaseToken`.
 *
 * Methods are called only while the token is open, and those that write only if it is not
 * read-only. A method that needs a password calls `login` first, which does nothing if the token is
 * logged in, and throws if it cannot be logged in.
 *
 * @category Tokens
 */
export interface TokenKeyStore {
  /**
   * Lists the keys.
   *
   * @param login Logs the token in, for tokens that hide their keys without a password.
   * @returns The keys; further properties are ignored.
   */
  list(login: () => Promise<void>): Promise<readonly TokenKey[]>;
  /**
   * Finds a key.
   *
   * @param which The key.
   * @param login Logs the token in, if it has the key.
   * @returns The key, or `undefined`. `BaseToken` binds it to the session.
   */
  find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined>;
  /**
   * Generates and stores a key pair.
   *
   * @param type The kind of keys.
   * @param label The label; `null` for none.
   * @param login Logs the token in.
   * @returns The pair. `BaseToken` binds the private key to the session.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if the token does not generate that kind.
   */
  generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair>;
  /**
   * Stores a key. A stored one stays unchanged.
   *
   * @param key The key.
   * @param label The label; `null` for none.
   * @param login Logs the token in.
   * @returns The stored key.
   * @throws {NssError} As `Token.importKey`.
   */
  import(key: ImportableKey, label: string | null, login: () => Promise<void>): Promise<TokenKey>;
  /**
   * Deletes a key.
   *
   * @param which The key.
   * @param login Logs the token in, if it has the key.
   * @returns Whether it was stored.
   */
  delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean>;
}

/** Stores a private key, whose PKCS#8 encoding is overwritten afterwards. */
export type StoreEncoded<T> = (
  pkcs8: Uint8Array<ArrayBuffer>,
  publicKey: SubjectPublicKeyInfo,
) => Promise<T>;

/**
 * Generates a key pair, for stores that keep encoded keys.
 *
 * @param type The kind of keys.
 * @param store Stores the private key.
 * @returns The result of `store`.
 * @throws {NssError} As `generateKeyPair`, or the error of `store`.
 */
export async function storeNewPair<T>(type: KeyPairType, store: StoreEncoded<T>): Promise<T> {
  const pair = await generateKeyPair(type, { extractable: true });
  const pkcs8 = await pair.exportPkcs8();
  try {
    return await store(pkcs8, pair.publicKey);
  } finally {
    pkcs8.fill(0);
  }
}

/**
 * Exports a private key, for stores that keep encoded keys.
 *
 * @param key The key.
 * @param label The label of the token, for the error message.
 * @param store Stores the private key.
 * @returns The result of `store`.
 * @throws {NssError} `SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY` if the key is not extractable, or the
 * error of `store`.
 */
export async function storeImported<T>(
  key: PrivateKey,
  label: string,
  store: StoreEncoded<T>,
): Promise<T> {
  const cannotMove = (cause?: unknown): NssError =>
    new NssError(
      "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
      `Cannot import private key into token "${label}": it may not leave where it is`,
      cause === undefined ? {} : { cause },
    );
  const { publicKey } = key;
  if (publicKey === undefined) throw cannotMove();
  const pkcs8 = await exportPkcs8(key).catch((cause) => {
    throw cannotMove(cause);
  });
  try {
    return await store(pkcs8, publicKey);
  } finally {
    pkcs8.fill(0);
  }
}
