// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** `padding` (RFC 7685): bytes without meaning, which are not required to be zero. */
export const padding: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.padding,
  name: "padding",
  parse: (reader) => reader.rest(),
  encode: (writer, value) => void writer.bytes(value),
};
