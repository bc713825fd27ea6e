// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { alertFor, type Fault } from "./alerts.ts";
import type { AlertName } from "../tables/alert_descriptions.ts";

export type { Fault } from "./alerts.ts";
export type { AlertName } from "../tables/alert_descriptions.ts";

/** What else an {@linkcode SslError} is made from. */
export interface SslErrorOptions extends ErrorOptions {
  /** Whether bytes did not parse, or a value was forbidden; `"syntax"` by default. */
  readonly fault?: Fault;
  /** Which end found the error; `"local"` by default. */
  readonly origin?: "local" | "peer";
}

/**
 * An error of a TLS connection. It ends the connection; every later call on the socket meets the same error.
 *
 * @example Tell who gave up, and why
 * ```ts
 * import { SslError } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new SslError("SSL_ERROR_BAD_CERT_DOMAIN");
 * assertEquals(error.code, -12276);
 * assertEquals(error.origin, "local");
 * assertEquals(error.alert, "bad_certificate");
 * ```
 */
export class SslError extends NssError {
  /** The alert that announces the error to the peer; `null` if none does. */
  readonly alert: AlertName | null;
  /** Which end found the error: this one, or the peer, which said so by an alert. */
  readonly origin: "local" | "peer";
  /** Whether bytes did not parse, or a value was forbidden. */
  readonly fault: Fault;

  /**
   * Creates an error; its alert follows from the name and the fault.
   *
   * @param name NSS's name of the error.
   * @param message What was attempted, then the state; by default what the name means.
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
 * Turns whatever was thrown into an error of the connection.
 *
 * An `NssError`, as certificates and keys throw them, keeps its name, message and cause. Anything else, such as what
 * a hook throws, becomes the cause.
 *
 * @param thrown What was thrown.
 * @param name The name for what is no `NssError`: `"SSL_ERROR_APP_CALLBACK_ERROR"` fits around hooks.
 * @returns The error; the same object if it is an `SslError` already.
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
