// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../extensions/extension_block.ts";
import { Writer } from "../wire/writer.ts";
import { parseMessage } from "./parse_message.ts";

/** One certificate of a Certificate message. */
export interface CertificateEntry {
  /** The DER of the certificate. */
  readonly certData: Uint8Array<ArrayBuffer>;
  /** The extensions of the certificate, such as an OCSP response. */
  readonly extensions: ExtensionBlock;
}

/** A Certificate message of TLS 1.3 (RFC 8446, Section 4.4.2). */
export interface CertificateMessage {
  /** The context of the CertificateRequest; empty in a server's message. */
  readonly certificateRequestContext: Uint8Array<ArrayBuffer>;
  /** The certificates, leaf first; empty from a client without certificate. */
  readonly certificateList: readonly CertificateEntry[];
}

/**
 * Parses a Certificate message of TLS 1.3; the certificates are not parsed.
 *
 * @param body The bytes after the handshake header.
 * @returns The message.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERTIFICATE` if it is malformed.
 */
export function parseCertificate(body: Uint8Array<ArrayBuffer>): CertificateMessage {
  return parseMessage("Certificate", "SSL_ERROR_RX_MALFORMED_CERTIFICATE", body, (reader) => ({
    certificateRequestContext: reader.vector8(),
    certificateList: reader.reader24().list((r) => ({
      certData: r.vector24(1),
      extensions: ExtensionBlock.parse(r, "CertificateEntry"),
    })),
  }));
}

/**
 * Encodes a Certificate message of TLS 1.3.
 *
 * @param message The message.
 * @returns The body.
 * @throws {RangeError} If a field is longer or shorter than the RFC allows.
 */
export function encodeCertificate(message: CertificateMessage): Uint8Array<ArrayBuffer> {
  return new Writer(2048)
    .vector8(message.certificateRequestContext)
    .vector24((list) => {
      for (const { certData, extensions } of message.certificateList) {
        extensions.encode(list.vector24(certData, 1));
      }
    })
    .finish();
}
