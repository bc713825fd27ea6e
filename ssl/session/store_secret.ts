// Copyright 2026 the NSS for Deno authors. MIT license.

/** The secret of a store's rows: 32 bytes, or what they are derived from. @module */

import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { kindOf } from "../../cert/base/options.ts";
import type { PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import { SslError } from "../base/errors.ts";
import type { SessionStore } from "../base/session_store.ts";
import type { StoreSecret } from "../base/store_secret.ts";
import { inTime } from "../../cert/base/runtime.ts";

/** The length in bytes of a secret. */
const SECRET_LENGTH = 32;
/** The iterations of PBKDF2 for a password: what OWASP recommends for SHA-256. */
const ITERATIONS = 600_000;
/** The name of the row of the salt, which is in the store as it is: it is no secret. */
const SALT_ROW = "password-salt-1";
const SALT_LENGTH = 16;
/** The lifetime of that row in milliseconds, which begins anew with each start: ten years. */
const SALT_LIFETIME = 10 * 365 * 24 * 60 * 60 * 1000;
/** The time in milliseconds for which a start waits for the salt. */
const SALT_TIMEOUT = 10_000;
/** The attempts to write the salt if other processes start at the same time. */
const MAX_RACES = 4;

/**
 * What a key signs for a secret, and for nothing else: no message of TLS that a peer can have
 * signed begins like it. A CertificateVerify of TLS 1.3 begins with 64 spaces. A ServerKeyExchange
 * of TLS 1.2 begins with 32 bytes of the client's choice, but then has 32 random ones of this end,
 * and after these a type of curve, 3, where this text has a letter. A CertificateVerify of TLS 1.2
 * begins with the type of a handshake message, 0 or 1, and a certificate with 0x30.
 */
export const SIGNED_TEXT = new TextEncoder().encode(
  "NSS for Deno signs this text to derive the secret of a store of TLS sessions; " +
    "whoever has the signature can read the sessions, and it must not be shown to anybody. 1",
);

/**
 * The schemes whose signatures are always the same. Those of ECDSA are in some implementations
 * only, and one that changes would keep processes from sharing without a word.
 */
const SCHEMES: readonly SignatureScheme[] = [
  "ed25519",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];

/** A secret that has been derived. */
export interface DerivedSecret {
  /** The 32 bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Puts back what others derive it from, where the store has lost it. */
  readonly restore?: () => Promise<void>;
}

/**
 * Returns the bytes of a secret.
 *
 * @param secret The secret of the application.
 * @param store The store, which has the salt of a password.
 * @param attempt What fails: "Cannot ...".
 * @param timeout The time in milliseconds for which the salt is waited for.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for one that does not do, `SEC_ERROR_IO` if the store
 * does not give the salt.
 * @throws {NssError} As the key does that signs.
 */
export async function deriveStoreSecret(
  secret: StoreSecret,
  store: SessionStore,
  attempt: string,
  timeout: number = SALT_TIMEOUT,
): Promise<DerivedSecret> {
  if (secret instanceof Uint8Array) return { bytes: copyBytes(secret) };
  if ("password" in secret) return await ofPassword(secret.password, store, attempt, timeout);
  return { bytes: await ofKey(secret, attempt) };
}

async function ofPassword(
  password: string,
  store: SessionStore,
  attempt: string,
  timeout: number,
): Promise<DerivedSecret> {
  const salt = await saltOf(store, attempt, timeout);
  const base = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS },
    base,
    SECRET_LENGTH * 8,
  );
  const restore = async () => {
    await store.replace(SALT_ROW, null, salt, SALT_LIFETIME);
  };
  return { bytes: new Uint8Array(bits), restore };
}

/** Returns the salt of all who share the store, which the first one makes. */
async function saltOf(
  store: SessionStore,
  attempt: string,
  timeout: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const late = () => new Error(`Cannot wait any longer: ${timeout} ms are over`);
  try {
    return await inTime(findSalt(store), timeout, late);
  } catch (cause) {
    throw new SslError(
      "SEC_ERROR_IO",
      `${attempt}: the store does not give the salt of the password; see whether it can be ` +
        "reached, or give 32 bytes as secret, which need no salt",
      { cause },
    );
  }
}

async function findSalt(store: SessionStore): Promise<Uint8Array<ArrayBuffer>> {
  for (let races = 0; races < MAX_RACES; races++) {
    const found: unknown = await store.get(SALT_ROW);
    if (found instanceof Uint8Array) {
      const salt = copyBytes(found);
      if (salt.length !== SALT_LENGTH) throw new TypeError("Cannot take salt: it is another's row");
      await store.replace(SALT_ROW, salt, salt, SALT_LIFETIME);
      return salt;
    }
    if (found !== undefined) {
      throw new TypeError(`Cannot take salt: the store gave ${kindOf(found)}`);
    }
    const made = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
    const isMade: unknown = await store.replace(SALT_ROW, null, made, SALT_LIFETIME);
    if (isMade === true) return made;
  }
  throw new Error("Cannot write salt: the store says each time that another process has");
}

async function ofKey(key: PrivateKey, attempt: string): Promise<Uint8Array<ArrayBuffer>> {
  const { type } = key.algorithm;
  const scheme = SCHEMES.find((candidate) =>
    candidate.startsWith(type) && (key.schemes === undefined || key.schemes.includes(candidate))
  );
  if (scheme === undefined) {
    throw unsuitable(attempt, `is of type ${type}, whose signatures are random`);
  }
  const signature = await key.sign(scheme, SIGNED_TEXT.slice());
  const again = await key.sign(scheme, SIGNED_TEXT.slice());
  if (!bytesEqual(signature, again)) throw unsuitable(attempt, "signs one text with two results");
  const base = await crypto.subtle.importKey("raw", signature, "HKDF", false, ["deriveBits"]);
  for (const copy of [signature, again]) copy.fill(0);
  const info = new TextEncoder().encode("NSS for Deno, session store 1: secret of a signature");
  const params = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, base, SECRET_LENGTH * 8));
}

function unsuitable(attempt: string, why: string): SslError {
  return new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `${attempt}: the key given as secret ${why}, and processes could not derive the same from ` +
      "it; give a key of Ed25519, or of RSA that signs with PKCS #1, a password, or 32 bytes",
  );
}
