// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/**
 * A CertificateVerify message (RFC 8446, Section 4.4.3), with the same encoding in TLS 1.2 (RFC
 * 5246, Section 7.4.8).
 */
export interface CertificateVerify {
  /** The code point of the signature scheme. */
  readonly algorithm: number;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a CertificateVerify.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERT_VERIFY` if it is malformed.
 */
export function parseCertificateVerify(body: Uint8Array<ArrayBuffer>): CertificateVerify {
  return parseMessage(
    "CertificateVerify",
    "SSL_ERROR_RX_MALFORMED_CERT_VERIFY",
    body,
    (reader) => ({ algorithm: reader.u16(), signature: reader.vector16() }),
  );
}

/**
 * Encodes a CertificateVerify.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If the signature is longer than 2^16-1 bytes.
 */
export function encodeCertificateVerify(message: CertificateVerify): Uint8Array<ArrayBuffer> {
  return new Writer().u16(message.algorithm).vector16(message.signature).finish();
}
