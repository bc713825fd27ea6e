// Copyright 2026 the NSS for Deno authors. MIT license.

import { parseMessage } from "./parse_message.ts";

/**
 * Reads HelloRequest, a TLS 1.2 server's request to negotiate again (RFC 5246, Section 7.4.1.1).
 *
 * @param body The bytes after the handshake header.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_HELLO_REQUEST` if there are any.
 */
export function parseHelloRequest(body: Uint8Array<ArrayBuffer>): void {
  parseMessage("HelloRequest", "SSL_ERROR_RX_MALFORMED_HELLO_REQUEST", body, () => {});
}

/**
 * Writes HelloRequest.
 *
 * @returns No bytes.
 */
export function encodeHelloRequest(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(0);
}
