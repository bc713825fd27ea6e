// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** A CertificateRequest message of TLS 1.3 (RFC 9846, Section 4.4.2). */
export interface CertificateRequest {
  /** The context, which the client's Certificate repeats; empty during the handshake. */
  readonly certificateRequestContext: Uint8Array<ArrayBuffer>;
  /** The extensions, which describe the requested certificate. */
  readonly extensions: ExtensionBlock;
}

/**
 * Parses a CertificateRequest.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERT_REQUEST` if it is malformed.
 */
export function parseCertificateRequest(body: Uint8Array<ArrayBuffer>): CertificateRequest {
  return parseMessage(
    "CertificateRequest",
    "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
    body,
    (reader) => ({
      certificateRequestContext: reader.vector8(),
      // RFC 9846, Section 4.4.2: none at all is well-formed, which RFC 8446 did not say.
      extensions: ExtensionBlock.parse(reader, "CertificateRequest"),
    }),
  );
}

/**
 * Encodes a CertificateRequest.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer than the RFC allows.
 */
export function encodeCertificateRequest(message: CertificateRequest): Uint8Array<ArrayBuffer> {
  const writer = new Writer().vector8(message.certificateRequestContext);
  message.extensions.encode(writer);
  return writer.finish();
}
