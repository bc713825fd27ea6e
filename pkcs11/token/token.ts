// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  anything,
  type Check,
  hasMembers,
  isBytes,
  isEither,
  isInstance,
  isLike,
  isOneOf,
  isString,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import type { CertDB } from "../../cert/db/cert_db.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { KeyAlgorithm, PrivateKey } from "../../cert/certificate/private_key.ts";
import { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";

/**
 * The options of a call that may need the password of a token.
 *
 * @category Tokens
 */
export interface TokenOptions {
  /** An argument for the password function, if the token needs a password (`wincx` in NSS). */
  readonly pinArg?: unknown;
}

/** The check of {@linkcode TokenOptions}. */
export const TOKEN_OPTIONS: Shape<TokenOptions> = { pinArg: anything };

/**
 * The description of a token (`CK_TOKEN_INFO`).
 *
 * @category Tokens
 */
export interface TokenInfo {
  /** The label. */
  readonly label: string;
  /** The manufacturer. */
  readonly manufacturer: string;
  /** The model. */
  readonly model: string;
  /** The serial number; empty if it has none. */
  readonly serialNumber: string;
  /** Whether the token is read-only (`CKF_WRITE_PROTECTED`). */
  readonly isReadOnly: boolean;
  /** Whether a password has been set, possibly an empty one (`CKF_USER_PIN_INITIALIZED`). */
  readonly isInitialized: boolean;
  /** Whether the use of its keys needs a login (`CKF_LOGIN_REQUIRED`). */
  readonly needsLogin: boolean;
  /** Whether the password is entered at the token itself (`CKF_PROTECTED_AUTHENTICATION_PATH`). */
  readonly hasProtectedAuthPath: boolean;
  /** Whether one more wrong password locks the token (`CKF_USER_PIN_FINAL_TRY`). */
  readonly isFinalTry: boolean;
  /** Whether wrong passwords have locked the token (`CKF_USER_PIN_LOCKED`). */
  readonly isLocked: boolean;
}

/**
 * A use of a mechanism.
 *
 * @category Tokens
 */
export type MechanismUse = "sign" | "generateKeyPair";

/**
 * A mechanism of a token (`CK_MECHANISM_INFO`).
 *
 * @category Tokens
 */
export interface TokenMechanism {
  /** The name in PKCS#11, such as `CKM_ECDSA`; if unknown, the number in hexadecimal. */
  readonly name: string;
  /** The number in PKCS#11. */
  readonly type: number;
  /** The uses that this package supports. */
  readonly uses: readonly MechanismUse[];
  /** The minimum key size in bits, if known. */
  readonly minKeySize?: number;
  /** The maximum key size in bits, if known. */
  readonly maxKeySize?: number;
}

/**
 * The description of a private key in a token.
 *
 * @category Tokens
 */
export interface TokenKey {
  /** The id in the token (`CKA_ID`); NSS's is the SHA-1 of the public key. */
  readonly id: Uint8Array<ArrayBuffer>;
  /** The label (`CKA_LABEL`); `null` if it has none. */
  readonly label: string | null;
  /** The kind of key; `null` if this package does not know it. */
  readonly algorithm: KeyAlgorithm | null;
  /** The public key, if the token has it. */
  readonly publicKey?: SubjectPublicKeyInfo;
}

/**
 * A query for a private key, by its certificate, its public key or its id.
 *
 * @category Tokens
 */
export type KeyQuery = Certificate | SubjectPublicKeyInfo | Pick<TokenKey, "id">;

/** Accepts a query. */
export const isKeyQuery: Check = isEither(
  "a Certificate, a public key or { id }",
  isInstance(Certificate),
  isInstance(SubjectPublicKeyInfo),
  hasMembers("{ id }", { id: required(isBytes) }),
);

/**
 * A key pair that a token has generated.
 *
 * @category Tokens
 */
export interface TokenKeyPair extends TokenKey {
  /** The kind of key. */
  readonly algorithm: KeyAlgorithm;
  /** The private key, which stays in the token. */
  readonly privateKey: PrivateKey;
  /** The public key. */
  readonly publicKey: SubjectPublicKeyInfo;
}

/**
 * The options of {@linkcode Token.generateKeyPair} and {@linkcode Token.importKey}.
 *
 * @category Tokens
 */
export interface StoreKeyOptions extends TokenOptions {
  /** The label of the key; none by default. */
  readonly label?: string;
}

/** The check of {@linkcode StoreKeyOptions}. */
export const STORE_KEY_OPTIONS: Shape<StoreKeyOptions> = { ...TOKEN_OPTIONS, label: isString };

const TYPES: Readonly<Record<KeyPairType, null>> = {
  "ec-p256": null,
  "ec-p384": null,
  "ec-p521": null,
  "ed25519": null,
  "mldsa44": null,
  "mldsa65": null,
  "mldsa87": null,
  "rsa-2048": null,
  "rsa-3072": null,
  "rsa-4096": null,
  "rsa-pss-2048": null,
};
/** Accepts a kind of key pair. */
export const isKeyPairType: Check = isOneOf(Object.keys(TYPES));

/**
 * A private key that a token can import: an input of `importPrivateKey`, which most tokens require
 * to be extractable.
 *
 * @category Tokens
 */
export type ImportableKey = CryptoKey | PrivateKey | string | Uint8Array;

/**
 * Logs a token in; see {@linkcode Token.loginHandler}.
 *
 * @category Tokens
 */
export type LoginHandler = (options: TokenOptions) => Promise<void>;

/**
 * A store of private keys and certificates, such as memory, an NSS database or a smart card (the
 * token in a `PK11SlotInfo`).
 *
 * Finding certificates needs no password. A call that needs a password calls
 * {@linkcode Token.loginHandler}; implementations use {@linkcode requireLogin} for it. Methods may
 * be called concurrently.
 *
 * Changing a read-only token fails with `SEC_ERROR_READ_ONLY`.
 *
 * @category Tokens
 */
export interface Token {
  /** The label, which prefixes its nicknames. */
  readonly label: string;
  /** The certificates. A record has `hasKey` if the token has the private key. */
  readonly certificates: CertDB;
  /** Whether the token is logged in, or needs no login. */
  readonly isLoggedIn: boolean;
  /**
   * Called to log the token in if a call needs it. The {@linkcode Slot} of the token sets it;
   * without a handler such calls fail with `SEC_ERROR_TOKEN_NOT_LOGGED_IN`.
   */
  loginHandler: LoginHandler | null;
  /**
   * Describes the token and its state.
   *
   * @returns The description.
   */
  describe(): Promise<TokenInfo>;
  /**
   * Lists the mechanisms.
   *
   * @returns The mechanisms.
   */
  mechanisms(): Promise<readonly TokenMechanism[]>;
  /**
   * Tries a password. A wrong one does not change the state of the login.
   *
   * @param password The password; `null` if it is entered at the token itself.
   * @returns Whether it is right, also if the token is already logged in.
   * @throws {NssError} `SEC_ERROR_LOCKED_PASSWORD` if the token is locked, or another error of the
   * token.
   */
  login(password: string | null): Promise<boolean>;
  /**
   * Logs the token out; its keys then fail with `SEC_ERROR_TOKEN_NOT_LOGGED_IN`. Does nothing if
   * the token needs no login.
   */
  logout(): Promise<void>;
  /**
   * Changes the password (`PK11_ChangePW`), or sets the first one (`PK11_InitPin`), and logs the
   * token in.
   *
   * @param current The current password; `null` if there is none.
   * @param next The new password; empty to need none.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong,
   * `SEC_ERROR_INVALID_PASSWORD` if the token rejects the new one, `SEC_ERROR_READ_ONLY`.
   */
  changePassword(current: string | null, next: string): Promise<void>;
  /**
   * Lists the private keys. A password is asked for only by tokens that hide their keys without
   * one.
   *
   * @param options Options for tokens.
   * @returns The keys, in any order.
   */
  listKeys(options?: TokenOptions): Promise<readonly TokenKey[]>;
  /**
   * Finds a private key (`PK11_FindPrivateKeyFromCert`).
   *
   * @param which The key.
   * @param options Options for tokens.
   * @returns The key, or `undefined` if the token does not have it, for which most tokens ask no
   * password.
   */
  findKey(which: KeyQuery, options?: TokenOptions): Promise<PrivateKey | undefined>;
  /**
   * Generates a key pair in the token (`PK11_GenerateKeyPair`).
   *
   * @param type The kind of keys.
   * @param options The label.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if the token does not generate that kind,
   * `SEC_ERROR_READ_ONLY`.
   */
  generateKeyPair(type?: KeyPairType, options?: StoreKeyOptions): Promise<TokenKeyPair>;
  /**
   * Imports a private key (`PK11_ImportDERPrivateKeyInfo`). A stored one stays unchanged.
   *
   * @param key The key.
   * @param options The label.
   * @returns The stored key.
   * @throws {NssError} As `importPrivateKey`; `SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY` if the key is
   * not extractable, `SEC_ERROR_UNSUPPORTED_KEYALG` if the token does not support its kind,
   * `SEC_ERROR_READ_ONLY`.
   */
  importKey(key: ImportableKey, options?: StoreKeyOptions): Promise<TokenKey>;
  /**
   * Deletes a private key, but not its certificates.
   *
   * @param which The key.
   * @param options Options for tokens.
   * @returns Whether it was stored.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  deleteKey(which: KeyQuery, options?: TokenOptions): Promise<boolean>;
  /** Closes files and sessions. Later calls fail with `SEC_ERROR_NO_TOKEN`. */
  close(): Promise<void>;
}

/** Accepts a token. */
export const isToken: Check = isLike("a token", "login", "findKey", "describe", "close");

/**
 * Logs a token in unless it is logged in, for implementations of {@linkcode Token}.
 *
 * @param token The token.
 * @param what The attempted action, such as `use private key`, for the error message.
 * @param options The argument for the password function.
 * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if no login handler logs it in, or the error
 * of the handler.
 *
 * @example Usage
 * ```ts
 * import { requireLogin, SoftToken } from "@nss/nss/pkcs11";
 * import { NssError } from "@nss/nss/cert";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const token = new SoftToken({ label: "Keys", password: "secret" });
 * const error = await assertRejects(() => requireLogin(token, "use private key"), NssError);
 * assertEquals(error.name, "SEC_ERROR_TOKEN_NOT_LOGGED_IN");
 *
 * await token.login("secret");
 * await requireLogin(token, "use private key"); // does nothing
 * ```
 *
 * @category Tokens
 */
export async function requireLogin(
  token: Token,
  what: string,
  options: TokenOptions = {},
): Promise<void> {
  requireArgs("Cannot log in", isToken(token, "token"), isString(what, "what"));
  options = takeOptions("Cannot log in", options, TOKEN_OPTIONS);
  if (token.isLoggedIn) return;
  await token.loginHandler?.(options);
  if (token.isLoggedIn) return;
  throw new NssError(
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    `Cannot ${what}: token "${token.label}" is not logged in; call its login() first`,
  );
}

/**
 * Returns whether a key matches a query, for tokens without an index.
 *
 * @param key The key.
 * @param which The query.
 * @returns Whether the public keys, or the ids, are equal.
 *
 * @example Usage
 * ```ts
 * import { matchesKeyQuery, SoftToken } from "@nss/nss/pkcs11";
 * import { assert } from "@std/assert";
 *
 * const token = new SoftToken();
 * const { publicKey } = await token.generateKeyPair();
 * const [key] = await token.listKeys();
 * assert(matchesKeyQuery(key!, publicKey));
 * ```
 *
 * @category Tokens
 */
export function matchesKeyQuery(key: TokenKey, which: KeyQuery): boolean {
  requireArgs("Cannot compare key", hasMembers("a key", { id: required(isBytes) })(key, "key"));
  const publicKey = publicKeyOf(which);
  if (publicKey === null) return equal(key.id, (which as Pick<TokenKey, "id">).id);
  // An RSASSA-PSS key may be stored as a plain RSA key, which has the same bits
  return key.publicKey !== undefined && equal(key.publicKey.publicKey, publicKey.publicKey);
}

/**
 * Returns the public key of a query.
 *
 * @param which The query.
 * @returns The public key; `null` if the query is by id.
 * @throws {NssError} As `Certificate.subjectPublicKeyInfo`, if the kind of key is not supported.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair, publicKeyOf } from "@nss/nss/pkcs11";
 * import { createCertificate } from "@nss/nss/cert";
 * import { assert } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * assert(publicKeyOf(certificate)?.equals(keys.publicKey));
 * ```
 *
 * @category Tokens
 */
export function publicKeyOf(which: KeyQuery): SubjectPublicKeyInfo | null {
  requireArgs("Cannot find private key", isKeyQuery(which, "the query"));
  if (which instanceof Certificate) return which.subjectPublicKeyInfo;
  return which instanceof SubjectPublicKeyInfo ? which : null;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
