// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB } from "../../cert/db/cert_db.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { KeyAlgorithm, PrivateKey } from "../../cert/certificate/private_key.ts";
import { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";

/** What a call takes that may need the token's password. */
export interface TokenOptions {
  /** Handed to the password function, should the token ask for a password (`wincx` in NSS). */
  readonly pinArg?: unknown;
}

/** What a token says of itself (`CK_TOKEN_INFO`). */
export interface TokenInfo {
  /** What people call it. */
  readonly label: string;
  /** Who made it. */
  readonly manufacturer: string;
  /** What it is. */
  readonly model: string;
  /** Its serial number; empty if it has none. */
  readonly serialNumber: string;
  /** Whether nothing in it can be changed (`CKF_WRITE_PROTECTED`). */
  readonly isReadOnly: boolean;
  /** Whether it has been given a password, be it an empty one (`CKF_USER_PIN_INITIALIZED`). */
  readonly isInitialized: boolean;
  /** Whether its keys are out of reach without a password (`CKF_LOGIN_REQUIRED`). */
  readonly needsLogin: boolean;
  /** Whether the password is entered at the token itself (`CKF_PROTECTED_AUTHENTICATION_PATH`). */
  readonly hasProtectedAuthPath: boolean;
  /** Whether one more wrong password locks the token (`CKF_USER_PIN_FINAL_TRY`). */
  readonly isFinalTry: boolean;
  /** Whether wrong passwords have locked the token (`CKF_USER_PIN_LOCKED`). */
  readonly isLocked: boolean;
}

/** What a token's mechanism is for. */
export type MechanismUse = "sign" | "generateKeyPair";

/** Something that a token can do (`CK_MECHANISM_INFO`). */
export interface TokenMechanism {
  /** PKCS#11's name, as `CKM_ECDSA`; of unknown ones the number in hexadecimal. */
  readonly name: string;
  /** PKCS#11's number. */
  readonly type: number;
  /** What it is for here. */
  readonly uses: readonly MechanismUse[];
  /** The smallest key in bits, where the token tells. */
  readonly minKeySize?: number;
  /** The largest key in bits, where the token tells. */
  readonly maxKeySize?: number;
}

/** A private key as a token lists it. */
export interface TokenKey {
  /** By what the token tells keys apart (`CKA_ID`); NSS's is the SHA-1 of the public key. */
  readonly id: Uint8Array<ArrayBuffer>;
  /** What people call it; `null` if it has no name (`CKA_LABEL`). */
  readonly label: string | null;
  /** What kind of key it is; `null` if it is of a kind that this package does not know. */
  readonly algorithm: KeyAlgorithm | null;
  /** Its public half, where the token has it. */
  readonly publicKey?: SubjectPublicKeyInfo;
}

/**
 * Which private key is meant: that of a certificate, the other half of a public key, or one by its
 * id.
 */
export type KeyQuery = Certificate | SubjectPublicKeyInfo | Pick<TokenKey, "id">;

/** A key pair that a token has made. */
export interface TokenKeyPair extends TokenKey {
  /** What kind of key it is. */
  readonly algorithm: KeyAlgorithm;
  /** The private key. It is in the token. */
  readonly privateKey: PrivateKey;
  /** The public key. */
  readonly publicKey: SubjectPublicKeyInfo;
}

/** What {@linkcode Token.generateKeyPair} and {@linkcode Token.importKey} take. */
export interface StoreKeyOptions extends TokenOptions {
  /** What people call the key; none by default. */
  readonly label?: string;
}

/**
 * What a token takes as a private key: what `importPrivateKey` does, if the key may leave where it
 * is.
 */
export type ImportableKey = CryptoKey | PrivateKey | string | Uint8Array;

/** Logs a token in; see {@linkcode Token.loginHandler}. */
export type LoginHandler = (options: TokenOptions) => Promise<void>;

/**
 * Where private keys and certificates live: memory, an NSS database, a smart card (`PK11SlotInfo`
 * with what is in it).
 *
 * Certificates are found without a password. A call that needs one asks
 * {@linkcode Token.loginHandler}; whoever implements tokens calls {@linkcode requireLogin}. All
 * methods may be called at once.
 *
 * A token that is read-only fails with `SEC_ERROR_READ_ONLY` where it should change.
 */
export interface Token {
  /** What people call it, the first part of its nicknames. */
  readonly label: string;
  /** Its certificates. A record has `hasKey` if the token has the key. */
  readonly certificates: CertDB;
  /** Whether its keys are within reach: after {@linkcode Token.login}, or because it needs none. */
  readonly isLoggedIn: boolean;
  /**
   * What is called where the token must be logged in and is not. The {@linkcode Slot} of the token
   * sets it; without one such calls fail with `SEC_ERROR_TOKEN_NOT_LOGGED_IN`.
   */
  loginHandler: LoginHandler | null;
  /**
   * Tells what it is and in which state.
   *
   * @returns The answer of the moment.
   */
  describe(): Promise<TokenInfo>;
  /**
   * Lists what it can do.
   *
   * @returns The mechanisms.
   */
  mechanisms(): Promise<readonly TokenMechanism[]>;
  /**
   * Tries a password. Without success the token is as it was.
   *
   * @param password The password; `null` where it is entered at the token itself.
   * @returns Whether it is right. A token that is logged in says so again only to the right
   * password.
   * @throws {NssError} `SEC_ERROR_LOCKED_PASSWORD` if the token is locked, and what is wrong with
   * the token itself.
   */
  login(password: string | null): Promise<boolean>;
  /**
   * Puts its keys out of reach: those that were found before fail with
   * `SEC_ERROR_TOKEN_NOT_LOGGED_IN`. A token that needs no login stays as it is.
   *
   * @returns When it has happened.
   */
  logout(): Promise<void>;
  /**
   * Changes the password (`PK11_ChangePW`), or gives the first one (`PK11_InitPin`).
   *
   * @param current The current password; `null` if there is none.
   * @param next The new one; empty to need none.
   * @returns When it has happened. The token is logged in.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong,
   * `SEC_ERROR_INVALID_PASSWORD` if the token does not take the new one, `SEC_ERROR_READ_ONLY`.
   */
  changePassword(current: string | null, next: string): Promise<void>;
  /**
   * Lists the private keys, as far as that needs no password unless the token says nothing without.
   *
   * @param options What a token may need.
   * @returns The keys, in no order.
   */
  listKeys(options?: TokenOptions): Promise<readonly TokenKey[]>;
  /**
   * Finds a private key (`PK11_FindPrivateKeyFromCert`).
   *
   * @param which Which one.
   * @param options What a token may need.
   * @returns The key, or `undefined` if the token does not have it, for which no password is asked
   * if the token can tell without.
   */
  findKey(which: KeyQuery, options?: TokenOptions): Promise<PrivateKey | undefined>;
  /**
   * Makes a key pair that stays in the token (`PK11_GenerateKeyPair`).
   *
   * @param type What kind of keys.
   * @param options What people call it.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if the token does not make such keys,
   * `SEC_ERROR_READ_ONLY`.
   */
  generateKeyPair(type?: KeyPairType, options?: StoreKeyOptions): Promise<TokenKeyPair>;
  /**
   * Takes a private key in (`PK11_ImportDERPrivateKeyInfo`). One that is there already stays as it
   * is.
   *
   * @param key The key.
   * @param options What people call it.
   * @returns What is stored now.
   * @throws {NssError} As `importPrivateKey`; `SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY` if the key may
   * not leave where it is, `SEC_ERROR_UNSUPPORTED_KEYALG` if the token does not take such keys,
   * `SEC_ERROR_READ_ONLY`.
   */
  importKey(key: ImportableKey, options?: StoreKeyOptions): Promise<TokenKey>;
  /**
   * Removes a private key, and leaves certificates.
   *
   * @param which Which one.
   * @param options What a token may need.
   * @returns Whether it was there.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  deleteKey(which: KeyQuery, options?: TokenOptions): Promise<boolean>;
  /**
   * Lets go of files and sessions. What is called after that fails with `SEC_ERROR_NO_TOKEN`.
   *
   * @returns When it has happened.
   */
  close(): Promise<void>;
}

/**
 * Logs a token in if it must be and is not. For those who implement {@linkcode Token}.
 *
 * @param token The token.
 * @param what What is about to be done, as `use private key`, for the error.
 * @param options What the caller gave.
 * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if nobody can log it in, and what the password
 * function says.
 *
 * @example Usage
 * ```ts
 * import { requireLogin, SoftToken } from "@nss/nss/pkcs11";
 * import { NssError } from "@nss/nss/cert";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const token = new SoftToken({ label: "Keys", password: "secret" });
 * const error = await assertRejects(() => requireLogin(token, "use private key"), NssError);
 * assertEquals(error.message, 'Cannot use private key: token "Keys" is not logged in');
 *
 * await token.login("secret");
 * await requireLogin(token, "use private key"); // it has what it needs
 * ```
 */
export async function requireLogin(
  token: Token,
  what: string,
  options: TokenOptions = {},
): Promise<void> {
  if (token.isLoggedIn) return;
  await token.loginHandler?.(options);
  if (token.isLoggedIn) return;
  throw new NssError(
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    `Cannot ${what}: token "${token.label}" is not logged in`,
  );
}

/**
 * Tells whether a key that a token lists is the one that is meant, for tokens without an index.
 *
 * @param key The key.
 * @param which Which one is meant.
 * @returns Whether the public keys, or the ids, are the same.
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
 */
export function matchesKeyQuery(key: TokenKey, which: KeyQuery): boolean {
  const publicKey = publicKeyOf(which);
  if (publicKey === null) return equal(key.id, (which as Pick<TokenKey, "id">).id);
  // A key of the RSASSA-PSS kind may be stored as a plain RSA key, which has the same bits
  return key.publicKey !== undefined && equal(key.publicKey.publicKey, publicKey.publicKey);
}

/**
 * Gives the public half of the key that is meant.
 *
 * @param which Which one is meant.
 * @returns The public key; `null` if it is meant by its id.
 * @throws {NssError} If the certificate's key is of a kind that is not supported.
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
 */
export function publicKeyOf(which: KeyQuery): SubjectPublicKeyInfo | null {
  if (which instanceof Certificate) return which.subjectPublicKeyInfo;
  return which instanceof SubjectPublicKeyInfo ? which : null;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
