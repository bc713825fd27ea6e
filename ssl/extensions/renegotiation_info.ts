// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/**
 * `renegotiated_connection<0..255>` (RFC 5746, Section 3.2): empty in the first handshake; in later
 * ones the client's `verify_data` of the previous one, followed in a server's extension by the
 * server's.
 */
export const renegotiationInfo: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.renegotiationInfo,
  name: "renegotiation_info",
  parse: (reader) => reader.vector8(),
  encode: (writer, renegotiatedConnection) => void writer.vector8(renegotiatedConnection),
};
