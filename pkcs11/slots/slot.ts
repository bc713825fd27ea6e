// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { Token, TokenOptions } from "../token/token.ts";

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

/** Whose slots they are: an `NssContext`. */
export interface SlotOwner {
  /** All its slots. */
  readonly slots: readonly Slot[];
  /** The slot of its own token. */
  readonly internalSlot: Slot;
}

/**
 * What a {@linkcode PasswordFunc} returns where the user has given the password at the token
 * itself, or the function has logged the token in (`PK11_PW_AUTHENTICATED`).
 */
export const PW_AUTHENTICATED: PasswordAuthenticated = Object.freeze({ isAuthenticated: true });

/** What {@linkcode PW_AUTHENTICATED} is. */
export interface PasswordAuthenticated {
  /** The token has been logged in. */
  readonly isAuthenticated: true;
}

/**
 * Gives the password of a token (`PK11PasswordFunc`).
 *
 * It is asked once for all who wait for the same slot, and again, with `retry`, after a wrong
 * answer.
 *
 * @param slot The slot whose token wants its password.
 * @param retry Whether the last answer was wrong. A function that knows but one answer returns
 * `null` then.
 * @param arg The pin argument of the call that needs the token (`wincx`).
 * @returns The password, `null` to give up, or {@linkcode PW_AUTHENTICATED}.
 */
export type PasswordFunc = (
  slot: Slot,
  retry: boolean,
  arg: unknown,
) => PasswordAnswer | Promise<PasswordAnswer>;

/** What a {@linkcode PasswordFunc} answers. */
export type PasswordAnswer = string | null | undefined | PasswordAuthenticated;

/**
 * How many passwords are tried before a login fails. NSS goes on as long as there are answers,
 * which locks smart cards; these lock after 3 to 10 wrong ones.
 */
export const MAX_PASSWORD_TRIES = 3;

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
  context: SlotOwner | null = null;
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
   * The password function is asked, at most {@linkcode MAX_PASSWORD_TRIES} times, once for all who
   * wait; never again where the next wrong answer would lock the token.
   *
   * @param options What the password function is handed; of several callers at once, that of the
   * first.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if there is none, `SEC_ERROR_BAD_PASSWORD` if the
   * answers were wrong or the function gave up, `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if there is no
   * function, `SEC_ERROR_LOCKED_PASSWORD`, and what the function throws.
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

/** What {@linkcode setPasswordFunc} takes besides the function. */
export interface SetPasswordFuncOptions {
  /** For which slot, or for the slots of which context; for all that have no other by default. */
  readonly for?: Slot | SlotOwner;
}

let common: PasswordFunc | null = null;
const own = new WeakMap<object, PasswordFunc>();

/**
 * Says who gives passwords (`PK11_SetPasswordFunc`).
 *
 * A slot's own function comes first, then its context's, then the common one. It is called when a
 * token needs to be logged in, not before; without one such calls fail with
 * `SEC_ERROR_TOKEN_NOT_LOGGED_IN`.
 *
 * @param func The function; `null` for none.
 * @param options For whom.
 *
 * @example Usage
 * ```ts
 * import { setPasswordFunc, Slot, SoftToken } from "@nss/nss/pkcs11";
 * import { assert } from "@std/assert";
 *
 * const token = new SoftToken({ label: "Example", password: "secret" });
 * const slot = new Slot({ name: "Example Slot", token });
 * setPasswordFunc((_slot, retry) => retry ? null : "secret", { for: slot });
 *
 * await token.generateKeyPair(); // asks
 * assert(token.isLoggedIn);
 * ```
 */
export function setPasswordFunc(
  func: PasswordFunc | null,
  options: SetPasswordFuncOptions = {},
): void {
  const { for: owner } = options;
  if (owner === undefined) common = func;
  else if (func === null) own.delete(owner);
  else own.set(owner, func);
}

/** Who gives the password of a slot; `null` if there is nobody. */
function passwordFuncOf(slot: Slot): PasswordFunc | null {
  const { context } = slot;
  return own.get(slot) ?? (context === null ? undefined : own.get(context)) ?? common;
}
