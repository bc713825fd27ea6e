// Copyright 2026 the NSS for Deno authors. MIT license.

/** Private keys of HPKE as its documents and other tools write them. @module */

type Bytes = Uint8Array<ArrayBuffer>;

/** PKCS #8 before the 32 bytes of an X25519 key (RFC 8410). */
const X25519_PKCS8 = Uint8Array.fromHex("302e020100300506032b656e04220420");

const CURVES: ReadonlyMap<number, string> = new Map([
  [0x0010, "P-256"],
  [0x0011, "P-384"],
  [0x0012, "P-521"],
]);

/** The PKCS #8 of a serialized X25519 private key. */
export function x25519Pkcs8(raw: Uint8Array): Bytes {
  return new Uint8Array([...X25519_PKCS8, ...raw]);
}

/** Imports a serialized private key (RFC 9180, Section 7.1.1). */
export async function importRawHpkeKey(
  kem: number,
  raw: Bytes,
  publicKey: Bytes,
): Promise<CryptoKey> {
  const crv = CURVES.get(kem);
  if (crv === undefined) {
    const pkcs8 = x25519Pkcs8(raw);
    return await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", true, ["deriveBits"]);
  }
  const base64 = (bytes: Bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const half = (publicKey.length - 1) / 2;
  const jwk = {
    kty: "EC",
    crv,
    d: base64(raw),
    x: base64(publicKey.slice(1, 1 + half)),
    y: base64(publicKey.slice(1 + half)),
  };
  const algorithm = { name: "ECDH", namedCurve: crv };
  return await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["deriveBits"]);
}
