// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/**
 * `renegotiated_connection<0..255>` (RFC 5746, Section 3.2): empty in a first handshake, later the client's `verify_data`
 * of the one before, to which a server adds its own.
 */
export const renegotiationInfo: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.renegotiationInfo,
  name: "renegotiation_info",
  parse: (reader) => reader.vector8(),
  encode: (writer, renegotiatedConnection) => void writer.vector8(renegotiatedConnection),
};
