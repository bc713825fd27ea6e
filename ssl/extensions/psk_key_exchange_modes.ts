// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** The `PskKeyExchangeMode` with (EC)DHE (RFC 8446, Section 4.2.9). */
export const PSK_DHE_KE = 1;

/** `psk_key_exchange_modes`, `ke_modes<1..255>` (RFC 8446, Section 4.2.9). */
export const pskKeyExchangeModes: ExtensionCodec<readonly number[]> = {
  type: ExtensionType.pskKeyExchangeModes,
  name: "psk_key_exchange_modes",
  parse: (reader) => reader.reader8(1).list((r) => r.u8()),
  encode: (writer, modes) => {
    writer.vector8((list) => modes.forEach((mode) => list.u8(mode)), 1);
  },
};
