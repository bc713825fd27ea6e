// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

const NAME = "early_data";

/**
 * `early_data`: sent in ClientHello, accepted in EncryptedExtensions (RFC 8446, Section 4.2.10).
 */
export const earlyData: ExtensionCodec<true> = emptyCodec(ExtensionType.earlyData, NAME);

/** `max_early_data_size` in a NewSessionTicket (RFC 8446, Section 4.2.10). */
export const maxEarlyDataSize: ExtensionCodec<number> = {
  type: ExtensionType.earlyData,
  name: NAME,
  parse: (reader) => reader.u32(),
  encode: (writer, size) => void writer.u32(size),
};
