// Copyright 2026 the NSS for Deno authors. MIT license.

import { type CipherSuiteHash, extractThenExpand, HASH_LENGTHS, importHkdfKey } from "./hkdf.ts";

/**
 * The values of the key schedule that are the same in every handshake, computed once per hash
 * function.
 *
 * Without a PSK the Early Secret is Extract(0, 0), so that values derived from it are public.
 */
export class HashConstants {
  static readonly #byHash = new Map<CipherSuiteHash, HashConstants>();

  /** Zeros of the hash's length. */
  readonly zeros: Uint8Array<ArrayBuffer>;
  /** The hash of no messages. */
  readonly emptyHash: Promise<Uint8Array<ArrayBuffer>>;
  /** The input keying material of the Master Secret, and of the Early Secret without a PSK. */
  readonly zeroKey: Promise<CryptoKey>;
  /** Derive-Secret(Early Secret, "derived", "") without a PSK. */
  readonly derivedWithoutPsk: Promise<Uint8Array<ArrayBuffer>>;

  private constructor(hash: CipherSuiteHash) {
    this.zeros = new Uint8Array(HASH_LENGTHS[hash]);
    this.emptyHash = crypto.subtle.digest(hash, new Uint8Array(0)).then((digest) =>
      new Uint8Array(digest)
    );
    this.zeroKey = importHkdfKey(this.zeros);
    this.derivedWithoutPsk = Promise.all([this.zeroKey, this.emptyHash])
      .then(([zeroKey, emptyHash]) =>
        extractThenExpand(hash, zeroKey, this.zeros, "derived", emptyHash)
      );
    // Failures are reported where the values are used.
    this.emptyHash.catch(() => {});
    this.zeroKey.catch(() => {});
    this.derivedWithoutPsk.catch(() => {});
  }

  /** Returns the values of a hash function. */
  static of(hash: CipherSuiteHash): HashConstants {
    let constants = this.#byHash.get(hash);
    if (constants === undefined) {
      constants = new HashConstants(hash);
      this.#byHash.set(hash, constants);
    }
    return constants;
  }
}
