// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type {
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";

/**
 * A key of a token that signs as long as the token stays logged in, as private objects in PKCS#11.
 */
export class SessionKey implements PrivateKey {
  /** The kind of key. */
  readonly algorithm: KeyAlgorithm;
  /** The schemes that the key can sign with. */
  declare readonly schemes?: readonly SignatureScheme[];
  /** The public key. */
  declare readonly publicKey?: SubjectPublicKeyInfo;
  readonly #key: PrivateKey;
  readonly #token: string;
  readonly #isAlive: () => boolean;

  /**
   * Binds a key to a session.
   *
   * @param key The key.
   * @param token The label of its token.
   * @param isAlive Returns whether the session still exists.
   */
  constructor(key: PrivateKey, token: string, isAlive: () => boolean) {
    this.algorithm = key.algorithm;
    if (key.schemes !== undefined) this.schemes = key.schemes;
    if (key.publicKey !== undefined) this.publicKey = key.publicKey;
    this.#key = key;
    this.#token = token;
    this.#isAlive = isAlive;
  }

  /**
   * Signs data.
   *
   * @param scheme The signature scheme.
   * @param data The data to sign, not hashed.
   * @returns The signature.
   * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` after a logout.
   */
  sign(
    scheme: SignatureScheme,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#isAlive()) return this.#key.sign(scheme, data);
    return Promise.reject(
      new NssError(
        "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
        `Cannot sign: token "${this.#token}" has been logged out or closed since the key was found`,
      ),
    );
  }
}
