// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The errors of NSS, and what their names and numbers mean.
 *
 * ```ts
 * import { errorToName, errorToString } from "@nss/nss/cert/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errorToName(-12276), "SSL_ERROR_BAD_CERT_DOMAIN");
 * assertEquals(errorToString(-12276), "The certificate is not valid for the requested host name");
 * ```
 *
 * @module
 */

import { ERRORS } from "./error_table.ts";
import { printable } from "./printable.ts";

export { ERRORS } from "./error_table.ts";

/**
 * The name of an NSS (`SEC_ERROR_*`), SSL (`SSL_ERROR_*`) or NSPR (`PR_*_ERROR`) error.
 *
 * @category Errors
 */
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
 *
 * @category Errors
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
   * {@linkcode ERRORS}. Control and format characters, which a peer or token may have chosen, are
   * escaped as `\u{1b}`.
   * @param options The cause of the error.
   */
  constructor(name: ErrorName, message?: string, options?: ErrorOptions) {
    super(message === undefined ? ERRORS[name][1] : printable(message), options);
    this.name = name;
    this.code = ERRORS[name][0];
  }

  /**
   * Returns what `JSON.stringify` writes of the error, whose message it would leave out.
   *
   * @returns The name, the message and the other members, without the cause and the stack.
   *
   * @example A line of a log
   * ```ts
   * import { NssError } from "@nss/nss/cert";
   * import { assertEquals } from "@std/assert";
   *
   * const error = new NssError("SEC_ERROR_BAD_DER", "Cannot parse certificate: it is empty");
   * assertEquals(JSON.parse(JSON.stringify(error)), {
   *   name: "SEC_ERROR_BAD_DER",
   *   code: -8183,
   *   message: "Cannot parse certificate: it is empty",
   * });
   * ```
   */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, message } = this;
    return Object.fromEntries([["name", name], ["message", message], ...Object.entries(this)]);
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
 *
 * @category Errors
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
 *
 * @category Errors
 */
export function errorToString(code: number): string {
  const name = NAMES.get(code);
  return name === undefined ? `Unknown error ${code}` : ERRORS[name][1];
}
