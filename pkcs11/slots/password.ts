// Copyright 2026 the NSS for Deno authors. MIT license.

/** Who gives the passwords of tokens. @module */

export {
  MAX_PASSWORD_TRIES,
  type PasswordAnswer,
  type PasswordAuthenticated,
  type PasswordFunc,
  PW_AUTHENTICATED,
  setPasswordFunc,
  type SetPasswordFuncOptions,
} from "./slot.ts";
