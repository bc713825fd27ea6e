// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, kindOf } from "../../cert/base/options.ts";
import { isPrivateKey, type PrivateKey } from "../../cert/certificate/private_key.ts";

/**
 * What encrypts the rows of a {@linkcode SessionStore}, which all processes have that share it:
 *
 * - 32 random bytes, the simplest and the fastest.
 * - A password. The key is derived from it with PBKDF2, SHA-256 and 600,000 iterations, once per
 *   process, and the random salt is in the store. Who can read the store can try passwords: take
 *   one of twelve random letters at least. If the store loses its rows, running processes put the
 *   salt back; one that starts before they do shares nothing until it starts again.
 * - A private key, of a token for instance, which never leaves it: the key is derived from its
 *   signature over a fixed text, which has to be the same each time: Ed25519 and RSA (PKCS #1) do
 *   that, ECDSA, RSA-PSS and ML-DSA need not, and are refused. No peer in TLS gets that signature,
 *   also of a key that is a server's or a client's: nothing that TLS 1.2 or 1.3 signs can be that
 *   text. It needs a key with which nothing else signs texts of others' choice; an RSA key that
 *   also decrypts (`TLS_RSA` suites in other programs, whose answers tell of the padding) is not
 *   to be used.
 *
 * @category Sessions
 */
export type StoreSecret =
  | Uint8Array
  | {
    /** The password. */
    readonly password: string;
  }
  | PrivateKey;

/** The length in bytes of a secret. */
const SECRET_LENGTH = 32;

/** Accepts a {@linkcode StoreSecret}; messages do not quote it. */
export const isStoreSecret: Check = (value, name) => {
  if (value instanceof Uint8Array) {
    if (value.length === SECRET_LENGTH) return null;
    return `${name} has ${value.length} bytes, not ${SECRET_LENGTH}`;
  }
  if (typeof value !== "object" || value === null) {
    const hint = typeof value === "string" ? `; a password is { password }` : "";
    return `${name} is ${kindOf(value)}, not 32 bytes, a password or a PrivateKey${hint}`;
  }
  if (!("password" in value)) return isPrivateKey(value, name);
  if (typeof value.password !== "string") {
    return `${name}.password is ${kindOf(value.password)}, not a string`;
  }
  return value.password === "" ? `${name}.password is empty` : null;
};
