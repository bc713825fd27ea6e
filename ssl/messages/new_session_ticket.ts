// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** A NewSessionTicket message of TLS 1.3 (RFC 9846, Section 4.7.1). */
export interface NewSessionTicket {
  /** The lifetime of the ticket in seconds. */
  readonly ticketLifetime: number;
  /** The value that the client adds to the ticket's age, modulo 2^32. */
  readonly ticketAgeAdd: number;
  /** A value that is unique among the tickets of a connection. */
  readonly ticketNonce: Uint8Array<ArrayBuffer>;
  /** The ticket. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** The extensions, such as the limit of early data. */
  readonly extensions: ExtensionBlock;
}

/**
 * Parses a NewSessionTicket of TLS 1.3.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET` if it is malformed.
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
      extensions: ExtensionBlock.parse(reader, "NewSessionTicket"),
    }),
  );
}

/**
 * Encodes a NewSessionTicket of TLS 1.3.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeNewSessionTicket(message: NewSessionTicket): Uint8Array<ArrayBuffer> {
  const writer = new Writer(256)
    .u32(message.ticketLifetime)
    .u32(message.ticketAgeAdd)
    .vector8(message.ticketNonce)
    .vector16(message.ticket, 1);
  message.extensions.encode(writer);
  return writer.finish();
}
