// Copyright 2026 the NSS for Deno authors. MIT license.

import type { RecordProtection } from "./cipher_spec.ts";
import { Tls12CbcSpec } from "./tls12_cbc_spec.ts";
import { Tls12AeadSpec } from "./tls12_cipher_spec.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { Reader } from "../wire/reader.ts";
import { importCipherKey } from "../crypto/hkdf.ts";
import type { PrfSecret } from "../crypto/prf.ts";

/** The options of {@linkcode deriveProtections}. */
export interface DeriveProtectionsOptions {
  /** Whether encrypt_then_mac was negotiated; no effect on AEADs. */
  readonly encryptThenMac: boolean;
  /** Returns `length` random bytes, for the IVs of AES-CBC. */
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
}

/** The record protections of a connection. */
export interface Protections {
  /** The protection of records from the client. */
  readonly client: RecordProtection;
  /** The protection of records from the server. */
  readonly server: RecordProtection;
}

/**
 * Derives the protections of both directions (RFC 5246, Section 6.3).
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
 * @param options The options of the protections.
 * @returns The protections with sequence number zero.
 */
export async function deriveProtections(
  suite: Tls12CipherSuite,
  masterSecret: PrfSecret,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  options: DeriveProtectionsOptions,
): Promise<Protections> {
  const { macLength, keyLength, fixedIvLength } = suite;
  // The server's random comes first here, unlike in the derivation of the master secret.
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
  keyBlock.fill(0); // importKey has copied its parts
  const [client, server] = await importing;
  return { client, server };
}

/** Imports keys; copies all bytes before it returns. */
function protect(
  suite: Tls12CipherSuite,
  macKey: Uint8Array<ArrayBuffer>,
  key: Uint8Array<ArrayBuffer>,
  fixedIv: Uint8Array<ArrayBuffer>,
  { encryptThenMac, random }: DeriveProtectionsOptions,
): Promise<RecordProtection> {
  const { bulk, mac } = suite;
  const importingKey = importCipherKey(bulk, key);
  if (mac === null) {
    const iv = fixedIv.slice(); // the caller overwrites it
    return importingKey.then((imported) => new Tls12AeadSpec(suite, imported, iv));
  }
  const importingMac = crypto.subtle.importKey("raw", macKey, { name: "HMAC", hash: mac }, false, [
    "sign",
    "verify",
  ]);
  return Promise.all([importingKey, importingMac]).then(([encryption, mac]) =>
    new Tls12CbcSpec(suite, { encryption, mac }, { encryptThenMac, random })
  );
}
