// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A key of a server's for Encrypted Client Hello, as {@linkcode generateEchKeys} and
 * {@linkcode importEchKey} return it. Whoever has the private key can read the hidden names of all
 * connections under it.
 *
 * @category Keys
 */
export interface EchKey {
  /** The configuration that clients encrypt under: an `ECHConfig` (RFC 9849, Section 4). */
  readonly config: Uint8Array<ArrayBuffer>;
  /** The private key of its public key. */
  readonly privateKey: CryptoKey;
  /**
   * Whether clients whose hello cannot be decrypted are sent the configuration, to try again;
   * `false` for an old key that is still accepted.
   */
  readonly isRetryConfig: boolean;
}
