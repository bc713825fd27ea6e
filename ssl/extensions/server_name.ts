// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

/** The only `NameType` (RFC 6066, Section 3). */
const HOST_NAME = 0;

/**
 * The maximum length of a host name in bytes: that of DNS with its length bytes (RFC 1035, Section
 * 2.3.4).
 */
export const MAX_HOST_NAME_LENGTH = 255;

/**
 * `server_name` in a ClientHello (RFC 6066, Section 3).
 *
 * The value is the host name; `null` if the list has only names of other types, none of which is
 * defined yet. It is not checked against the rules of DNS, and may have a final dot.
 */
export const serverName: ExtensionCodec<string | null> = {
  type: ExtensionType.serverName,
  name: "server_name",
  parse(reader) {
    let hostName: string | null = null;
    const seen = new Set<number>();
    const names = reader.reader16(1);
    while (names.remaining > 0) {
      const nameType = names.u8();
      // RFC 6066, Section 3: "The ServerNameList MUST NOT contain more than one name of the same
      // name_type."
      if (seen.has(nameType)) throw malformed(`two names are of type ${nameType}`);
      seen.add(nameType);
      // RFC 6066, Section 3: all future types begin with a 16-bit length, so they can be skipped.
      if (nameType === HOST_NAME) hostName = parseHostName(names.vector16(1));
      else names.vector16();
    }
    return hostName;
  },
  encode(writer, hostName) {
    if (hostName === null || !isHostName(hostName)) {
      throw new RangeError(`Cannot encode server_name: "${hostName}" is no ASCII host name`);
    }
    const bytes = new TextEncoder().encode(hostName);
    writer.vector16((list) => list.u8(HOST_NAME).vector16(bytes, 1, MAX_HOST_NAME_LENGTH), 1);
  },
};

/** `server_name` in a server's answer: the server has used the name (RFC 6066, Section 3). */
export const serverNameAcknowledgement: ExtensionCodec<true> = emptyCodec(
  ExtensionType.serverName,
  "server_name",
);

function parseHostName(bytes: Uint8Array): string {
  if (bytes.length > MAX_HOST_NAME_LENGTH) {
    throw new DecodeError(`a host name of ${bytes.length} bytes is longer than DNS allows`);
  }
  const hostName = String.fromCharCode(...bytes);
  if (!isHostName(hostName)) throw malformed("the host name is not printable ASCII");
  return hostName;
}

/**
 * RFC 6066, Section 3: ASCII; control characters and spaces are rejected, as they mislead output
 * and comparisons.
 */
function isHostName(hostName: string): boolean {
  return /^[\x21-\x7e]+$/.test(hostName);
}

function malformed(why: string): SslError {
  return new SslError(
    "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
    `Cannot parse extension server_name: ${why}`,
    { fault: "value" },
  );
}
