// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/**
 * The maximum length in bytes of a cookie that a client returns: the RFC's 2^16-1 would leave no
 * room for other extensions.
 */
export const MAX_COOKIE_LENGTH: number = 2 ** 15;

/** `cookie<1..2^16-1>`, which a client returns unchanged (RFC 8446, Section 4.2.2). */
export const cookie: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.cookie,
  name: "cookie",
  parse: (reader) => reader.vector16(1),
  encode: (writer, value) => void writer.vector16(value, 1),
};
