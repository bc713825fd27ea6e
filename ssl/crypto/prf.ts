// Copyright 2026 the NSS for Deno authors. MIT license.

import { type CipherSuiteHash, HASH_LENGTHS } from "./hkdf.ts";

const encoder = new TextEncoder();

/** A secret as the key of TLS 1.2's pseudorandom function (RFC 5246, Section 5). */
export class PrfSecret {
  readonly #key: CryptoKey;
  readonly #hashLength: number;

  private constructor(key: CryptoKey, hashLength: number) {
    this.#key = key;
    this.#hashLength = hashLength;
  }

  /**
   * Imports a secret.
   *
   * @param hash The hash function of the cipher suite's PRF.
   * @param secret The premaster or master secret, overwritten with zeros.
   * @returns The secret, not extractable.
   */
  static async import(
    hash: CipherSuiteHash,
    secret: Uint8Array<ArrayBuffer>,
  ): Promise<PrfSecret> {
    const imported = crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, [
      "sign",
    ]);
    secret.fill(0); // importKey has copied it
    return new PrfSecret(await imported, HASH_LENGTHS[hash]);
  }

  /**
   * PRF(secret, label, seed) (RFC 5246, Section 5): returns pseudorandom bytes.
   *
   * ```text
   * P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + ...
   * A(0) = seed, A(i) = HMAC_hash(secret, A(i-1))
   * ```
   *
   * @param label The label.
   * @param seed The seed.
   * @param length The number of bytes.
   * @returns The bytes.
   */
  async expand(
    label: string,
    seed: Uint8Array,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const labelBytes = encoder.encode(label);
    const hashLength = this.#hashLength;
    // A(i), label and seed; WebCrypto copies them before a call returns.
    const input = new Uint8Array(hashLength + labelBytes.length + seed.length);
    input.set(labelBytes, hashLength);
    input.set(seed, hashLength + labelBytes.length);
    const output = new Uint8Array(length);
    let a = await this.#hmac(input.subarray(hashLength));
    let offset = 0;
    for (; length - offset > hashLength; offset += hashLength) {
      input.set(new Uint8Array(a));
      // The next A(i) depends on this one, and not on the block: both run at once.
      const block = this.#hmac(input);
      const both = await Promise.all([block, this.#hmac(input.subarray(0, hashLength))]);
      take(both[0], output, offset);
      a = both[1];
    }
    input.set(new Uint8Array(a));
    take(await this.#hmac(input), output, offset);
    input.fill(0);
    return output;
  }

  #hmac(data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    return crypto.subtle.sign("HMAC", this.#key, data);
  }
}

/** Moves as much of a block as there is room for, and overwrites it with zeros. */
function take(block: ArrayBuffer, output: Uint8Array, offset: number): void {
  const bytes = new Uint8Array(block);
  output.set(bytes.subarray(0, output.length - offset), offset);
  bytes.fill(0);
}
