// Copyright 2026 the NSS for Deno authors. MIT license.

/** NSS's error names with their numbers and messages. (Being filled from NSS's own table.) */
export const ERRORS = {
  SEC_ERROR_LIBRARY_FAILURE: [-8191, "security library failure"],
} as const satisfies Record<string, readonly [number, string]>;

/** The name of an NSS, SSL or NSPR error. */
export type ErrorName = keyof typeof ERRORS;

/** An error of this package: NSS's name and number, and a message that says what was attempted. */
export class NssError extends Error {
  /** NSS's name of the error. */
  override readonly name: ErrorName;
  /** NSS's number of the error. */
  readonly code: number;

  /** Creates an error; the message defaults to the table's. */
  constructor(name: ErrorName, message?: string, options?: ErrorOptions) {
    super(message ?? ERRORS[name][1], options);
    this.name = name;
    this.code = ERRORS[name][0];
  }
}
