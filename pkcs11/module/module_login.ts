// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { NssError } from "../../cert/base/errors.ts";
import { readOnly } from "../token/base_token.ts";
import type { TokenInfo } from "../token/token.ts";
import type { TokenLogin } from "../token/token_login.ts";
import { CKU_USER } from "./constants.ts";
import { pinPassword } from "./memory.ts";
import { isReturned } from "./return_values.ts";
import type { SessionPool } from "./session_pool.ts";

/** The login of a token of a PKCS#11 library, shared by all sessions of this process. */
export class ModuleLogin implements TokenLogin {
  /** The current session, a different object for each login. */
  session: object | null;
  readonly #info: TokenInfo;
  readonly #pool: SessionPool;
  /** Verifies passwords while the token is logged in by a password. */
  #password: { readonly key: CryptoKey; readonly mac: Uint8Array<ArrayBuffer> } | null = null;
  #lastLogin: Promise<unknown> = Promise.resolve();

  /**
   * Creates a login. A token that needs no login is logged in.
   *
   * @param info The description of the token.
   * @param pool The sessions of the token.
   */
  constructor(info: TokenInfo, pool: SessionPool) {
    this.session = info.needsLogin ? null : {};
    this.#info = info;
    this.#pool = pool;
  }

  /** Whether the token is logged in, or needs no login. */
  get isLoggedIn(): boolean {
    return this.session !== null;
  }

  /** Returns the session; see {@linkcode TokenLogin.open}. */
  open(): Promise<object | null> {
    return Promise.resolve(this.session);
  }

  /** Ends the session, without a call of the library. */
  end(): void {
    this.session = null;
    this.#password = null;
  }

  /**
   * Tries a password (`C_Login`); see {@linkcode TokenLogin.login}.
   *
   * @throws {NssError} `SEC_ERROR_LOCKED_PASSWORD` if the token is locked, or another error of the
   * token.
   */
  login(password: string | null): Promise<boolean> {
    return this.#serialize(() => this.#login(password));
  }

  /** Serialises logins and logouts, so that the state here is that of the token. */
  #serialize<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#lastLogin.then(run);
    this.#lastLogin = result.catch(() => {});
    return result;
  }

  async #login(password: string | null): Promise<boolean> {
    if (!this.#info.needsLogin) return true;
    if (this.session !== null && this.#password !== null && password !== null) {
      const { key, mac } = this.#password;
      return timingSafeEqual(await macOf(password, key), mac);
    }
    const attempt = `Cannot log in to token "${this.#info.label}"`;
    const pin = password === null ? null : pinPassword(password);
    const login = (): Promise<void> =>
      this.#pool.use((session) =>
        session.call("C_Login", attempt, CKU_USER, pin?.bytes ?? null, pin?.length ?? 0)
      );
    try {
      await login().catch(async (error) => {
        // Other code in this process has logged in; only a new login verifies the password
        if (!isReturned(error, "CKR_USER_ALREADY_LOGGED_IN")) throw error;
        if (password === null) return;
        await this.#pool.use((session) => session.call("C_Logout", attempt));
        await login();
      });
    } catch (error) {
      if (isReturned(error, "CKR_PIN_INCORRECT", "CKR_PIN_INVALID", "CKR_PIN_LEN_RANGE")) {
        return false;
      }
      throw error;
    } finally {
      pin?.bytes.fill(0);
    }
    if (password !== null) await this.#remember(password);
    this.session ??= {};
    return true;
  }

  /**
   * Keeps a MAC of the password, because a token that is logged in does not verify passwords. The
   * MAC does not reveal the password, because its key cannot be exported.
   */
  async #remember(password: string): Promise<void> {
    const random = crypto.getRandomValues(new Uint8Array(32));
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", random, algorithm, false, ["sign"]);
    random.fill(0);
    this.#password = { key, mac: await macOf(password, key) };
  }

  /** Ends the session (`C_Logout`), unless the token needs no login. */
  logout(): Promise<void> {
    return this.#serialize(async () => {
      if (!this.#info.needsLogin || this.session === null) return;
      this.end();
      const attempt = `Cannot log out of token "${this.#info.label}"`;
      await this.#pool.use((session) => session.call("C_Logout", attempt)).catch((error) => {
        if (!isReturned(error, "CKR_USER_NOT_LOGGED_IN")) throw error;
      });
    });
  }

  /**
   * Changes the password (`C_SetPIN`); see {@linkcode TokenLogin.changePassword}.
   *
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong,
   * `SEC_ERROR_INVALID_PASSWORD` if the token rejects the new one, `PR_NOT_IMPLEMENTED_ERROR` if
   * `current` is `null`: the security officer sets the first password, with the tools of the
   * library.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    const { label, isReadOnly } = this.#info;
    if (isReadOnly) throw readOnly("change password", label);
    if (current === null) {
      throw new NssError(
        "PR_NOT_IMPLEMENTED_ERROR",
        `Cannot change password: the first one of token "${label}" is given by its own tools`,
      );
    }
    const [old, fresh] = [pinPassword(current), pinPassword(next)];
    const attempt = `Cannot change password of token "${label}"`;
    try {
      await this.#pool.write((session) =>
        session.call("C_SetPIN", attempt, old.bytes, old.length, fresh.bytes, fresh.length)
      );
    } finally {
      old.bytes.fill(0);
      fresh.bytes.fill(0);
    }
    this.#password = null;
    await this.#remember(next);
    if (this.session === null) await this.login(next);
  }
}

async function macOf(password: string, key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(password);
  const mac = crypto.subtle.sign("HMAC", key, bytes);
  bytes.fill(0); // sign has copied it
  return new Uint8Array(await mac);
}
