// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** The longest `extensions` of a NewSessionTicket. */
const MAX_EXTENSIONS_LENGTH = 0xfffe;

/** NewSessionTicket of TLS 1.3 (RFC 8446, Section 4.6.1). */
export interface NewSessionTicket {
  /** For how many seconds the server takes the ticket. */
  readonly ticketLifetime: number;
  /** What the client adds to the ticket's age, modulo 2^32. */
  readonly ticketAgeAdd: number;
  /** What makes the tickets of one connection differ. */
  readonly ticketNonce: Uint8Array<ArrayBuffer>;
  /** The ticket. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** What the ticket can be used for. */
  readonly extensions: ExtensionBlock;
}

/**
 * Reads a NewSessionTicket of TLS 1.3.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET` if it does not parse.
 */
export function parseNewSessionTicket(body: Uint8Array<ArrayBuffer>): NewSessionTicket {
  return parseMessage(
    "NewSessionTicket",
    "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
    body,
    (reader) => ({
      ticketLifetime: reader.u32(),
      ticketAgeAdd: reader.u32(),
      ticketNonce: reader.vector8(),
      ticket: reader.vector16(1),
      extensions: ExtensionBlock.parse(reader, "NewSessionTicket", 0, MAX_EXTENSIONS_LENGTH),
    }),
  );
}

/**
 * Writes a NewSessionTicket of TLS 1.3.
 *
 * @param message The message.
 * @returns The bytes after the handshake header.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array<ArrayBuffer> {
  const writer = new Writer(256)
    .u32(message.ticketLifetime)
    .u32(message.ticketAgeAdd)
    .vector8(message.ticketNonce)
    .vector16(message.ticket, 1);
  message.extensions.encode(writer, 0, MAX_EXTENSIONS_LENGTH);
  return writer.finish();
}
