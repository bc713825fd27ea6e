// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { alertFor, type Fault } from "./alerts.ts";
import type { AlertName } from "../tables/alert_descriptions.ts";

export type { Fault } from "./alerts.ts";
export type { AlertName } from "../tables/alert_descriptions.ts";

/**
 * The options of an {@linkcode SslError}.
 *
 * @category Errors
 */
export interface SslErrorOptions extends ErrorOptions {
  /** Whether bytes were malformed or a value was forbidden; `"syntax"` by default. */
  readonly fault?: Fault;
  /** Which end found the error; `"local"` by default. */
  readonly origin?: "local" | "peer";
}

/**
 * An error of TLS. Calls on a socket whose connection has failed throw the error that ended it.
 *
 * @example Origin, code and alert
 * ```ts
 * import { SslError } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new SslError("SSL_ERROR_BAD_CERT_DOMAIN");
 * assertEquals(error.code, -12276);
 * assertEquals(error.origin, "local");
 * assertEquals(error.alert, "bad_certificate");
 * ```
 *
 * @category Errors
 */
export class SslError extends NssError {
  /** The alert that announces the error to the peer; `null` if none. */
  readonly alert: AlertName | null;
  /** Which end found the error: this one, or the peer, which sent an alert. */
  readonly origin: "local" | "peer";
  /** Whether bytes were malformed or a value was forbidden. */
  readonly fault: Fault;

  /**
   * Creates an error; its alert follows from the name and the fault.
   *
   * @param name The name of the error in NSS.
   * @param message The message: what failed, then why; by default NSS's text.
   * @param options The cause, the fault and the origin.
   */
  constructor(name: ErrorName, message?: string, options: SslErrorOptions = {}) {
    super(name, message, options);
    this.fault = options.fault ?? "syntax";
    this.origin = options.origin ?? "local";
    // RFC 8446, Section 6.2: an alert is not answered.
    this.alert = this.origin === "peer" ? null : alertFor(name, this.fault);
  }
}

/**
 * Converts an exception to an `SslError`.
 *
 * An `NssError` keeps its name, message and cause. Any other value becomes the cause.
 *
 * @param thrown The thrown value.
 * @param name The name for a value that is not an `NssError`, such as
 * `"SSL_ERROR_APP_CALLBACK_ERROR"` for hooks.
 * @returns The error; the same object if it is already an `SslError`.
 */
export function toSslError(
  thrown: unknown,
  name: ErrorName = "SEC_ERROR_LIBRARY_FAILURE",
): SslError {
  if (thrown instanceof SslError) return thrown;
  if (thrown instanceof NssError) {
    const options = "cause" in thrown ? { cause: thrown.cause } : {};
    const error = new SslError(thrown.name, thrown.message, options);
    if (thrown.stack !== undefined) error.stack = thrown.stack;
    return error;
  }
  return new SslError(name, `${PREFIXES[name] ?? "Cannot go on"}: ${describe(thrown)}`, {
    cause: thrown,
  });
}

const PREFIXES: { readonly [name in ErrorName]?: string } = {
  SSL_ERROR_APP_CALLBACK_ERROR: "A hook of the application failed",
  SEC_ERROR_APPLICATION_CALLBACK_ERROR: "The application refused the certificate",
  SEC_ERROR_LIBRARY_FAILURE: "An internal operation failed",
};

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return typeof thrown === "string" ? thrown : `${typeof thrown} was thrown`;
}
