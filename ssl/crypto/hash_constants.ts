// Copyright 2026 the NSS for Deno authors. MIT license.

import { fromHex } from "../../cert/base/runtime.ts";
import { type CipherSuiteHash, HASH_LENGTHS, importHkdfKey } from "./hkdf.ts";

/** The constants of each hash function, in hexadecimal. */
const KNOWN: Readonly<Record<CipherSuiteHash, readonly [emptyHash: string, derived: string]>> = {
  "SHA-256": [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba",
  ],
  "SHA-384": [
    "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da" +
    "274edebfe76f65fbd51ad2f14898b95b",
    "1591dac5cbbf0330a4a84de9c753330e92d01f0a88214b4464972fd668049e93" +
    "e52f2b16fad922fdc0584478428f282b",
  ],
};

/**
 * The values of the key schedule that are the same in every handshake.
 *
 * Without a PSK the Early Secret is Extract(0, 0), so that values derived from it are public.
 */
export class HashConstants {
  static readonly #byHash = new Map<CipherSuiteHash, HashConstants>();

  /** Zeros of the hash's length. */
  readonly zeros: Uint8Array<ArrayBuffer>;
  /** The hash of no messages. */
  readonly emptyHash: Uint8Array<ArrayBuffer>;
  /** The input keying material of the Master Secret, and of the Early Secret without a PSK. */
  readonly zeroKey: Promise<CryptoKey>;
  /** Derive-Secret(Early Secret, "derived", "") without a PSK. */
  readonly derivedWithoutPsk: Uint8Array<ArrayBuffer>;

  private constructor(hash: CipherSuiteHash) {
    const [emptyHash, derivedWithoutPsk] = KNOWN[hash];
    this.zeros = new Uint8Array(HASH_LENGTHS[hash]);
    this.emptyHash = fromHex(emptyHash);
    this.derivedWithoutPsk = fromHex(derivedWithoutPsk);
    this.zeroKey = importHkdfKey(this.zeros);
    this.zeroKey.catch(() => {}); // reported where it is used
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
