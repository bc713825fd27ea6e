// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** The length of `verify_data` in TLS 1.2, of all its cipher suites here (RFC 5246, Section 7.4.9). */
export const TLS12_VERIFY_DATA_LENGTH = 12;

/** Finished (RFC 8446, Section 4.4.4), of TLS 1.2 as well (RFC 5246, Section 7.4.9). */
export interface Finished {
  /** The MAC over the handshake. */
  readonly verifyData: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a Finished.
 *
 * @param body The bytes after the handshake header.
 * @param length The length that `verifyData` must have: that of the hash, or {@linkcode TLS12_VERIFY_DATA_LENGTH}.
 * Without it any length parses, since the field is as long as the message.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_FINISHED` if its length is another.
 */
export function parseFinished(body: Uint8Array<ArrayBuffer>, length?: number): Finished {
  return parseMessage("Finished", "SSL_ERROR_RX_MALFORMED_FINISHED", body, (reader) => ({
    verifyData: length === undefined ? reader.rest() : reader.bytes(length),
  }));
}

/**
 * Writes a Finished.
 *
 * @param message The message.
 * @returns The bytes after the handshake header.
 */
export function encodeFinished(message: Finished): Uint8Array<ArrayBuffer> {
  return new Writer().bytes(message.verifyData).finish();
}
