// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { initialKeyShares, type SslConfig } from "../config/config.ts";

/** The errors of a connection that the peer has reset: Deno's names, and Node.js's codes. */
const RESETS: readonly unknown[] = [
  "ConnectionReset",
  "ConnectionAborted",
  "BrokenPipe",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
];

/** Those of a write to a connection that the peer may only have closed. */
const CLOSED: readonly unknown[] = ["BrokenPipe", "EPIPE"];

/** What `undefined` means, with which a stream fails that the other end cancels. */
const CANCELLED = "the other end has closed it";

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
  const reason = cause instanceof Error ? cause : new Error(String(cause ?? CANCELLED));
  const name = cause === undefined || isOneOf(RESETS, reason)
    ? "PR_CONNECT_RESET_ERROR"
    : "PR_IO_ERROR";
  return new SslError(name, `Cannot ${what}: the transport failed: ${reason.message}`, { cause });
}

/**
 * Returns whether an error means that the peer has dropped what it had not read; a broken pipe may
 * only mean that it has closed.
 */
export function isAbrupt(error: SslError | null): boolean {
  return isReset(error) && error?.cause instanceof Error && !isOneOf(CLOSED, error.cause);
}

function isOneOf(kinds: readonly unknown[], error: Error): boolean {
  return kinds.includes(error.name) || kinds.includes("code" in error ? error.code : undefined);
}

/** Returns whether an error means that the peer has reset the connection, or closed it. */
export function isReset(error: unknown): boolean {
  return error instanceof SslError && error.name === "PR_CONNECT_RESET_ERROR";
}

/** The length of a key share with which a ClientHello is longer than one packet. */
const LARGE_SHARE = 1000;

/**
 * Adds the likely causes to the error of a first handshake that the transport or the time ended.
 *
 * @param error The error; others are returned as they are.
 * @param config The configuration of the handshake.
 * @param heard Whether the peer has sent anything.
 */
export function explainHandshakeError(
  error: SslError,
  config: SslConfig,
  heard: boolean,
): SslError {
  const isTimeout = error.name === "PR_IO_TIMEOUT_ERROR";
  const isEnd = error.name === "PR_END_OF_FILE_ERROR" || isReset(error);
  if (error.origin === "peer" || !(isTimeout || isEnd)) return error;
  const cause = "cause" in error ? { cause: error.cause } : {};
  const hint = !heard ? causesOfSilence(config) : "the peer had begun its part; " +
    (isTimeout
      ? "its log may tell why it does not go on, unless a hook of this end takes long"
      : config.role === "server"
      ? "it may not trust this server's certificate, as its log may tell"
      : "its log may tell why");
  return new SslError(error.name, `${error.message}; ${hint}`, cause);
}

function causesOfSilence(config: SslConfig): string {
  if (config.role === "server") {
    return "the peer has sent nothing; it may only test the port, be a server itself, " +
      "or wait for a greeting, as before STARTTLS";
  }
  const large = initialKeyShares(config).find(({ clientShareLength: size }) => size > LARGE_SHARE);
  return "the peer has sent nothing; are host and port right, and does TLS begin there at once, " +
    "without STARTTLS or the like?" +
    (large === undefined
      ? ""
      : ` Some firewalls drop ClientHellos as long as those with ${large.name}, ` +
        'which policy: "compatible" or the option groups leaves out');
}
