// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { generateKeyPair, type KeyPairType } from "../keys/generate_key_pair.ts";
import { exportPkcs8 } from "../keys/private_key.ts";
import type { ImportableKey, KeyQuery, TokenKey, TokenKeyPair } from "./token.ts";

/**
 * Where a token has its private keys; `BaseToken` makes the methods of `Token` of it.
 *
 * It is asked only while the token is open, and to change only if that is not read-only. Whatever
 * needs a password calls `login` first, which does nothing where it is not needed, and fails with
 * `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if nobody can log the token in.
 */
export interface TokenKeyStore {
  /**
   * Lists the keys.
   *
   * @param login Logs the token in, for those that tell nothing without.
   * @returns The keys; what they have besides is not handed on.
   */
  list(login: () => Promise<void>): Promise<readonly TokenKey[]>;
  /**
   * Finds a key.
   *
   * @param which Which one.
   * @param login Logs the token in; for a key that is there.
   * @returns The key, or `undefined`. It may sign for ever: who calls binds it to the session.
   */
  find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined>;
  /**
   * Makes a key pair and stores it.
   *
   * @param type What kind of keys.
   * @param label What people call it; `null` for none.
   * @param login Logs the token in.
   * @returns The pair; its private key is as that of `find`.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if it makes none of that kind.
   */
  generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair>;
  /**
   * Stores a key. One that is there already stays as it is.
   *
   * @param key The key.
   * @param label What people call it; `null` for none.
   * @param login Logs the token in.
   * @returns What is stored now.
   * @throws {NssError} As `Token.importKey`.
   */
  import(key: ImportableKey, label: string | null, login: () => Promise<void>): Promise<TokenKey>;
  /**
   * Removes a key.
   *
   * @param which Which one.
   * @param login Logs the token in; for a key that is there.
   * @returns Whether it was there.
   */
  delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean>;
}

/** Stores a private key that is encoded as PKCS#8, which is overwritten afterwards. */
export type StoreEncoded<T> = (
  pkcs8: Uint8Array<ArrayBuffer>,
  publicKey: SubjectPublicKeyInfo,
) => Promise<T>;

/**
 * Makes a key pair, for stores that keep encoded keys.
 *
 * @param type What kind of keys.
 * @param store Stores the private key.
 * @returns What `store` returns.
 * @throws {NssError} As `generateKeyPair`, and what `store` throws.
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
 * Takes a private key out of where it is, for stores that keep encoded keys.
 *
 * @param key The key.
 * @param label The label of the token, for the error.
 * @param store Stores the private key.
 * @returns What `store` returns.
 * @throws {NssError} `SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY` if the key may not leave where it is,
 * and what `store` throws.
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
