// Copyright 2026 the NSS for Deno authors. MIT license.

import type { RecordProtection } from "./cipher_spec.ts";
import { Tls12CbcSpec } from "./tls12_cbc_spec.ts";
import { Tls12AeadSpec } from "./tls12_cipher_spec.ts";
import type { Tls12BulkCipher, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { Reader } from "../wire/reader.ts";
import type { PrfSecret } from "../crypto/prf.ts";

/** What the keys of records depend on besides the secrets. */
export interface DeriveProtectionsOptions {
  /** Whether both ends agreed on encrypt_then_mac; AEADs do not care. */
  readonly encryptThenMac: boolean;
  /** Makes random bytes, for the IVs of AES-CBC. */
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
}

/** The protection of what each end writes. */
export interface Protections {
  /** What the client writes. */
  readonly client: RecordProtection;
  /** What the server writes. */
  readonly server: RecordProtection;
}

/** How the key of a bulk cipher is imported. */
const KEY_FORMATS = {
  "AES-GCM": "raw",
  "ChaCha20-Poly1305": "raw-secret",
  "AES-CBC": "raw",
} as const satisfies Record<Tls12BulkCipher, KeyFormat>;

/**
 * Derives the keys of both directions (RFC 5246, Section 6.3).
 *
 * ```text
 * key_block = PRF(master_secret, "key expansion", server_random + client_random)
 *
 * client_write_MAC_key[mac_key_length]   server_write_MAC_key[mac_key_length]
 * client_write_key[enc_key_length]       server_write_key[enc_key_length]
 * client_write_IV[fixed_iv_length]       server_write_IV[fixed_iv_length]
 * ```
 *
 * @param suite The cipher suite.
 * @param masterSecret The master secret.
 * @param clientRandom The ClientHello's `random`.
 * @param serverRandom The ServerHello's `random`.
 * @param options How records are protected.
 * @returns The protections, their sequence numbers zero.
 */
export async function deriveProtections(
  suite: Tls12CipherSuite,
  masterSecret: PrfSecret,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  options: DeriveProtectionsOptions,
): Promise<Protections> {
  const { macLength, keyLength, fixedIvLength } = suite;
  // The server's random comes first here, and last where the master secret is made.
  const seed = new Uint8Array(serverRandom.length + clientRandom.length);
  seed.set(serverRandom);
  seed.set(clientRandom, serverRandom.length);
  const length = 2 * (macLength + keyLength + fixedIvLength);
  const keyBlock = await masterSecret.expand("key expansion", seed, length);
  const reader = new Reader(keyBlock);
  const pair = (size: number) => [reader.bytes(size), reader.bytes(size)] as const;
  const [clientMac, serverMac] = pair(macLength);
  const [clientKey, serverKey] = pair(keyLength);
  const [clientIv, serverIv] = pair(fixedIvLength);
  const importing = Promise.all([
    protect(suite, clientMac, clientKey, clientIv, options),
    protect(suite, serverMac, serverKey, serverIv, options),
  ]);
  keyBlock.fill(0); // importKey took its copies at the calls
  const [client, server] = await importing;
  return { client, server };
}

/** Takes all the bytes at the call. */
async function protect(
  suite: Tls12CipherSuite,
  macKey: Uint8Array<ArrayBuffer>,
  key: Uint8Array<ArrayBuffer>,
  fixedIv: Uint8Array<ArrayBuffer>,
  { encryptThenMac, random }: DeriveProtectionsOptions,
): Promise<RecordProtection> {
  const { bulk, mac } = suite;
  const importingKey = crypto.subtle.importKey(KEY_FORMATS[bulk], key, bulk, false, [
    "encrypt",
    "decrypt",
  ]);
  if (mac === null) {
    const iv = fixedIv.slice();
    return new Tls12AeadSpec(suite, await importingKey, iv);
  }
  const importingMac = crypto.subtle.importKey("raw", macKey, { name: "HMAC", hash: mac }, false, [
    "sign",
    "verify",
  ]);
  const [encryptionKey, hmacKey] = await Promise.all([importingKey, importingMac]);
  const keys = { encryption: encryptionKey, mac: hmacKey };
  return new Tls12CbcSpec(suite, keys, { encryptThenMac, random });
}
