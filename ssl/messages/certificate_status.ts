// Copyright 2026 the NSS for Deno authors. MIT license.

import { certificateStatus } from "../extensions/status_request.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/**
 * A CertificateStatus message of TLS 1.2 (RFC 6066, Section 8); in TLS 1.3 an extension of a
 * certificate.
 */
export interface CertificateStatus {
  /** The DER `OCSPResponse` for the server's own certificate. */
  readonly ocspResponse: Uint8Array<ArrayBuffer>;
}

/**
 * Parses a CertificateStatus; the response is not parsed.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT`, as in NSS, if it is malformed or
 * not of type OCSP.
 */
export function parseCertificateStatus(body: Uint8Array<ArrayBuffer>): CertificateStatus {
  return parseMessage(
    "CertificateStatus",
    "SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT",
    body,
    (reader) => ({ ocspResponse: certificateStatus.parse(reader) }),
  );
}

/**
 * Encodes a CertificateStatus.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If the response is empty or longer than 2^24-1 bytes.
 */
export function encodeCertificateStatus(message: CertificateStatus): Uint8Array<ArrayBuffer> {
  const writer = new Writer(message.ocspResponse.length + 4);
  certificateStatus.encode(writer, message.ocspResponse);
  return writer.finish();
}
