// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** A NewSessionTicket message of TLS 1.2 (RFC 5077, Section 3.3). */
export interface Tls12NewSessionTicket {
  /** The expected lifetime of the ticket in seconds; 0 leaves it to the client. */
  readonly ticketLifetimeHint: number;
  /** The ticket; empty if the server issues none after all. */
  readonly ticket: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a NewSessionTicket of TLS 1.2.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET` if it is malformed.
 */
export function parseTls12NewSessionTicket(body: Uint8Array<ArrayBuffer>): Tls12NewSessionTicket {
  return parseMessage(
    "NewSessionTicket",
    "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
    body,
    (reader) => ({ ticketLifetimeHint: reader.u32(), ticket: reader.vector16() }),
  );
}

/**
 * Encodes a NewSessionTicket of TLS 1.2.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If the ticket is longer than 2^16-1 bytes.
 */
export function encodeTls12NewSessionTicket(
  message: Tls12NewSessionTicket,
): Uint8Array<ArrayBuffer> {
  return new Writer(256).u32(message.ticketLifetimeHint).vector16(message.ticket).finish();
}
