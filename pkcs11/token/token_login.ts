// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";

/**
 * The login of a token, behind the methods of `BaseToken`.
 *
 * @category Tokens
 */
export interface TokenLogin {
  /** The current session, a different object for each; `null` if there is none. */
  readonly session: object | null;
  /** Whether there is a session, or no password is needed. */
  readonly isLoggedIn: boolean;
  /**
   * Returns the session, and begins one if no password is needed.
   *
   * @returns The session; `null` if a password is needed.
   */
  open(): Promise<object | null>;
  /**
   * Tries a password; see `Token.login`.
   *
   * @param password The password; `null` if it is entered at the token itself.
   * @returns Whether it is right.
   */
  login(password: string | null): Promise<boolean>;
  /** Ends the session, unless the token needs no login. */
  logout(): Promise<void>;
  /**
   * Changes the password; see `Token.changePassword`.
   *
   * @param current The current password; `null` if there is none.
   * @param next The new password.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD`, `SEC_ERROR_READ_ONLY`.
   */
  changePassword(current: string | null, next: string): Promise<void>;
}

/**
 * Creates an error about a wrong current password.
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
