// Copyright 2026 the NSS for Deno authors. MIT license.

import { isString, type Shape, takeOptions } from "../../cert/base/options.ts";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { CertDB } from "../../cert/db/cert_db.ts";
import { MemoryCertDB } from "../../cert/db/memory_cert_db.ts";
import { BaseToken } from "./base_token.ts";
import { MemoryKeyStore } from "./memory_key_store.ts";
import type { TokenInfo } from "./token.ts";
import { type TokenLogin, wrongCurrentPassword } from "./token_login.ts";

/**
 * The options of a {@linkcode SoftToken}.
 *
 * @category Tokens
 */
export interface SoftTokenOptions {
  /** The label; `Memory` by default. */
  readonly label?: string;
  /** The password; none by default. */
  readonly password?: string;
}

const SHAPE: Shape<SoftTokenOptions> = { label: isString, password: isString };

const encoder = new TextEncoder();

/** A login with a password in memory. */
class MemoryLogin implements TokenLogin {
  session: object | null;
  readonly #label: string;
  #password: Uint8Array<ArrayBuffer>;

  constructor(label: string, password: string) {
    this.#label = label;
    this.#password = encoder.encode(password);
    this.session = this.needsLogin ? null : {};
  }

  get needsLogin(): boolean {
    return this.#password.length > 0;
  }

  get isLoggedIn(): boolean {
    return this.session !== null;
  }

  open(): Promise<object | null> {
    return Promise.resolve(this.session);
  }

  login(password: string | null): Promise<boolean> {
    const given = encoder.encode(password ?? "");
    const isRight = given.length === this.#password.length &&
      timingSafeEqual(given, this.#password);
    if (isRight) this.session ??= {};
    return Promise.resolve(isRight);
  }

  logout(): Promise<void> {
    if (this.needsLogin) this.session = null;
    return Promise.resolve();
  }

  async changePassword(current: string | null, next: string): Promise<void> {
    if (!await this.login(current)) throw wrongCurrentPassword(this.#label);
    this.#password = encoder.encode(next);
  }
}

/**
 * A token in memory, with certificates and with keys in WebCrypto, which cannot be exported.
 *
 * The password protects the keys from accidental use only; nothing is encrypted.
 *
 * @example Usage
 * ```ts
 * import { SoftToken } from "@nss/nss/pkcs11";
 * import { createCertificate, importCert } from "@nss/nss/cert";
 * import { assertExists } from "@std/assert";
 *
 * const token = new SoftToken();
 * const pair = await token.generateKeyPair("ec-p256");
 * const certificate = await createCertificate({ ...pair, dnsNames: ["localhost"] });
 * await importCert(token.certificates, certificate, { nickname: "server" });
 * assertExists(await token.findKey(certificate));
 * ```
 *
 * @category Tokens
 */
export class SoftToken extends BaseToken {
  /** The certificates. */
  readonly certificates: CertDB;
  readonly #login: MemoryLogin;

  /**
   * Creates an empty token.
   *
   * @param options The label and password.
   */
  constructor(options: SoftTokenOptions = {}) {
    const { label = "Memory", password = "" } = takeOptions("Cannot make token", options, SHAPE);
    const login = new MemoryLogin(label, password);
    const keys = new MemoryKeyStore();
    super({ label, login, keys, release: () => keys.clear() });
    this.#login = login;
    this.certificates = new MemoryCertDB({
      name: label,
      hasKey: (certificate) => keys.has(certificate),
    });
  }

  /**
   * Describes the token and its state.
   *
   * @returns The description.
   */
  describe(): Promise<TokenInfo> {
    const { needsLogin } = this.#login;
    return Promise.resolve(this.infoOf({ model: "Memory", isInitialized: true, needsLogin }));
  }
}
