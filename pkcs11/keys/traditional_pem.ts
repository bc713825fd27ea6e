// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../cert/base/bytes.ts";
import { fromHex } from "../../cert/base/runtime.ts";
import { aes, type Cipher, tripleDes } from "../pbe/ciphers.ts";
import { iterateHash } from "../pbe/iterated_hash.ts";
import {
  type PasswordContext,
  requireRc2,
  type Sealed,
  unsupportedCipher,
  wrongPassword,
} from "../pbe/password_scheme.ts";
import { NssError } from "../../cert/base/errors.ts";

/** The ciphers of OpenSSL that are supported, by the names that it writes. */
const CIPHERS: ReadonlyMap<string, (context: PasswordContext) => Cipher> = new Map<
  string,
  (context: PasswordContext) => Cipher
>([
  ["AES-128-CBC", () => aes(16)],
  ["AES-192-CBC", () => aes(24)],
  ["AES-256-CBC", () => aes(32)],
  ["DES-CBC", () => tripleDes(8)],
  ["DES-EDE-CBC", () => tripleDes(16)],
  ["DES-EDE3-CBC", () => tripleDes(24)],
  ["RC2-CBC", (context) => requireRc2(context, "RC2-CBC", 16, 128)],
  ["RC2-64-CBC", (context) => requireRc2(context, "RC2-64-CBC", 8, 64)],
  ["RC2-40-CBC", (context) => requireRc2(context, "RC2-40-CBC", 5, 40)],
]);

/**
 * Checks how a PEM block is encrypted in OpenSSL's traditional way (RFC 1421, Section 4.6.1.3).
 *
 * @param dekInfo The value of its header DEK-Info.
 * @param ciphertext The ciphertext.
 * @param context The context.
 * @returns What `decryptSealed` decrypts.
 * @throws {NssError} The names in `context`, `SEC_ERROR_BAD_DER` if the header is malformed.
 */
export function readTraditional(
  dekInfo: string,
  ciphertext: Uint8Array<ArrayBuffer>,
  context: PasswordContext,
): Sealed {
  const [, name, hex] = /^([\w-]+),((?:[\dA-Fa-f]{2})+)$/.exec(dekInfo) ?? [];
  if (name === undefined || hex === undefined) {
    throw malformed(context, "its header DEK-Info has no cipher with an initialization vector");
  }
  const choose = CIPHERS.get(name.toUpperCase());
  if (choose === undefined) throw unsupportedCipher(context, name);
  const cipher = choose(context);
  const iv = fromHex(hex);
  if (iv.length !== cipher.blockLength) {
    throw malformed(
      context,
      `its initialization vector has ${iv.length} bytes, not ${cipher.blockLength}`,
    );
  }
  if (ciphertext.length === 0 || ciphertext.length % cipher.blockLength !== 0) {
    throw wrongPassword(context);
  }
  return {
    cipher,
    ciphertext,
    form: "utf8",
    derive: async (password) => ({
      key: await bytesToKey(password, iv.subarray(0, 8), cipher.keyLength),
      iv: iv.slice(),
    }),
    work: 0, // it hashes twice at most
  };
}

function malformed({ attempt }: PasswordContext, state: string): NssError {
  return new NssError("SEC_ERROR_BAD_DER", `${attempt}: ${state}`);
}

/** `EVP_BytesToKey` of OpenSSL with MD5 and one iteration. */
async function bytesToKey(
  password: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = new Uint8Array(length);
  let last = new Uint8Array(0);
  for (let filled = 0; filled < length; filled += 16) {
    const input = concat([last, password, salt]);
    const next = await iterateHash("MD5", input, 1);
    input.fill(0);
    last.fill(0);
    last = next;
    key.set(next.subarray(0, length - filled), filled);
  }
  last.fill(0);
  return key;
}
