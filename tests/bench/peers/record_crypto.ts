// Copyright 2026 the NSS for Deno authors. MIT license.

const { subtle } = crypto;

/** The key and the first nonce of one direction of a connection. */
export interface DirectionKeys {
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
}

/** HKDF-Expand-Label of RFC 8446, Section 7.1, of up to 32 bytes. */
async function expandLabel(
  secret: CryptoKey,
  label: string,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = Uint8Array.of(length >> 8, length, name.length, ...name, 0, 1);
  return new Uint8Array(await subtle.sign("HMAC", secret, info)).slice(0, length);
}

/** The keys of TLS_AES_128_GCM_SHA256 that a traffic secret, in hex, gives. */
export async function trafficKeys(secret: string): Promise<DirectionKeys> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const raw = Uint8Array.fromHex(secret);
  const prk = await subtle.importKey("raw", raw, hmac, false, ["sign"]);
  const key = await expandLabel(prk, "key", 16);
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  return {
    key: await subtle.importKey("raw", key, "AES-GCM", false, usages),
    iv: await expandLabel(prk, "iv", 12),
  };
}

/** Writes the nonce of a record (RFC 8446, Section 5.3). */
export function writeNonce(nonce: Uint8Array, iv: Uint8Array, sequence: number): void {
  nonce.set(iv);
  for (let i = 11, rest = sequence; rest > 0; i--, rest = Math.floor(rest / 256)) {
    nonce[i]! ^= rest % 256;
  }
}

/** Opens one record with its header; `null` if it is not of these keys. */
export async function openRecord(
  { key, iv }: DirectionKeys,
  sequence: number,
  record: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer | null> {
  const nonce = new Uint8Array(12);
  writeNonce(nonce, iv, sequence);
  const params = { name: "AES-GCM", iv: nonce, additionalData: record.subarray(0, 5) };
  return await subtle.decrypt(params, key, record.subarray(5)).catch(() => null);
}
