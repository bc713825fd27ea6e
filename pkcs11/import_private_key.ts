// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../cert/errors.ts";
import type { PrivateKey } from "../cert/private_key.ts";
import { decodePrivateKey, decodePrivateKeyPem, type PrivateKeyInfo } from "./pkcs8.ts";
import { fromCryptoKey, fromInfo } from "./private_key.ts";

/**
 * Takes a private key in any of the forms that people have it in.
 *
 * The key goes into WebCrypto and cannot be taken out again; what was read of its encoding is overwritten. A key from
 * an encoding signs in all ways of its kind, and is checked by a signature. A `CryptoKey` signs in the one way that it
 * was made for: one of `RSASSA-PKCS1-v1_5` is of no use to TLS 1.3.
 *
 * @param input PEM text (`PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`, among other blocks), the bytes of such
 * a text or of DER (PKCS#8, PKCS#1, SEC1), a `CryptoKey` that may sign, or a {@linkcode PrivateKey}, which is returned
 * as it is.
 * @returns The key.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed, `SEC_ERROR_BAD_KEY` if it cannot be a key,
 * `SEC_ERROR_UNSUPPORTED_KEYALG` or `SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE` if it is of another kind than
 * {@linkcode KeyAlgorithm} lists, `SEC_ERROR_NO_KEY` if the text holds none, `SEC_ERROR_INVALID_ARGS` if it holds
 * several or the `CryptoKey` may not sign, `PR_NOT_IMPLEMENTED_ERROR` if it is encrypted.
 *
 * @example Usage
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair, importPrivateKey } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = await generateKeyPair("ec-p256", { extractable: true });
 * const pem = await exportPrivateKeyPem(pair.privateKey);
 *
 * const key = await importPrivateKey(pem);
 * assertEquals(key.algorithm, { type: "ec", curve: "P-256" });
 * ```
 */
export async function importPrivateKey(
  input: CryptoKey | PrivateKey | string | Uint8Array,
): Promise<PrivateKey> {
  if (typeof input === "string") return await fromInfo(decodePrivateKeyPem(input));
  if (input instanceof Uint8Array) return await fromBytes(input.slice());
  if (input instanceof CryptoKey) return await fromCryptoKey(input);
  if (typeof input?.sign === "function" && typeof input.algorithm?.type === "string") return input;
  throw new NssError(
    "SEC_ERROR_INVALID_ARGS",
    "Cannot import private key: it is no PEM text, no bytes, no CryptoKey and no PrivateKey",
  );
}

function fromBytes(bytes: Uint8Array<ArrayBuffer>): Promise<PrivateKey> {
  let info: PrivateKeyInfo;
  try {
    // DER begins with a SEQUENCE; what does not may be the bytes of a PEM file
    const text = bytes[0] === 0x30 ? "" : new TextDecoder().decode(bytes);
    info = text.includes("-----BEGIN ") ? decodePrivateKeyPem(text) : decodePrivateKey(bytes);
  } finally {
    bytes.fill(0);
  }
  return fromInfo(info);
}
