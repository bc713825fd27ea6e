// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";
import {
  encodeServerEcdhParams,
  readServerEcdhParams,
  type ServerEcdhParams,
} from "./server_key_exchange.ts";

/** A ServerKeyExchange message of ECDHE_PSK in TLS 1.2 (RFC 5489, Section 2). */
export interface PskServerKeyExchange {
  /** What the client may choose its identity by; empty for nothing. */
  readonly identityHint: Uint8Array<ArrayBuffer>;
  /** The parameters with the server's public key, which nobody signs. */
  readonly params: ServerEcdhParams;
}

/** A ClientKeyExchange message of ECDHE_PSK in TLS 1.2 (RFC 5489, Section 2). */
export interface PskClientKeyExchange {
  /** The identity of the pre-shared key; it may be empty. */
  readonly identity: Uint8Array<ArrayBuffer>;
  /** The client's public key; its length depends on the group. */
  readonly point: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a ServerKeyExchange of ECDHE_PSK.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH` if it is malformed or its curve is
 * not a named one.
 */
export function parsePskServerKeyExchange(body: Uint8Array<ArrayBuffer>): PskServerKeyExchange {
  return parseMessage(
    "ServerKeyExchange",
    "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    body,
    (reader) => ({ identityHint: reader.vector16(), params: readServerEcdhParams(reader) }),
  );
}

/**
 * Encodes a ServerKeyExchange of ECDHE_PSK.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodePskServerKeyExchange(
  { identityHint, params }: PskServerKeyExchange,
): Uint8Array<ArrayBuffer> {
  return new Writer().vector16(identityHint).bytes(encodeServerEcdhParams(params)).finish();
}

/**
 * Parses a ClientKeyExchange of ECDHE_PSK.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH` if it is malformed.
 */
export function parsePskClientKeyExchange(body: Uint8Array<ArrayBuffer>): PskClientKeyExchange {
  return parseMessage(
    "ClientKeyExchange",
    "SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH",
    body,
    (reader) => ({ identity: reader.vector16(), point: reader.vector8(1) }),
  );
}

/**
 * Encodes a ClientKeyExchange of ECDHE_PSK.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodePskClientKeyExchange(
  { identity, point }: PskClientKeyExchange,
): Uint8Array<ArrayBuffer> {
  return new Writer().vector16(identity).vector8(point, 1).finish();
}
