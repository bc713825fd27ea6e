// Copyright 2026 the NSS for Deno authors. MIT license.

import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** The `ClientCertificateType`s of keys that sign (RFC 5246, Section 7.4.4; RFC 8422, Section 5.5). */
export const ClientCertificateType = {
  rsaSign: 1,
  /** EdDSA's too (RFC 8422, Section 5.5). */
  ecdsaSign: 64,
} as const;

/** The longest `supported_signature_algorithms<2..2^16-2>`. */
const MAX_ALGORITHMS_LENGTH = 0xfffe;

/** CertificateRequest of TLS 1.2 (RFC 5246, Section 7.4.4). */
export interface Tls12CertificateRequest {
  /** The `ClientCertificateType`s that the server takes. */
  readonly certificateTypes: readonly number[];
  /** The numbers of the signature schemes that the server verifies. */
  readonly supportedSignatureAlgorithms: readonly number[];
  /** The DER names of the authorities that the server trusts; none means any. */
  readonly certificateAuthorities: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Reads a CertificateRequest of TLS 1.2.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERT_REQUEST` if it does not parse.
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
 * Writes a CertificateRequest of TLS 1.2.
 *
 * @param message The message.
 * @returns The bytes after the handshake header.
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
