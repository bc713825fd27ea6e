// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** A Certificate message of TLS 1.2 (RFC 5246, Section 7.4.2). */
export interface Tls12CertificateMessage {
  /** The certificates in DER, leaf first; empty from a client without certificate. */
  readonly certificateList: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Parses a Certificate message of TLS 1.2; the certificates are not parsed.
 *
 * @param body The bytes after the handshake header.
 * @param isRaw Whether it has a raw public key in place of the list (RFC 7250, Section 3); empty
 * from a client without one.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERTIFICATE` if it is malformed.
 */
export function parseTls12Certificate(
  body: Uint8Array<ArrayBuffer>,
  isRaw = false,
): Tls12CertificateMessage {
  return parseMessage("Certificate", "SSL_ERROR_RX_MALFORMED_CERTIFICATE", body, (reader) => {
    if (!isRaw) return { certificateList: reader.reader24().list((r) => r.vector24(1)) };
    const key = reader.vector24();
    return { certificateList: key.length === 0 ? [] : [key] };
  });
}

/**
 * Encodes a Certificate message of TLS 1.2.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a certificate is empty, or all are longer than 2^24-1 bytes.
 */
export function encodeTls12Certificate(
  message: Tls12CertificateMessage,
): Uint8Array<ArrayBuffer> {
  return new Writer(2048)
    .vector24((list) => message.certificateList.forEach((der) => list.vector24(der, 1)))
    .finish();
}

/**
 * Encodes a Certificate message of TLS 1.2 with a raw public key (RFC 7250, Section 3).
 *
 * @param key The SubjectPublicKeyInfo; `null` for a client without one.
 * @returns The body.
 */
export function encodeTls12RawPublicKey(
  key: Uint8Array<ArrayBuffer> | null,
): Uint8Array<ArrayBuffer> {
  return new Writer().vector24(key ?? new Uint8Array(0)).finish();
}
