// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The error for malformed bytes of the peer.
 *
 * It never leaves `ssl/`: the parser of the message converts it to an `SslError`, with it as the
 * cause.
 */
export class DecodeError extends Error {
  /** The name of the class. */
  override readonly name = "DecodeError";
}
