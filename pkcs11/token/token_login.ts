// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";

/** Who may use the keys of a token; `BaseToken` makes the methods of `Token` of it. */
export interface TokenLogin {
  /** The session of the moment, which another login never is; `null` if there is none. */
  readonly session: object | null;
  /** Whether the keys are within reach: in a session, or because they need no password. */
  readonly isLoggedIn: boolean;
  /**
   * Gives the session, and begins it where no password is needed.
   *
   * @returns The session; `null` where a password is needed and has not been given.
   */
  open(): Promise<object | null>;
  /**
   * Tries a password; see `Token.login`.
   *
   * @param password The password; `null` where it is entered at the token itself.
   * @returns Whether it is right.
   */
  login(password: string | null): Promise<boolean>;
  /**
   * Ends the session, unless the token needs no login.
   *
   * @returns When it has happened.
   */
  logout(): Promise<void>;
  /**
   * Changes the password; see `Token.changePassword`.
   *
   * @param current The current password; `null` if there is none.
   * @param next The new one.
   * @returns When it has happened.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD`, `SEC_ERROR_READ_ONLY`.
   */
  changePassword(current: string | null, next: string): Promise<void>;
}

/**
 * Says that a password cannot be changed without the current one.
 *
 * @param label The label of the token.
 * @returns The error, `SEC_ERROR_BAD_PASSWORD`.
 */
export function wrongCurrentPassword(label: string): NssError {
  return new NssError(
    "SEC_ERROR_BAD_PASSWORD",
    `Cannot change password of token "${label}": the current one is wrong`,
  );
}
