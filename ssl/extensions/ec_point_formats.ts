// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** The uncompressed `ECPointFormat`, the only one left (RFC 8422, Section 5.1.2). */
export const UNCOMPRESSED_POINT_FORMAT = 0;

/**
 * `ec_point_format_list<1..2^8-1>`: the point formats that an end supports (RFC 8422, Section
 * 5.1.2).
 */
export const ecPointFormats: ExtensionCodec<readonly number[]> = {
  type: ExtensionType.ecPointFormats,
  name: "ec_point_formats",
  parse(reader) {
    const formats = [...reader.vector8(1)];
    // RFC 8422, Sections 5.1 and 5.2: without the uncompressed format either end "MUST abort the
    // handshake and return an illegal_parameter alert".
    if (!formats.includes(UNCOMPRESSED_POINT_FORMAT)) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
        "Cannot parse extension ec_point_formats: uncompressed is not among them",
        { fault: "value" },
      );
    }
    return formats;
  },
  encode(writer, formats) {
    writer.vector8((list) => formats.forEach((format) => list.u8(format)), 1);
  },
};
