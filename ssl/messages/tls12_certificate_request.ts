// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/**
 * The `ClientCertificateType`s of signing keys (RFC 5246, Section 7.4.4; RFC 8422, Section 5.5).
 */
export const ClientCertificateType = {
  rsaSign: 1,
  /** Also for EdDSA (RFC 8422, Section 5.5). */
  ecdsaSign: 64,
} as const;

/** The maximum length in bytes of `supported_signature_algorithms<2..2^16-2>`. */
const MAX_ALGORITHMS_LENGTH = 0xfffe;

/** A CertificateRequest message of TLS 1.2 (RFC 5246, Section 7.4.4). */
export interface Tls12CertificateRequest {
  /** The `ClientCertificateType`s that the server accepts. */
  readonly certificateTypes: readonly number[];
  /** The code points of the signature schemes that the server supports. */
  readonly supportedSignatureAlgorithms: readonly number[];
  /** The names of acceptable authorities in DER; empty for any. */
  readonly certificateAuthorities: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Parses a CertificateRequest of TLS 1.2.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERT_REQUEST` if it is malformed.
 */
export function parseTls12CertificateRequest(
  body: Uint8Array<ArrayBuffer>,
): Tls12CertificateRequest {
  return parseMessage(
    "CertificateRequest",
    "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
    body,
    (reader) => ({
      certificateTypes: [...reader.vector8(1)],
      supportedSignatureAlgorithms: reader.reader16(2, MAX_ALGORITHMS_LENGTH).list((r) => r.u16()),
      certificateAuthorities: reader.reader16().list((r) => r.vector16(1)),
    }),
  );
}

/**
 * Encodes a CertificateRequest of TLS 1.2.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeTls12CertificateRequest(
  message: Tls12CertificateRequest,
): Uint8Array<ArrayBuffer> {
  const { certificateTypes, supportedSignatureAlgorithms, certificateAuthorities } = message;
  return new Writer(256)
    .vector8((list) => certificateTypes.forEach((type) => list.u8(type)), 1)
    .vector16(
      (list) => supportedSignatureAlgorithms.forEach((scheme) => list.u16(scheme)),
      2,
      MAX_ALGORITHMS_LENGTH,
    )
    .vector16((list) => certificateAuthorities.forEach((name) => list.vector16(name, 1)))
    .finish();
}
