// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import type { MessageKind } from "../extensions/registry.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import { Writer } from "../wire/writer.ts";
import { RANDOM_LENGTH } from "./client_hello.ts";
import { MAX_SESSION_ID_LENGTH } from "./handshake.ts";
import { parseMessage } from "./parse_message.ts";

/**
 * The `random` that makes a ServerHello a HelloRetryRequest: the SHA-256 of "HelloRetryRequest"
 * (RFC 8446, Section 4.1.3).
 */
// deno-fmt-ignore
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array<ArrayBuffer> = new Uint8Array([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
  0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
  0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
  0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
]);

/**
 * A ServerHello of TLS 1.3 (RFC 8446, Section 4.1.3) or TLS 1.2, or a HelloRetryRequest (RFC 8446,
 * Section 4.1.4).
 */
export interface ServerHello {
  /** The version in TLS 1.2 and before; 0x0303 in TLS 1.3. */
  readonly legacyVersion: number;
  /** 32 random bytes, or {@linkcode HELLO_RETRY_REQUEST_RANDOM}. */
  readonly random: Uint8Array<ArrayBuffer>;
  /** The session ID of TLS 1.2; in TLS 1.3 the client's `legacy_session_id`. */
  readonly legacySessionIdEcho: Uint8Array<ArrayBuffer>;
  /** The code point of the chosen cipher suite. */
  readonly cipherSuite: number;
  /** The compression method of TLS 1.2; 0 in TLS 1.3. */
  readonly legacyCompressionMethod: number;
  /** The extensions; `undefined` if a TLS 1.2 server sends no block. */
  readonly extensions: ExtensionBlock | undefined;
  /** Whether it is a HelloRetryRequest, which has a fixed `random`. */
  readonly isHelloRetryRequest: boolean;
}

/**
 * Parses a ServerHello or HelloRetryRequest.
 *
 * @param body The bytes after the handshake header.
 * @returns The message; without `supported_versions` its extensions are those of TLS 1.2.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_SERVER_HELLO` or
 * `SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST` if it is malformed.
 */
export function parseServerHello(body: Uint8Array<ArrayBuffer>): ServerHello {
  const isHelloRetryRequest = hasHelloRetryRequestRandom(body);
  return parseMessage(
    isHelloRetryRequest ? "HelloRetryRequest" : "ServerHello",
    isHelloRetryRequest
      ? "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST"
      : "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    body,
    (reader) => ({
      isHelloRetryRequest,
      legacyVersion: reader.u16(),
      random: reader.bytes(RANDOM_LENGTH),
      legacySessionIdEcho: reader.vector8(0, MAX_SESSION_ID_LENGTH),
      cipherSuite: reader.u16(),
      legacyCompressionMethod: reader.u8(),
      // RFC 5246, Section 7.4.1.3: the block may be absent or empty, unlike in TLS 1.3 with
      // <6..2^16-1>.
      extensions: reader.remaining === 0
        ? undefined
        : ExtensionBlock.parse(reader, (types): MessageKind => {
          if (isHelloRetryRequest) return "HelloRetryRequest";
          return types.has(ExtensionType.supportedVersions) ? "ServerHello" : "Tls12ServerHello";
        }),
    }),
  );
}

/**
 * Encodes a ServerHello or HelloRetryRequest.
 *
 * @param hello The message; its `random` decides which it is.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeServerHello(
  hello: Omit<ServerHello, "isHelloRetryRequest">,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer(128)
    .u16(hello.legacyVersion)
    .fixed(hello.random, RANDOM_LENGTH)
    .vector8(hello.legacySessionIdEcho, 0, MAX_SESSION_ID_LENGTH)
    .u16(hello.cipherSuite)
    .u8(hello.legacyCompressionMethod);
  hello.extensions?.encode(writer);
  return writer.finish();
}

/** Returns whether the body of a ServerHello is that of a HelloRetryRequest. */
export function hasHelloRetryRequestRandom(body: Uint8Array): boolean {
  // The random follows legacy_version.
  return HELLO_RETRY_REQUEST_RANDOM.every((byte, i) => byte === body[2 + i]);
}
