// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** An EncryptedExtensions message (RFC 8446, Section 4.3.1). */
export interface EncryptedExtensions {
  /** The server's answers to the client's extensions. */
  readonly extensions: ExtensionBlock;
}

/**
 * Parses EncryptedExtensions.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS` if it is malformed.
 */
export function parseEncryptedExtensions(body: Uint8Array<ArrayBuffer>): EncryptedExtensions {
  return parseMessage(
    "EncryptedExtensions",
    "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
    body,
    (reader) => ({ extensions: ExtensionBlock.parse(reader, "EncryptedExtensions") }),
  );
}

/**
 * Encodes EncryptedExtensions.
 *
 * @param message The message.
 * @returns The body.
 */
export function encodeEncryptedExtensions(
  message: EncryptedExtensions,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  message.extensions.encode(writer);
  return writer.finish();
}
