// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  hasMembers,
  isBoolean,
  isEither,
  isFunction,
  isInstance,
  isInteger,
  isString,
  orNull,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";
import { isToken, type Token, TOKEN_OPTIONS, type TokenOptions } from "../token/token.ts";

/**
 * The options of a {@linkcode Slot}.
 *
 * @category Tokens
 */
export interface SlotOptions {
  /** The name. */
  readonly name: string;
  /** The token; a function, called at each access, if tokens can be inserted and removed. */
  readonly token: Token | null | (() => Token | null);
  /** The manufacturer; empty by default. */
  readonly manufacturer?: string;
  /** Whether its token can be removed (`CKF_REMOVABLE_DEVICE`); `false` by default. */
  readonly isRemovable?: boolean;
  /** Whether it is a hardware slot (`CKF_HW_SLOT`); `false` by default. */
  readonly isHardware?: boolean;
  /** The id of the slot in its module (`CK_SLOT_ID`), if it has one. */
  readonly id?: number | bigint;
}

const SHAPE: Shape<SlotOptions> = {
  name: required(isString),
  token: required(orNull(isEither("a token or a function", isFunction, isToken))),
  manufacturer: isString,
  isRemovable: isBoolean,
  isHardware: isBoolean,
  id: (value, name) => typeof value === "bigint" ? null : isInteger(0)(value, name),
};

/**
 * The description of a slot (`CK_SLOT_INFO`).
 *
 * @category Tokens
 */
export interface SlotInfo {
  /** The name. */
  readonly name: string;
  /** The manufacturer. */
  readonly manufacturer: string;
  /** Whether its token can be removed. */
  readonly isRemovable: boolean;
  /** Whether it is a hardware slot. */
  readonly isHardware: boolean;
  /** Whether it has a token. */
  readonly isPresent: boolean;
}

/**
 * The owner of slots: an `NssContext`.
 *
 * @category Tokens
 */
export interface SlotOwner {
  /** All slots. */
  readonly slots: readonly Slot[];
  /** The slot of the internal token. */
  readonly internalSlot: Slot;
}

/**
 * The answer of a {@linkcode PasswordFunc} that has logged the token in itself, or after the
 * password was entered at the token (`PK11_PW_AUTHENTICATED`).
 *
 * @category Tokens
 */
export const PW_AUTHENTICATED: PasswordAuthenticated = Object.freeze({ isAuthenticated: true });

/**
 * The type of {@linkcode PW_AUTHENTICATED}.
 *
 * @category Tokens
 */
export interface PasswordAuthenticated {
  /** Always `true`: the token is logged in. */
  readonly isAuthenticated: true;
}

/**
 * Returns the password of a token (`PK11PasswordFunc`).
 *
 * It is called once for all operations that wait for the same slot, and again, with `retry`, after
 * a wrong password.
 *
 * @param slot The slot of the token.
 * @param retry Whether the last password was wrong. A function with a fixed password returns `null`
 * then.
 * @param arg The pin argument of the call that needs the token (`wincx`).
 * @returns The password, `null` to give up, or {@linkcode PW_AUTHENTICATED}.
 *
 * @category Tokens
 */
export type PasswordFunc = (
  slot: Slot,
  retry: boolean,
  arg: unknown,
) => PasswordAnswer | Promise<PasswordAnswer>;

/**
 * The answer of a {@linkcode PasswordFunc}.
 *
 * @category Tokens
 */
export type PasswordAnswer = string | null | undefined | PasswordAuthenticated;

/**
 * The maximum number of passwords that a login tries. NSS has no maximum, which locks smart cards
 * after 3 to 10 wrong ones.
 *
 * @category Tokens
 */
export const MAX_PASSWORD_TRIES = 3;

/**
 * A slot for a token, which logs it in by a password function (`PK11SlotInfo`).
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
 *
 * @category Tokens
 */
export class Slot {
  /** The name. */
  readonly name: string;
  /** The manufacturer. */
  readonly manufacturer: string;
  /** Whether its token can be removed. */
  readonly isRemovable: boolean;
  /** Whether it is a hardware slot. */
  readonly isHardware: boolean;
  /** The id of the slot in its module (`CK_SLOT_ID`); `null` if it has none. */
  readonly id: number | bigint | null;
  /** The context, which sets this when the slot is added to it. */
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
    const own = takeOptions("Cannot make slot", options, SHAPE);
    const { token } = own;
    this.name = own.name;
    this.manufacturer = own.manufacturer ?? "";
    this.isRemovable = own.isRemovable ?? false;
    this.isHardware = own.isHardware ?? false;
    this.id = own.id ?? null;
    this.#token = typeof token === "function" ? token : () => token;
    void this.token; // sets the login handler of the token
  }

  /** The token; `null` if there is none. */
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
   * Describes the slot.
   *
   * @returns The description.
   */
  describe(): SlotInfo {
    const { name, manufacturer, isRemovable, isHardware } = this;
    return { name, manufacturer, isRemovable, isHardware, isPresent: this.token !== null };
  }

  /**
   * Logs the token in if it needs a login (`PK11_Authenticate`).
   *
   * Concurrent calls share one login. It calls the password function at most
   * {@linkcode MAX_PASSWORD_TRIES} times, and not again if the next wrong password would lock the
   * token.
   *
   * @param options The argument for the password function; of concurrent calls, that of the first.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if there is no token, `SEC_ERROR_BAD_PASSWORD` if the
   * passwords were wrong or the function returned `null`, `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if there
   * is no password function, `SEC_ERROR_LOCKED_PASSWORD` if the token is locked,
   * `SEC_ERROR_INVALID_ARGS` if the function returned no {@linkcode PasswordAnswer}, or the error
   * of the password function.
   */
  async authenticate(options: TokenOptions = {}): Promise<void> {
    options = takeOptions("Cannot log in", options, TOKEN_OPTIONS);
    const { token } = this;
    if (token === null) {
      throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot log in: no token is in slot "${this.name}"`);
    }
    if (token.isLoggedIn) return;
    if (this.#login === null) {
      const login = this.#logIn(token, options.pinArg).finally(() => {
        if (this.#login === login) this.#login = null;
      });
      this.#login = login;
    }
    await this.#login;
  }

  async #logIn(token: Token, pinArg: unknown): Promise<void> {
    const { label } = token;
    const fail = (
      name:
        | "SEC_ERROR_BAD_PASSWORD"
        | "SEC_ERROR_TOKEN_NOT_LOGGED_IN"
        | "SEC_ERROR_LOCKED_PASSWORD"
        | "SEC_ERROR_INVALID_ARGS",
      state: string,
    ): NssError => new NssError(name, `Cannot log in to token "${label}": ${state}`);
    const wrong = (tries: number): string =>
      `the password is wrong${tries === 1 ? "" : `, ${tries} were tried`}`;
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
        throw fail(
          "SEC_ERROR_BAD_PASSWORD",
          tries === 0 ? "the password function returned none" : wrong(tries),
        );
      }
      if (token.isLoggedIn) return;
      if (typeof answer !== "string") {
        throw answer.isAuthenticated === true
          ? fail(
            "SEC_ERROR_BAD_PASSWORD",
            "the password function says that it is logged in, and it is not",
          )
          : fail(
            "SEC_ERROR_INVALID_ARGS",
            "the password function returned neither a string, null nor PW_AUTHENTICATED",
          );
      }
      if (await token.login(answer)) return;
    }
    throw fail("SEC_ERROR_BAD_PASSWORD", wrong(MAX_PASSWORD_TRIES));
  }
}

/**
 * The options of {@linkcode setPasswordFunc}.
 *
 * @category Tokens
 */
export interface SetPasswordFuncOptions {
  /**
   * The slot, or the context of the slots; by default all slots without a function of their own.
   */
  readonly for?: Slot | SlotOwner;
}

const FOR: Shape<SetPasswordFuncOptions> = {
  for: (value, name) =>
    value instanceof Slot ? null : hasMembers("a slot or a context", {
      internalSlot: required(isInstance(Slot)),
    })(value, name),
};

let defaultFunc: PasswordFunc | null = null;
const funcs = new WeakMap<object, PasswordFunc>();

/**
 * Sets the password function (`PK11_SetPasswordFunc`).
 *
 * The function of the slot takes precedence over that of its context, and this over the default
 * one. It is called when a token needs a login; without a function the login fails with
 * `SEC_ERROR_TOKEN_NOT_LOGGED_IN`.
 *
 * @param func The function; `null` to remove it.
 * @param options The slot or context.
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
 *
 * @category Tokens
 */
export function setPasswordFunc(
  func: PasswordFunc | null,
  options: SetPasswordFuncOptions = {},
): void {
  const attempt = "Cannot set password function";
  requireArgs(attempt, orNull(isFunction)(func, "func"));
  const { for: owner } = takeOptions(attempt, options, FOR);
  if (owner === undefined) defaultFunc = func;
  else if (func === null) funcs.delete(owner);
  else funcs.set(owner, func);
}

/** Returns the password function of a slot; `null` if there is none. */
function passwordFuncOf(slot: Slot): PasswordFunc | null {
  const { context } = slot;
  return funcs.get(slot) ?? (context === null ? undefined : funcs.get(context)) ?? defaultFunc;
}
