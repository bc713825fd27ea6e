// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/**
 * The longest cookie that a client sends back: with 2^16-1 bytes, which may come, there is no room left in its hello for anything else.
 */
export const MAX_COOKIE_LENGTH: number = 2 ** 15;

/** `cookie<1..2^16-1>`, which a client sends back as it came (RFC 8446, Section 4.2.2). */
export const cookie: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.cookie,
  name: "cookie",
  parse: (reader) => reader.vector16(1),
  encode: (writer, value) => void writer.vector16(value, 1),
};
