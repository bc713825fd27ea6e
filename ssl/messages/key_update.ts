// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** A KeyUpdate message (RFC 8446, Section 4.6.3). */
export interface KeyUpdate {
  /** Whether the sender requests a KeyUpdate in return. */
  readonly requestUpdate: boolean;
}

/** The `KeyUpdateRequest` without a KeyUpdate in return. */
const UPDATE_NOT_REQUESTED = 0;
/** The `KeyUpdateRequest` for a KeyUpdate in return. */
const UPDATE_REQUESTED = 1;

/**
 * Parses a KeyUpdate.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_KEY_UPDATE` if it is malformed or has another value.
 */
export function parseKeyUpdate(body: Uint8Array<ArrayBuffer>): KeyUpdate {
  const request = parseMessage(
    "KeyUpdate",
    "SSL_ERROR_RX_MALFORMED_KEY_UPDATE",
    body,
    (reader) => reader.u8(),
  );
  // RFC 8446, Section 4.6.3: "If an implementation receives any other value, it MUST terminate the
  // connection".
  if (request !== UPDATE_NOT_REQUESTED && request !== UPDATE_REQUESTED) {
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_KEY_UPDATE",
      `Cannot parse KeyUpdate: request_update is ${request}`,
      { fault: "value" },
    );
  }
  return { requestUpdate: request === UPDATE_REQUESTED };
}

/**
 * Encodes a KeyUpdate.
 *
 * @param message The message.
 * @returns The body.
 */
export function encodeKeyUpdate(message: KeyUpdate): Uint8Array<ArrayBuffer> {
  return new Writer().u8(message.requestUpdate ? UPDATE_REQUESTED : UPDATE_NOT_REQUESTED).finish();
}
