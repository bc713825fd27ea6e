// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: for DES, 3DES and scrypt.

import { NssError } from "../../cert/base/errors.ts";
import { importBuiltin } from "../../cert/base/lazy_module.ts";
import { kindOf } from "../../cert/base/options.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What a {@linkcode DecryptRc2} function is given. The arrays are overwritten afterwards.
 *
 * @category Keys
 */
export interface Rc2Ciphertext {
  /** The key, of 1 to 128 bytes; secret. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** The effective length of the key in bits (RFC 2268, Section 2): 40, 64 or 128 mostly. */
  readonly effectiveBits: number;
  /** The initialization vector, 8 bytes. */
  readonly iv: Uint8Array<ArrayBuffer>;
  /** The ciphertext, of which the length is a multiple of 8. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Decrypts RC2 in CBC mode (RFC 2268), which no runtime has, for {@linkcode importPkcs12} and
 * {@linkcode importPrivateKey}: `docs/key_files.md` has a recipe with a package of npm. What it
 * throws arrives as it is.
 *
 * @param ciphertext The ciphertext, its key and initialization vector.
 * @returns The plaintext with its padding, as many bytes as the ciphertext. It is overwritten once
 * it has been read. What does not have the length or the padding is refused.
 *
 * @category Keys
 */
export type DecryptRc2 = (
  ciphertext: Rc2Ciphertext,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** A block cipher in CBC mode, with the padding of RFC 8018, Section 6.1.1. */
export interface Cipher {
  /** The length of the key in bytes. */
  readonly keyLength: number;
  /** The length of a block, and of the initialization vector, in bytes. */
  readonly blockLength: number;
  /**
   * Decrypts.
   *
   * @param key The key.
   * @param iv The initialization vector.
   * @param ciphertext The ciphertext, of one block or more.
   * @returns The plaintext, secret; `null` if its padding is wrong.
   */
  decrypt(key: Bytes, iv: Bytes, ciphertext: Bytes): Promise<Bytes | null>;
}

/** Returns AES of a key length in bytes. */
export function aes(keyLength: 16 | 24 | 32): Cipher {
  return { keyLength, blockLength: 16, decrypt: decryptAes };
}

/** Returns 3DES of a key length in bytes; that of one key is DES. */
export function tripleDes(keyLength: 8 | 16 | 24): Cipher {
  return { keyLength, blockLength: 8, decrypt: decryptTripleDes };
}

/**
 * Returns RC2.
 *
 * @param decrypt The function of the application.
 * @param keyLength The length of the key in bytes.
 * @param effectiveBits The effective length of the key.
 */
export function rc2(decrypt: DecryptRc2, keyLength: number, effectiveBits: number): Cipher {
  return {
    keyLength,
    blockLength: 8,
    decrypt: async (key, iv, ciphertext) => {
      const data = ciphertext.slice();
      const padded: unknown = await decrypt({ key, effectiveBits, iv, data });
      if (!(padded instanceof Uint8Array) || padded.length !== ciphertext.length) {
        const shown = padded instanceof Uint8Array ? `${padded.length} bytes` : kindOf(padded);
        throw new NssError(
          "SEC_ERROR_INVALID_ARGS",
          `Cannot decrypt: decryptRc2 has returned ${shown}, not a Uint8Array of ` +
            `${ciphertext.length} bytes: it has to leave the padding`,
        );
      }
      const own = Uint8Array.from(padded); // which the function may still have
      padded.fill(0);
      return withoutPadding(own, 8);
    },
  };
}

async function decryptAes(key: Bytes, iv: Bytes, ciphertext: Bytes): Promise<Bytes | null> {
  const cryptoKey = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"])
    .catch((cause) => {
      throw new NssError(
        "SEC_ERROR_INVALID_ALGORITHM",
        `Cannot decrypt: this runtime's WebCrypto does not have AES-CBC with ${
          8 * key.length
        } bits`,
        { cause },
      );
    });
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-CBC", iv }, cryptoKey, ciphertext),
    );
  } catch (error) {
    // All that can be wrong with whole blocks is their padding
    if (error instanceof Error && error.name === "OperationError") return null;
    throw error;
  }
}

async function decryptTripleDes(key: Bytes, iv: Bytes, ciphertext: Bytes): Promise<Bytes | null> {
  const { createDecipheriv } = await loadNodeCrypto("3DES");
  const three = threeKeys(key);
  // The errors of runtimes' own checks of the padding differ
  const decipher = createDecipheriv("des-ede3-cbc", three, iv).setAutoPadding(false);
  three.fill(0);
  const output = decipher.update(ciphertext);
  const padded = new Uint8Array(output);
  output.fill(0);
  return withoutPadding(padded, 8);
}

/**
 * Encrypts with 3DES. Deno's `node:crypto` keeps a copy of the plaintext until it is collected.
 *
 * @param key The key, 24 bytes.
 * @param iv The initialization vector, 8 bytes.
 * @param plaintext The plaintext.
 * @returns The ciphertext.
 * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the runtime does not have `node:crypto`.
 */
export async function encryptTripleDes(key: Bytes, iv: Bytes, plaintext: Bytes): Promise<Bytes> {
  const { createCipheriv } = await loadNodeCrypto("3DES");
  const cipher = createCipheriv("des-ede3-cbc", key, iv);
  return new Uint8Array([...cipher.update(plaintext), ...cipher.final()]);
}

/**
 * Loads `node:crypto`.
 *
 * @param what What it is loaded for.
 * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the runtime does not have it.
 */
export function loadNodeCrypto(what: string): Promise<typeof import("node:crypto")> {
  return importBuiltin(
    () => import("node:crypto"),
    "SEC_ERROR_INVALID_ALGORITHM",
    `Cannot use a password: ${what} needs node:crypto, which this runtime does not have`,
  );
}

/** Two keys are used as first, second, first; one thrice is DES. */
function threeKeys(key: Bytes): Bytes {
  const three = new Uint8Array(24);
  for (let i = 0; i < 24; i += key.length) three.set(key.subarray(0, 24 - i), i);
  return three;
}

/** Returns the plaintext, not a copy, because it may be a private key; `null` without padding. */
function withoutPadding(padded: Bytes, blockLength: number): Bytes | null {
  const padding = padded.at(-1) ?? 0;
  const isPadded = padding >= 1 && padding <= blockLength &&
    padded.subarray(-padding).every((byte) => byte === padding);
  if (isPadded) return padded.subarray(0, -padding);
  padded.fill(0);
  return null;
}
