// Copyright 2026 the NSS for Deno authors. MIT license.

import { parseMessage } from "./parse_message.ts";

/**
 * Parses HelloRequest, a TLS 1.2 server's request to renegotiate (RFC 5246, Section 7.4.1.1).
 *
 * @param body The bytes after the handshake header.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_HELLO_REQUEST` if the body is not empty.
 */
export function parseHelloRequest(body: Uint8Array<ArrayBuffer>): void {
  parseMessage("HelloRequest", "SSL_ERROR_RX_MALFORMED_HELLO_REQUEST", body, () => {});
}

/**
 * Encodes HelloRequest.
 *
 * @returns An empty body.
 */
export function encodeHelloRequest(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(0);
}

/**
 * Parses ServerHelloDone, which is empty (RFC 5246, Section 7.4.5).
 *
 * @param body The bytes after the handshake header.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_HELLO_DONE` if the body is not empty.
 */
export function parseServerHelloDone(body: Uint8Array<ArrayBuffer>): void {
  parseMessage("ServerHelloDone", "SSL_ERROR_RX_MALFORMED_HELLO_DONE", body, () => {});
}

/**
 * Encodes ServerHelloDone.
 *
 * @returns An empty body.
 */
export function encodeServerHelloDone(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(0);
}
