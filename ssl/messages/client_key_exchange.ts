// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** A ClientKeyExchange message of ECDHE in TLS 1.2 (RFC 8422, Section 5.7). */
export interface ClientKeyExchange {
  /** The client's public key; its length depends on the group. */
  readonly point: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a ClientKeyExchange of ECDHE.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH` if it is malformed.
 */
export function parseClientKeyExchange(body: Uint8Array<ArrayBuffer>): ClientKeyExchange {
  return parseMessage(
    "ClientKeyExchange",
    "SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH",
    body,
    (reader) => ({ point: reader.vector8(1) }),
  );
}

/**
 * Encodes a ClientKeyExchange of ECDHE.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If the point is empty or longer than 255 bytes.
 */
export function encodeClientKeyExchange(message: ClientKeyExchange): Uint8Array<ArrayBuffer> {
  return new Writer(140).vector8(message.point, 1).finish();
}
