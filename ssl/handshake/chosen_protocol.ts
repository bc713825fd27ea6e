// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";
import { SslError } from "../base/errors.ts";
import { listProtocols } from "../extensions/application_layer_protocol_negotiation.ts";

/**
 * Checks the server's choice of an application protocol.
 *
 * @throws {SslError} `SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID` if it was not offered.
 */
export function chosenProtocol(protocol: string | undefined, config: SslConfig): string | null {
  if (protocol === undefined) return null;
  // RFC 7301, Section 3.1: one of the names that the client has offered.
  if (!config.alpnProtocols.includes(protocol)) {
    throw new SslError(
      "SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID",
      `Cannot take ALPN answer: ${listProtocols([protocol])} was not offered`,
      { fault: "value" },
    );
  }
  return protocol;
}
