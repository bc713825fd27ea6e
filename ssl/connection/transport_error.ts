// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";

/** Deno's names of the errors of a connection that the peer has reset. */
const RESET_NAMES: readonly string[] = ["ConnectionReset", "ConnectionAborted", "BrokenPipe"];

/**
 * Returns the error for a failed transport.
 *
 * @param what The failed operation.
 * @param cause The error of the transport; an {@linkcode SslError}, from TLS over TLS, is returned
 * as it is.
 * @returns `PR_CONNECT_RESET_ERROR` if the peer has reset the connection, `PR_IO_ERROR` otherwise.
 */
export function transportError(what: "read" | "write" | "close", cause: unknown): SslError {
  if (cause instanceof SslError) return cause;
  const reason = cause instanceof Error ? cause : new Error(String(cause));
  const name = RESET_NAMES.includes(reason.name) ? "PR_CONNECT_RESET_ERROR" : "PR_IO_ERROR";
  return new SslError(name, `Cannot ${what}: the transport failed: ${reason.message}`, { cause });
}

/** Returns whether an error means that the peer has reset the connection. */
export function isReset(error: unknown): boolean {
  return error instanceof SslError && error.name === "PR_CONNECT_RESET_ERROR";
}
