// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** The names of the authorities that an end trusts, in DER (RFC 8446, Section 4.2.4). */
export const certificateAuthorities: ExtensionCodec<readonly Uint8Array<ArrayBuffer>[]> = {
  type: ExtensionType.certificateAuthorities,
  name: "certificate_authorities",
  parse: (reader) => reader.reader16(3).list((r) => r.vector16(1)),
  encode: (writer, names) => {
    writer.vector16((list) => names.forEach((name) => list.vector16(name, 1)), 3);
  },
};
