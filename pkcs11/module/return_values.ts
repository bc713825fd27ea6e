// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, NssError } from "../../cert/base/errors.ts";

/** The return values of PKCS#11 with NSS's errors for them (`PK11_MapError`). */
const ROWS = {
  CKR_OK: [0x0, "SEC_ERROR_LIBRARY_FAILURE"],
  CKR_CANCEL: [0x1, "SEC_ERROR_USER_CANCELLED"],
  CKR_HOST_MEMORY: [0x2, "SEC_ERROR_NO_MEMORY"],
  CKR_SLOT_ID_INVALID: [0x3, "SEC_ERROR_NO_TOKEN"],
  CKR_GENERAL_ERROR: [0x5, "SEC_ERROR_PKCS11_GENERAL_ERROR"],
  CKR_FUNCTION_FAILED: [0x6, "SEC_ERROR_PKCS11_FUNCTION_FAILED"],
  CKR_ARGUMENTS_BAD: [0x7, "SEC_ERROR_INVALID_ARGS"],
  CKR_NO_EVENT: [0x8, "SEC_ERROR_NO_EVENT"],
  CKR_CANT_LOCK: [0xa, "SEC_ERROR_INCOMPATIBLE_PKCS11"],
  CKR_ATTRIBUTE_READ_ONLY: [0x10, "SEC_ERROR_READ_ONLY"],
  CKR_ATTRIBUTE_SENSITIVE: [0x11, "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY"],
  CKR_ATTRIBUTE_TYPE_INVALID: [0x12, "SEC_ERROR_BAD_DATA"],
  CKR_ATTRIBUTE_VALUE_INVALID: [0x13, "SEC_ERROR_BAD_DATA"],
  CKR_ACTION_PROHIBITED: [0x1b, "SEC_ERROR_READ_ONLY"],
  CKR_DATA_INVALID: [0x20, "SEC_ERROR_BAD_DATA"],
  CKR_DATA_LEN_RANGE: [0x21, "SEC_ERROR_INPUT_LEN"],
  CKR_DEVICE_ERROR: [0x30, "SEC_ERROR_PKCS11_DEVICE_ERROR"],
  CKR_DEVICE_MEMORY: [0x31, "SEC_ERROR_NO_MEMORY"],
  CKR_DEVICE_REMOVED: [0x32, "SEC_ERROR_NO_TOKEN"],
  CKR_FUNCTION_CANCELED: [0x50, "SEC_ERROR_USER_CANCELLED"],
  CKR_FUNCTION_NOT_SUPPORTED: [0x54, "PR_NOT_IMPLEMENTED_ERROR"],
  CKR_KEY_HANDLE_INVALID: [0x60, "SEC_ERROR_INVALID_KEY"],
  CKR_KEY_SIZE_RANGE: [0x62, "SEC_ERROR_INVALID_KEY"],
  CKR_KEY_TYPE_INCONSISTENT: [0x63, "SEC_ERROR_INVALID_KEY"],
  CKR_KEY_FUNCTION_NOT_PERMITTED: [0x68, "SEC_ERROR_INVALID_KEY"],
  CKR_MECHANISM_INVALID: [0x70, "SEC_ERROR_INVALID_ALGORITHM"],
  CKR_MECHANISM_PARAM_INVALID: [0x71, "SEC_ERROR_INVALID_ALGORITHM"],
  CKR_OBJECT_HANDLE_INVALID: [0x82, "SEC_ERROR_INVALID_KEY"],
  CKR_OPERATION_ACTIVE: [0x90, "SEC_ERROR_PKCS11_FUNCTION_FAILED"],
  CKR_OPERATION_NOT_INITIALIZED: [0x91, "SEC_ERROR_PKCS11_FUNCTION_FAILED"],
  CKR_PIN_INCORRECT: [0xa0, "SEC_ERROR_BAD_PASSWORD"],
  CKR_PIN_INVALID: [0xa1, "SEC_ERROR_INVALID_PASSWORD"],
  CKR_PIN_LEN_RANGE: [0xa2, "SEC_ERROR_INVALID_PASSWORD"],
  CKR_PIN_EXPIRED: [0xa3, "SEC_ERROR_EXPIRED_PASSWORD"],
  CKR_PIN_LOCKED: [0xa4, "SEC_ERROR_LOCKED_PASSWORD"],
  CKR_SESSION_CLOSED: [0xb0, "SEC_ERROR_NO_TOKEN"],
  CKR_SESSION_COUNT: [0xb1, "PR_INSUFFICIENT_RESOURCES_ERROR"],
  CKR_SESSION_HANDLE_INVALID: [0xb3, "SEC_ERROR_NO_TOKEN"],
  CKR_SESSION_READ_ONLY: [0xb5, "SEC_ERROR_READ_ONLY"],
  CKR_TEMPLATE_INCOMPLETE: [0xd0, "SEC_ERROR_BAD_DATA"],
  CKR_TEMPLATE_INCONSISTENT: [0xd1, "SEC_ERROR_BAD_DATA"],
  CKR_TOKEN_NOT_PRESENT: [0xe0, "SEC_ERROR_NO_TOKEN"],
  CKR_TOKEN_NOT_RECOGNIZED: [0xe1, "SEC_ERROR_NO_TOKEN"],
  CKR_TOKEN_WRITE_PROTECTED: [0xe2, "SEC_ERROR_READ_ONLY"],
  CKR_USER_ALREADY_LOGGED_IN: [0x100, "SEC_ERROR_INVALID_STATE"],
  CKR_USER_NOT_LOGGED_IN: [0x101, "SEC_ERROR_TOKEN_NOT_LOGGED_IN"],
  CKR_USER_PIN_NOT_INITIALIZED: [0x102, "SEC_ERROR_TOKEN_NOT_LOGGED_IN"],
  CKR_USER_TYPE_INVALID: [0x103, "SEC_ERROR_INVALID_ARGS"],
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: [0x104, "SEC_ERROR_INVALID_STATE"],
  CKR_BUFFER_TOO_SMALL: [0x150, "SEC_ERROR_OUTPUT_LEN"],
  CKR_CRYPTOKI_NOT_INITIALIZED: [0x190, "SEC_ERROR_NOT_INITIALIZED"],
  CKR_CRYPTOKI_ALREADY_INITIALIZED: [0x191, "SEC_ERROR_INVALID_STATE"],
  CKR_CURVE_NOT_SUPPORTED: [0x140, "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE"],
} as const satisfies Record<string, readonly [number, ErrorName]>;

/** The name of a return value. */
export type ReturnName = keyof typeof ROWS;

const BY_NUMBER: ReadonlyMap<number, ReturnName> = new Map(
  (Object.keys(ROWS) as ReturnName[]).map((name) => [ROWS[name][0], name]),
);

/** An error of a function of a module. */
export class ModuleError extends NssError {
  /**
   * The name of the return value; `null` if it is not defined in PKCS#11, such as vendor-defined
   * ones.
   */
  readonly returned: ReturnName | null;

  /**
   * Creates an error.
   *
   * @param value The return value.
   * @param attempt The start of the message, such as `Cannot log in to token "Card"`.
   * @param called The function, such as `C_Login`.
   */
  constructor(value: number, attempt: string, called: string) {
    const name = BY_NUMBER.get(value) ?? null;
    const text = name ?? `0x${value.toString(16)}`;
    super(
      name === null ? "SEC_ERROR_UNKNOWN_PKCS11_ERROR" : ROWS[name][1],
      `${attempt}: ${called} returned ${text}`,
    );
    this.returned = name;
  }
}

/**
 * Returns whether an error is one of some return values.
 *
 * @param error The error.
 * @param names The return values.
 * @returns Whether it is a {@linkcode ModuleError} of one of them.
 */
export function isReturned(error: unknown, ...names: readonly ReturnName[]): boolean {
  return error instanceof ModuleError && error.returned !== null && names.includes(error.returned);
}
