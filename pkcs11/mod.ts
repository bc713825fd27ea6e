// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Private keys, tokens and trust anchors.
 *
 * A `PrivateKey` (of `@nss/nss/cert`) is any object that signs, with a key in WebCrypto, in a
 * token, or in a remote service. Functions that need a private key accept all of them, and never
 * access its bytes.
 *
 * - {@linkcode importPrivateKey} imports PEM, DER and WebCrypto keys.
 * - {@linkcode generateKeyPair} generates new ones.
 * - {@linkcode init} opens an NSS database, {@linkcode noDbInit} initializes without one,
 *   {@linkcode initContext} does either with a new context.
 * - {@linkcode findCertFromNickname} and {@linkcode findKeyByAnyCert} search all tokens of a
 *   context, and {@linkcode setPasswordFunc} sets the function that supplies their passwords.
 * - {@linkcode Token} is the interface of all tokens: {@linkcode SoftToken} is one in memory, NSS
 *   databases are in `@nss/nss/pkcs11/nss-db`, and {@linkcode BaseToken} is a base for other ones.
 * - {@linkcode platformTrustAnchors} are the certification authorities that are trusted by default.
 * - {@linkcode NssContext} holds what separate parts of a program may not share, such as trust and
 *   session caches.
 *
 * @example Sign with a key from PEM
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair, importPrivateKey } from "@nss/nss/pkcs11";
 * import { verifySignature } from "@nss/nss/cert";
 * import { assert } from "@std/assert";
 *
 * const { privateKey, publicKey } = await generateKeyPair("rsa-2048", { extractable: true });
 * const pem = await exportPrivateKeyPem(privateKey); // usually read from a file
 *
 * const key = await importPrivateKey(pem);
 * const data = new TextEncoder().encode("to be signed");
 * const signature = await key.sign("rsa_pss_rsae_sha256", data);
 * assert(await verifySignature(publicKey, "rsa_pss_rsae_sha256", data, signature));
 * ```
 *
 * @module
 */

export { platformTrustAnchors } from "./context/builtins.ts";
export { defaultContext, NssContext, type NssContextOptions } from "./context/context.ts";
export type { DecryptRc2, Rc2Ciphertext } from "./pbe/ciphers.ts";
export { exportPkcs12, type ExportPkcs12Options } from "./pkcs12/export_pkcs12.ts";
export {
  findCertFromNickname,
  findCertsFromNickname,
  type FindFromNicknameOptions,
  type FindInTokensOptions,
  findKeyByAnyCert,
} from "./context/find.ts";
export {
  type ExportPrivateKeyOptions,
  exportPrivateKeyPem,
  generateKeyPair,
  type GenerateKeyPairOptions,
  type KeyPair,
  type KeyPairType,
} from "./keys/generate_key_pair.ts";
export {
  importPkcs12,
  type ImportPkcs12Options,
  type Pkcs12,
  type Pkcs12Certificate,
  type Pkcs12Identity,
} from "./pkcs12/import_pkcs12.ts";
export { importPrivateKey, type ImportPrivateKeyOptions } from "./keys/import_private_key.ts";
export {
  type ConfiguredModule,
  init,
  initContext,
  type InitOptions,
  initReadWrite,
  isInitialized,
  noDbInit,
  type NoDbInitOptions,
  shutdown,
} from "./context/init.ts";
export {
  MAX_PASSWORD_TRIES,
  type PasswordAnswer,
  type PasswordAuthenticated,
  type PasswordFunc,
  PW_AUTHENTICATED,
  setPasswordFunc,
  type SetPasswordFuncOptions,
  Slot,
  type SlotInfo,
  type SlotOptions,
  type SlotOwner,
} from "./slots/slot.ts";
export type { ModuleInfo, TokenModule } from "./slots/token_module.ts";
export { BaseToken, type TokenParts } from "./token/base_token.ts";
export { ReadOnlyToken, type ReadOnlyTokenOptions } from "./token/read_only_token.ts";
export { SoftToken, type SoftTokenOptions } from "./token/softoken.ts";
export {
  type ImportableKey,
  type KeyQuery,
  type LoginHandler,
  matchesKeyQuery,
  type MechanismUse,
  publicKeyOf,
  requireLogin,
  type StoreKeyOptions,
  type Token,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "./token/token.ts";
export type { TokenKeyStore } from "./token/token_key_store.ts";
export type { TokenLogin } from "./token/token_login.ts";
export {
  formatPkcs11Uri,
  MAX_PKCS11_URI_LENGTH,
  parsePkcs11Uri,
  type Pkcs11ObjectType,
  type Pkcs11Uri,
} from "./context/uri.ts";
