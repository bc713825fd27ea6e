// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { bindersLength, encodeBinders } from "../extensions/pre_shared_key.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { HANDSHAKE_HEADER_LENGTH, MAX_SESSION_ID_LENGTH } from "./handshake.ts";
import { parseMessage } from "./parse_message.ts";

/** The length of `random` in ClientHello and ServerHello in bytes. */
export const RANDOM_LENGTH = 32;

/** A ClientHello of TLS 1.3 (RFC 8446, Section 4.1.2) or TLS 1.2. */
export interface ClientHello {
  /** The version in TLS 1.2 and before; 0x0303 in TLS 1.3. */
  readonly legacyVersion: number;
  /** 32 random bytes. */
  readonly random: Uint8Array<ArrayBuffer>;
  /** The session ID of TLS 1.2; arbitrary bytes in TLS 1.3, which the server echoes. */
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  /** The code points of the cipher suites, in preference order. */
  readonly cipherSuites: readonly number[];
  /** The compression methods of TLS 1.2; one zero in TLS 1.3. */
  readonly legacyCompressionMethods: Uint8Array<ArrayBuffer>;
  /** The extensions; `undefined` if a TLS 1.2 client sends no block. */
  readonly extensions: ExtensionBlock | undefined;
}

/**
 * Parses a ClientHello.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CLIENT_HELLO` if it is malformed.
 */
export function parseClientHello(body: Uint8Array<ArrayBuffer>): ClientHello {
  return parseMessage("ClientHello", "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", body, (reader) => ({
    ...parseFixedFields(reader),
    // RFC 5246, Section 7.4.1.2: the block may be absent or empty, unlike in TLS 1.3 with
    // <8..2^16-1>.
    extensions: reader.remaining === 0 ? undefined : ExtensionBlock.parse(reader, "ClientHello"),
  }));
}

/**
 * Encodes a ClientHello.
 *
 * @param hello The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeClientHello(hello: ClientHello): Uint8Array<ArrayBuffer> {
  const writer = new Writer(512)
    .u16(hello.legacyVersion)
    .fixed(hello.random, RANDOM_LENGTH)
    .vector8(hello.legacySessionId, 0, MAX_SESSION_ID_LENGTH)
    .vector16((list) => hello.cipherSuites.forEach((suite) => list.u16(suite)), 2, 0xfffe)
    .vector8(hello.legacyCompressionMethods, 1);
  hello.extensions?.encode(writer);
  return writer.finish();
}

/**
 * Returns the part of a ClientHello that its binders are computed over (RFC 8446, Section
 * 4.2.11.2).
 *
 * @param message A well-formed ClientHello with header that offers pre-shared keys.
 * @returns The message up to the list of binders, as a subarray; its length fields still include
 * the binders.
 * @throws {RangeError} If it offers no pre-shared key.
 */
export function truncateBinders(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const reader = new Reader(message, HANDSHAKE_HEADER_LENGTH);
  parseFixedFields(reader);
  const extensions = reader.remaining > 0 ? reader.reader16() : reader;
  while (extensions.remaining > 0) {
    const type = extensions.u16();
    const body = extensions.reader16();
    // It is the last extension, so the binders end the message.
    if (type === ExtensionType.preSharedKey) {
      return message.subarray(0, message.length - bindersLength(body));
    }
  }
  throw new RangeError("Cannot truncate ClientHello: it offers no pre-shared key");
}

/**
 * Replaces the binders of a ClientHello, such as zeros.
 *
 * @param message A ClientHello with header that offers pre-shared keys.
 * @param binders The new binders, in the number and lengths of the present ones.
 * @returns A copy of the message with the new binders.
 * @throws {RangeError} If the number or lengths differ.
 */
export function replaceBinders(
  message: Uint8Array<ArrayBuffer>,
  binders: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const { length } = truncateBinders(message);
  const encoded = encodeBinders(binders);
  const lengths = (list: Uint8Array<ArrayBuffer>) =>
    new Reader(list).reader16().list((r) => r.vector8().length).join();
  if (lengths(encoded) !== lengths(message.subarray(length))) {
    throw new RangeError("Cannot replace binders: their number or lengths differ");
  }
  const replaced = message.slice();
  replaced.set(encoded, length);
  return replaced;
}

function parseFixedFields(reader: Reader): Omit<ClientHello, "extensions"> {
  return {
    legacyVersion: reader.u16(),
    random: reader.bytes(RANDOM_LENGTH),
    legacySessionId: reader.vector8(0, MAX_SESSION_ID_LENGTH),
    cipherSuites: reader.reader16(2, 0xfffe).list((r) => r.u16()),
    legacyCompressionMethods: reader.vector8(1),
  };
}
