// Copyright 2026 the NSS for Deno authors. MIT license.

import { parseMessage } from "./parse_message.ts";

/**
 * Reads ServerHelloDone, which only ends the flight (RFC 5246, Section 7.4.5).
 *
 * @param body The bytes after the handshake header.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_HELLO_DONE` if there are any.
 */
export function parseServerHelloDone(body: Uint8Array<ArrayBuffer>): void {
  parseMessage("ServerHelloDone", "SSL_ERROR_RX_MALFORMED_HELLO_DONE", body, () => {});
}

/**
 * Writes ServerHelloDone.
 *
 * @returns No bytes.
 */
export function encodeServerHelloDone(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(0);
}
