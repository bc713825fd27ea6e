// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "./context.ts";
import type { Slot } from "./slot.ts";

/**
 * What a {@linkcode PasswordFunc} returns where the user has given the password at the token itself, or the function
 * has logged the token in (`PK11_PW_AUTHENTICATED`).
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
 * It is asked once for all who wait for the same slot, and again, with `retry`, after a wrong answer.
 *
 * @param slot The slot whose token wants its password.
 * @param retry Whether the last answer was wrong. A function that knows but one answer returns `null` then.
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
 * How many passwords are tried before a login fails. NSS goes on as long as there are answers, which locks smart
 * cards; these lock after 3 to 10 wrong ones.
 */
export const MAX_PASSWORD_TRIES = 3;

/** What {@linkcode setPasswordFunc} takes besides the function. */
export interface SetPasswordFuncOptions {
  /** For which slot, or for the slots of which context; for all that have no other by default. */
  readonly for?: Slot | NssContext;
}

let common: PasswordFunc | null = null;
const own = new WeakMap<object, PasswordFunc>();

/**
 * Says who gives passwords (`PK11_SetPasswordFunc`).
 *
 * A slot's own function comes first, then its context's, then the common one. It is called when a token needs to be
 * logged in, not before; without one such calls fail with `SEC_ERROR_TOKEN_NOT_LOGGED_IN`.
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

/**
 * Finds who gives the password of a slot.
 *
 * @param slot The slot.
 * @returns The function, or `null` if there is none.
 */
export function passwordFuncOf(slot: Slot): PasswordFunc | null {
  const { context } = slot;
  return own.get(slot) ?? (context === null ? undefined : own.get(context)) ?? common;
}
