// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { bindersLength, encodeBinders } from "../extensions/pre_shared_key.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { HANDSHAKE_HEADER_LENGTH } from "./handshake.ts";
import { parseMessage } from "./parse_message.ts";

/** The length of `random` in ClientHello and ServerHello. */
export const RANDOM_LENGTH = 32;

/** The longest `legacy_session_id`. */
export const MAX_SESSION_ID_LENGTH = 32;

/** A ClientHello (RFC 8446, Section 4.1.2), of TLS 1.2 as well. */
export interface ClientHello {
  /** The version of TLS 1.2 and before; 0x0303 in TLS 1.3. */
  readonly legacyVersion: number;
  /** 32 random bytes. */
  readonly random: Uint8Array<ArrayBuffer>;
  /** TLS 1.2's session ID; in TLS 1.3 anything that the server echoes. */
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  /** The cipher suites by their numbers, the client's favourite first. */
  readonly cipherSuites: readonly number[];
  /** TLS 1.2's compression methods; one zero in TLS 1.3. */
  readonly legacyCompressionMethods: Uint8Array<ArrayBuffer>;
  /** The extensions; `undefined` for the hello of a TLS 1.2 client that has none at all. */
  readonly extensions: ExtensionBlock | undefined;
}

/**
 * Reads a ClientHello.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CLIENT_HELLO` if it does not parse.
 */
export function parseClientHello(body: Uint8Array<ArrayBuffer>): ClientHello {
  return parseMessage("ClientHello", "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", body, (reader) => ({
    ...parseFixedFields(reader),
    // RFC 5246, Section 7.4.1.2: the block may be absent, or empty, where TLS 1.3 says <8..2^16-1>.
    extensions: reader.remaining === 0 ? undefined : ExtensionBlock.parse(reader, "ClientHello"),
  }));
}

/**
 * Writes a ClientHello.
 *
 * @param hello The message.
 * @returns The bytes after the handshake header.
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
 * Cuts off the binders: what remains is what they are MACs of (RFC 8446, Section 4.2.11.2).
 *
 * @param message A whole ClientHello message, header included, that parses and offers pre-shared keys.
 * @returns The message up to the list of binders, as a subarray; its lengths still count the binders.
 * @throws {RangeError} If no pre-shared key is offered in it.
 */
export function truncateBinders(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const reader = new Reader(message, HANDSHAKE_HEADER_LENGTH);
  parseFixedFields(reader);
  const extensions = reader.remaining > 0 ? reader.reader16() : reader;
  while (extensions.remaining > 0) {
    const type = extensions.u16();
    const body = extensions.reader16();
    // It is the last extension: its end is the message's.
    if (type === ExtensionType.preSharedKey) {
      return message.subarray(0, message.length - bindersLength(body));
    }
  }
  throw new RangeError("Cannot truncate ClientHello: it offers no pre-shared key");
}

/**
 * Puts binders in the place of the zeros that a ClientHello was encoded with.
 *
 * @param message A whole ClientHello message, header included, that offers pre-shared keys.
 * @param binders As many MACs as it has binders, each of the same length.
 * @returns A copy of the message with the new binders.
 * @throws {RangeError} If the binders' number or lengths differ.
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
