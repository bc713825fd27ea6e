// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

const NAME = "supported_versions";

/** The versions that a client supports, `versions<2..254>` (RFC 8446, Section 4.2.1). */
export const supportedVersionsClientHello: ExtensionCodec<readonly number[]> = {
  type: ExtensionType.supportedVersions,
  name: NAME,
  parse: (reader) => reader.reader8(2, 254).list((r) => r.u16()),
  encode: (writer, versions) => {
    writer.vector8((list) => versions.forEach((version) => list.u16(version)), 2, 254);
  },
};

/**
 * The version that a server has chosen, in ServerHello and HelloRetryRequest (RFC 8446, Section
 * 4.2.1).
 */
export const supportedVersionsServerHello: ExtensionCodec<number> = {
  type: ExtensionType.supportedVersions,
  name: NAME,
  parse: (reader) => reader.u16(),
  encode: (writer, version) => void writer.u16(version),
};
