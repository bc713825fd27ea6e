// Copyright 2026 the NSS for Deno authors. MIT license.

import { ERRORS } from "./error_table.ts";

export { ERRORS } from "./error_table.ts";

/** The name of an NSS (`SEC_ERROR_*`), SSL (`SSL_ERROR_*`) or NSPR (`PR_*_ERROR`) error. */
export type ErrorName = keyof typeof ERRORS;

const NAMES: ReadonlyMap<number, ErrorName> = new Map(
  (Object.keys(ERRORS) as ErrorName[]).map((name) => [ERRORS[name][0], name]),
);

/**
 * An error of this package: NSS's name and number of the error, and a message.
 *
 * @example Tell errors apart by name
 * ```ts
 * import { NssError } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new NssError("SEC_ERROR_BAD_DER", "Cannot parse certificate: tag is 0x31");
 * assertEquals(error.name, "SEC_ERROR_BAD_DER");
 * assertEquals(error.code, -8183);
 * ```
 */
export class NssError extends Error {
  /** NSS's name of the error. */
  override readonly name: ErrorName;
  /** NSS's number of the error. */
  readonly code: number;

  /**
   * Creates an error.
   *
   * @param name NSS's name of the error.
   * @param message What was attempted, then what is wrong; by default the error's text in
   * {@linkcode ERRORS}.
   * @param options The cause of the error.
   */
  constructor(name: ErrorName, message?: string, options?: ErrorOptions) {
    super(message ?? ERRORS[name][1], options);
    this.name = name;
    this.code = ERRORS[name][0];
  }
}

/**
 * Returns the name of an error number (`PR_ErrorToName`).
 *
 * @param code The number of an error.
 * @returns NSS's name, or `undefined` if no error has this number.
 *
 * @example Usage
 * ```ts
 * import { errorToName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errorToName(-8179), "SEC_ERROR_UNKNOWN_ISSUER");
 * assertEquals(errorToName(1), undefined);
 * ```
 */
export function errorToName(code: number): ErrorName | undefined {
  return NAMES.get(code);
}

/**
 * Returns the default message of an error number (`PR_ErrorToString`).
 *
 * @param code The number of an error.
 * @returns A sentence without a final period; `Unknown error N` if no error has this number.
 *
 * @example Usage
 * ```ts
 * import { errorToString } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errorToString(-12276), "The certificate is not valid for the requested host name");
 * ```
 */
export function errorToString(code: number): string {
  const name = NAMES.get(code);
  return name === undefined ? `Unknown error ${code}` : ERRORS[name][1];
}
