// Copyright 2026 the NSS for Deno authors. MIT license.

import { parseMessage } from "./parse_message.ts";

/**
 * Parses EndOfEarlyData, which is empty (RFC 8446, Section 4.5).
 *
 * @param body The bytes after the handshake header.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_END_OF_EARLY_DATA` if the body is not empty.
 */
export function parseEndOfEarlyData(body: Uint8Array<ArrayBuffer>): void {
  parseMessage("EndOfEarlyData", "SSL_ERROR_RX_MALFORMED_END_OF_EARLY_DATA", body, () => {});
}

/**
 * Encodes EndOfEarlyData.
 *
 * @returns An empty body.
 */
export function encodeEndOfEarlyData(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(0);
}
