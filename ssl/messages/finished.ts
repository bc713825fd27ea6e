// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/**
 * The length of `verify_data` in bytes in all TLS 1.2 cipher suites here (RFC 5246, Section 7.4.9).
 */
export const TLS12_VERIFY_DATA_LENGTH = 12;

/** A Finished message of TLS 1.3 (RFC 8446, Section 4.4.4) or TLS 1.2 (RFC 5246, Section 7.4.9). */
export interface Finished {
  /** The MAC of the handshake messages. */
  readonly verifyData: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a Finished.
 *
 * @param body The bytes after the handshake header.
 * @param length The required length of `verifyData` in bytes: that of the hash, or
 * {@linkcode TLS12_VERIFY_DATA_LENGTH}; by default any.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_FINISHED` if its length differs.
 */
export function parseFinished(body: Uint8Array<ArrayBuffer>, length?: number): Finished {
  return parseMessage("Finished", "SSL_ERROR_RX_MALFORMED_FINISHED", body, (reader) => ({
    verifyData: length === undefined ? reader.rest() : reader.bytes(length),
  }));
}

/**
 * Encodes a Finished.
 *
 * @param message The message.
 * @returns The body.
 */
export function encodeFinished(message: Finished): Uint8Array<ArrayBuffer> {
  return new Writer().bytes(message.verifyData).finish();
}
