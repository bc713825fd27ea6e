// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** The minimum limit in bytes (RFC 8449, Section 4). */
export const MIN_RECORD_SIZE_LIMIT = 64;

/**
 * `record_size_limit`: the maximum plaintext in bytes that an end accepts in a record, with the
 * inner content type (RFC 8449).
 */
export const recordSizeLimit: ExtensionCodec<number> = {
  type: ExtensionType.recordSizeLimit,
  name: "record_size_limit",
  parse(reader) {
    const limit = reader.u16();
    // RFC 8449, Section 4: "a fatal error and generate an "illegal_parameter" alert".
    if (limit < MIN_RECORD_SIZE_LIMIT) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
        `Cannot parse extension record_size_limit: ${limit} is below ${MIN_RECORD_SIZE_LIMIT}`,
        { fault: "value" },
      );
    }
    return limit;
  },
  encode(writer, limit) {
    if (limit < MIN_RECORD_SIZE_LIMIT) {
      throw new RangeError(
        `Cannot encode record_size_limit: ${limit} is below ${MIN_RECORD_SIZE_LIMIT}`,
      );
    }
    writer.u16(limit);
  },
};
