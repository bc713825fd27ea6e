// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../cert/base/errors.ts";
import type { NssContext } from "./context.ts";
import { MAX_PASSWORD_TRIES, passwordFuncOf } from "./password.ts";
import type { Token, TokenOptions } from "./token.ts";

/** What a {@linkcode Slot} is made with. */
export interface SlotOptions {
  /** What people call the slot. */
  readonly name: string;
  /** The token in it; a function where tokens come and go, which is asked each time. */
  readonly token: Token | null | (() => Token | null);
  /** Who made it; empty by default. */
  readonly manufacturer?: string;
  /** Whether its token can be taken out (`CKF_REMOVABLE_DEVICE`). */
  readonly isRemovable?: boolean;
  /** Whether it is a device (`CKF_HW_SLOT`). */
  readonly isHardware?: boolean;
  /** The number that its module knows it by, if it has one. */
  readonly id?: number | bigint;
}

/** What a slot says of itself (`CK_SLOT_INFO`). */
export interface SlotInfo {
  /** What people call it. */
  readonly name: string;
  /** Who made it. */
  readonly manufacturer: string;
  /** Whether its token can be taken out. */
  readonly isRemovable: boolean;
  /** Whether it is a device. */
  readonly isHardware: boolean;
  /** Whether a token is in it. */
  readonly isPresent: boolean;
}

/**
 * A place for a token, and who asks for its password (`PK11SlotInfo`).
 *
 * @example A password that is asked for once
 * ```ts
 * import { setPasswordFunc, Slot, SoftToken } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const slot = new Slot({ name: "Slot", token: new SoftToken({ password: "secret" }) });
 * let prompts = 0;
 * setPasswordFunc(() => {
 *   prompts++;
 *   return "secret";
 * }, { for: slot });
 * await Promise.all([slot.authenticate(), slot.authenticate(), slot.authenticate()]);
 * assertEquals(prompts, 1);
 * ```
 */
export class Slot {
  /** What people call it. */
  readonly name: string;
  /** Who made it. */
  readonly manufacturer: string;
  /** Whether its token can be taken out. */
  readonly isRemovable: boolean;
  /** Whether it is a device. */
  readonly isHardware: boolean;
  /** The number that its module knows it by. */
  readonly id: number | bigint | null;
  /** Whose slot it is; set by the context that it is added to. */
  context: NssContext | null = null;
  readonly #token: () => Token | null;
  #last: Token | null = null;
  #login: Promise<void> | null = null;

  /**
   * Creates a slot.
   *
   * @param options Its name and token.
   */
  constructor(options: SlotOptions) {
    const { token } = options;
    this.name = options.name;
    this.manufacturer = options.manufacturer ?? "";
    this.isRemovable = options.isRemovable ?? false;
    this.isHardware = options.isHardware ?? false;
    this.id = options.id ?? null;
    this.#token = typeof token === "function" ? token : () => token;
    void this.token; // so that it can ask for its password from now on
  }

  /** The token in it; `null` if there is none. */
  get token(): Token | null {
    const token = this.#token();
    if (token !== this.#last) {
      this.#last = token;
      this.#login = null;
      if (token !== null) token.loginHandler = ({ pinArg }) => this.authenticate({ pinArg });
    }
    return token;
  }

  /**
   * Tells what it is.
   *
   * @returns The answer of the moment.
   */
  describe(): SlotInfo {
    const { name, manufacturer, isRemovable, isHardware } = this;
    return { name, manufacturer, isRemovable, isHardware, isPresent: this.token !== null };
  }

  /**
   * Logs its token in, if that is needed (`PK11_Authenticate`).
   *
   * The password function is asked, at most {@linkcode MAX_PASSWORD_TRIES} times, once for all who wait; never again
   * where the next wrong answer would lock the token.
   *
   * @param options What the password function is handed; of several callers at once, that of the first.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if there is none, `SEC_ERROR_BAD_PASSWORD` if the answers were wrong or the
   * function gave up, `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if there is no function, `SEC_ERROR_LOCKED_PASSWORD`, and what
   * the function throws.
   */
  async authenticate(options: TokenOptions = {}): Promise<void> {
    const { token } = this;
    if (token === null) {
      throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot log in: no token is in slot "${this.name}"`);
    }
    if (token.isLoggedIn) return;
    if (this.#login === null) {
      const login = this.#ask(token, options.pinArg).finally(() => {
        if (this.#login === login) this.#login = null;
      });
      this.#login = login;
    }
    await this.#login;
  }

  async #ask(token: Token, pinArg: unknown): Promise<void> {
    const { label } = token;
    const fail = (
      name:
        | "SEC_ERROR_BAD_PASSWORD"
        | "SEC_ERROR_TOKEN_NOT_LOGGED_IN"
        | "SEC_ERROR_LOCKED_PASSWORD",
      state: string,
    ): NssError => new NssError(name, `Cannot log in to token "${label}": ${state}`);
    for (let tries = 0; tries < MAX_PASSWORD_TRIES; tries++) {
      const info = await token.describe();
      if (info.isLocked) throw fail("SEC_ERROR_LOCKED_PASSWORD", "it is locked");
      if (tries > 0 && info.isFinalTry) {
        throw fail("SEC_ERROR_BAD_PASSWORD", "the password is wrong, and one more would lock it");
      }
      if (info.hasProtectedAuthPath) {
        if (await token.login(null)) return;
        continue;
      }
      const func = passwordFuncOf(this);
      if (func === null) {
        throw fail("SEC_ERROR_TOKEN_NOT_LOGGED_IN", "no password function is set");
      }
      const answer = await func(this, tries > 0, pinArg);
      if (answer === null || answer === undefined) {
        throw fail("SEC_ERROR_BAD_PASSWORD", "the password function gave up");
      }
      if (token.isLoggedIn || (typeof answer === "string" && await token.login(answer))) return;
    }
    throw fail("SEC_ERROR_BAD_PASSWORD", `the password is wrong, ${MAX_PASSWORD_TRIES} were tried`);
  }
}

/** What a module says of itself (`CK_INFO`). */
export interface ModuleInfo {
  /** What people call it. */
  readonly name: string;
  /** The file of its library; `null` of those that are part of this package. */
  readonly library: string | null;
  /** Who made it. */
  readonly manufacturer: string;
  /** What it says of itself. */
  readonly description: string;
  /** Its version, as `2.6`; empty if it tells none. */
  readonly version: string;
}

/** Something that has slots (`SECMODModule`): this package's own, or a PKCS#11 library. */
export interface TokenModule {
  /** What people call it. */
  readonly name: string;
  /** Its slots, with and without tokens. */
  readonly slots: readonly Slot[];
  /**
   * Tells what it is.
   *
   * @returns The answer.
   */
  describe(): ModuleInfo;
  /**
   * Closes its tokens and lets go of the library.
   *
   * @returns When it has happened.
   */
  close(): Promise<void>;
}
