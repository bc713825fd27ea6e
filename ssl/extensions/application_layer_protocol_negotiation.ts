// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { DecodeError } from "../wire/decode_error.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

const NAME = "application_layer_protocol_negotiation";

/**
 * The protocols that a client offers, in preference order (RFC 7301, Section 3.1).
 *
 * Names are bytes, which IANA registers in UTF-8; other bytes, such as GREASE, are decoded as
 * replacement characters, which match no configured protocol.
 */
export const alpnProtocols: ExtensionCodec<readonly string[]> = {
  type: ExtensionType.applicationLayerProtocolNegotiation,
  name: NAME,
  parse: parseList,
  encode: encodeList,
};

/** The protocol that a server has chosen (RFC 7301, Section 3.1). */
export const alpnProtocol: ExtensionCodec<string> = {
  type: ExtensionType.applicationLayerProtocolNegotiation,
  name: NAME,
  parse(reader) {
    const names = parseList(reader);
    // RFC 7301, Section 3.1: the list "MUST contain exactly one ProtocolName".
    if (names.length !== 1) throw new DecodeError(`${names.length} protocols are chosen`);
    return names[0]!;
  },
  encode: (writer, name) => encodeList(writer, [name]),
};

function parseList(reader: Reader): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // RFC 7301, Section 3.1: "Empty strings MUST NOT be included".
  return reader.reader16(2).list((r) => decoder.decode(r.vector8(1)));
}

function encodeList(writer: Writer, names: readonly string[]): void {
  const encoder = new TextEncoder();
  writer.vector16((list) => names.forEach((name) => list.vector8(encoder.encode(name), 1)), 2);
}

/** The maximum number of a peer's protocols in a message. */
const LISTED_PROTOCOLS = 8;

/**
 * Formats a peer's protocols for an error message: only the first ones, with escapes for characters
 * that are unsafe in terminals and logs.
 *
 * @param names The names.
 * @returns The list.
 */
export function listProtocols(names: readonly string[]): string {
  const listed = names.slice(0, LISTED_PROTOCOLS).map((name) =>
    name.replace(/[^\x21-\x7e]/g, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`)
  );
  const more = names.length - listed.length;
  return [...listed, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
