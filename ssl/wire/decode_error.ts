// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Bytes of the peer that do not parse.
 *
 * It never leaves `ssl/`: whoever knows which message the bytes belong to turns it into an
 * `SslError` and keeps it as the cause.
 */
export class DecodeError extends Error {
  /** The name of the class. */
  override readonly name = "DecodeError";
}
