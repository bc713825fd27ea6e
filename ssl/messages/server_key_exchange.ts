// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** The `ECCurveType` of named curves (RFC 8422, Section 5.4), the only one left. */
export const NAMED_CURVE = 3;

/** `ServerECDHParams`, which the server signs after both randoms (RFC 8422, Section 5.4). */
export interface ServerEcdhParams {
  /** The code point of the group. */
  readonly namedCurve: number;
  /** The server's public key; its length depends on the group. */
  readonly point: Uint8Array<ArrayBuffer>;
}

/** A ServerKeyExchange message of ECDHE in TLS 1.2 (RFC 8422, Section 5.4). */
export interface ServerKeyExchange {
  /** The parameters with the server's public key. */
  readonly params: ServerEcdhParams;
  /** The code point of the signature scheme. */
  readonly algorithm: number;
  /** The signature over both randoms and the encoded parameters. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a ServerKeyExchange of ECDHE.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH` if it is malformed or its curve is
 * not a named one.
 */
export function parseServerKeyExchange(body: Uint8Array<ArrayBuffer>): ServerKeyExchange {
  return parseMessage(
    "ServerKeyExchange",
    "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    body,
    (reader) => ({
      params: readServerEcdhParams(reader),
      algorithm: reader.u16(),
      signature: reader.vector16(),
    }),
  );
}

/**
 * Encodes a ServerKeyExchange of ECDHE.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeServerKeyExchange(message: ServerKeyExchange): Uint8Array<ArrayBuffer> {
  return new Writer(256)
    .bytes(encodeServerEcdhParams(message.params))
    .u16(message.algorithm)
    .vector16(message.signature)
    .finish();
}

/**
 * Encodes the parameters. The encoding is unique, so that parsed parameters give the received
 * bytes.
 *
 * @param params The parameters.
 * @returns The bytes that are signed after `client_random` and `server_random`.
 * @throws {RangeError} If the point is empty or longer than 255 bytes.
 */
export function encodeServerEcdhParams(params: ServerEcdhParams): Uint8Array<ArrayBuffer> {
  return new Writer().u8(NAMED_CURVE).u16(params.namedCurve).vector8(params.point, 1).finish();
}

/**
 * Reads the parameters.
 *
 * @param reader A reader that stands before them.
 * @returns The parameters.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH` if the curve is not a named one.
 */
export function readServerEcdhParams(reader: Reader): ServerEcdhParams {
  const curveType = reader.u8();
  // RFC 8422, Section 5.4: the other types, of explicit curves, "MUST NOT" be used.
  if (curveType !== NAMED_CURVE) {
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
      `Cannot parse ServerKeyExchange: the type of its curve is ${curveType}, not named_curve`,
      { fault: "value" },
    );
  }
  return { namedCurve: reader.u16(), point: reader.vector8(1) };
}
