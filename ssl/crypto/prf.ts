// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CipherSuiteHash } from "./hkdf.ts";

const encoder = new TextEncoder();

/** A secret as the key of TLS 1.2's pseudorandom function (RFC 5246, Section 5). */
export class PrfSecret {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
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
    return new PrfSecret(await imported);
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
    const labelAndSeed = new Uint8Array(labelBytes.length + seed.length);
    labelAndSeed.set(labelBytes);
    labelAndSeed.set(seed, labelBytes.length);
    const output = new Uint8Array(length);
    let a = labelAndSeed;
    for (let offset = 0; offset < length;) {
      a = await this.#hmac(a); // A(i) depends on A(i-1): these calls cannot run concurrently
      const input = new Uint8Array(a.length + labelAndSeed.length);
      input.set(a);
      input.set(labelAndSeed, a.length);
      const block = await this.#hmac(input);
      output.set(block.subarray(0, length - offset), offset);
      offset += block.length;
      block.fill(0);
    }
    return output;
  }

  async #hmac(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", this.#key, data));
  }
}
