// Copyright 2026 the NSS for Deno authors. MIT license.

import { certificateStatus } from "../extensions/status_request.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** CertificateStatus of TLS 1.2: what TLS 1.3 has as an extension of a certificate (RFC 6066, Section 8). */
export interface CertificateStatus {
  /** The DER `OCSPResponse` for the server's own certificate. */
  readonly ocspResponse: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a CertificateStatus; the response itself stays bytes.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT`, as in NSS, if it does not parse or is not OCSP's.
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
 * Writes a CertificateStatus.
 *
 * @param message The message.
 * @returns The bytes after the handshake header.
 * @throws {RangeError} If the response is empty or longer than 2^24-1 bytes.
 */
export function encodeCertificateStatus(message: CertificateStatus): Uint8Array<ArrayBuffer> {
  const writer = new Writer(message.ocspResponse.length + 4);
  certificateStatus.encode(writer, message.ocspResponse);
  return writer.finish();
}
