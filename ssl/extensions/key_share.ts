// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** A `KeyShareEntry`: the public key for a group. */
export interface KeyShareEntry {
  /** The code point of the group. */
  readonly group: number;
  /** The public key, or the ciphertext of a KEM; its length depends on the group. */
  readonly keyExchange: Uint8Array<ArrayBuffer>;
}

const NAME = "key_share";

/** The shares that a client offers, in preference order; may be empty (RFC 8446, Section 4.2.8). */
export const keyShareClientHello: ExtensionCodec<readonly KeyShareEntry[]> = {
  type: ExtensionType.keyShare,
  name: NAME,
  parse(reader) {
    const groups = new Set<number>();
    return reader.reader16().list((r) => {
      const entry = parseEntry(r);
      // RFC 8446, Section 4.2.8: "Clients MUST NOT offer multiple KeyShareEntry values for the same
      // group."
      if (groups.has(entry.group)) {
        throw new SslError(
          "SSL_ERROR_RX_MALFORMED_KEY_SHARE",
          `Cannot parse extension key_share: two shares are of group 0x${entry.group.toString(16)}`,
          { fault: "value" },
        );
      }
      groups.add(entry.group);
      return entry;
    });
  },
  encode(writer, entries) {
    writer.vector16((list) => entries.forEach((entry) => encodeEntry(list, entry)));
  },
};

/** The share of a server (RFC 8446, Section 4.2.8). */
export const keyShareServerHello: ExtensionCodec<KeyShareEntry> = {
  type: ExtensionType.keyShare,
  name: NAME,
  parse: parseEntry,
  encode: encodeEntry,
};

/** The group for which a server requests a share (RFC 8446, Section 4.2.8). */
export const keyShareHelloRetryRequest: ExtensionCodec<number> = {
  type: ExtensionType.keyShare,
  name: NAME,
  parse: (reader) => reader.u16(),
  encode: (writer, group) => void writer.u16(group),
};

function parseEntry(reader: Reader): KeyShareEntry {
  return { group: reader.u16(), keyExchange: reader.vector16(1) };
}

function encodeEntry(writer: Writer, { group, keyExchange }: KeyShareEntry): void {
  writer.u16(group).vector16(keyExchange, 1);
}
