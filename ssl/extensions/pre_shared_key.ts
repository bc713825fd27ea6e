// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import type { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** The identity of a pre-shared key that a client offers. */
export interface PskIdentity {
  /** The identity: a session ticket, or a label agreed on outside TLS. */
  readonly identity: Uint8Array<ArrayBuffer>;
  /** The ticket's age in milliseconds plus `ticket_age_add`, modulo 2^32. */
  readonly obfuscatedTicketAge: number;
}

/** `OfferedPsks` (RFC 8446, Section 4.2.11). */
export interface OfferedPsks {
  /** The identities, in preference order. */
  readonly identities: readonly PskIdentity[];
  /** The binders: for each identity a MAC over the ClientHello up to here. */
  readonly binders: readonly Uint8Array<ArrayBuffer>[];
}

const NAME = "pre_shared_key";

/**
 * The pre-shared keys that a client offers; it must be the last extension (RFC 8446, Section
 * 4.2.11).
 */
export const preSharedKeyClientHello: ExtensionCodec<OfferedPsks> = {
  type: ExtensionType.preSharedKey,
  name: NAME,
  parse(reader) {
    const identities = identitiesOf(reader).list((r) => ({
      identity: r.vector16(1),
      obfuscatedTicketAge: r.u32(),
    }));
    const binders = reader.reader16(33).list((r) => r.vector8(32));
    // RFC 8446, Section 4.2.11: binders are "a series of HMAC values, one for each value in the
    // identities list".
    if (binders.length !== identities.length) {
      throw new SslError(
        "SSL_ERROR_MALFORMED_PRE_SHARED_KEY",
        `Cannot parse extension pre_shared_key: ${identities.length} identities have ${binders.length} binders`,
        { fault: "value" },
      );
    }
    return { identities, binders };
  },
  encode(writer, { identities, binders }) {
    if (identities.length !== binders.length) {
      throw new RangeError(
        `Cannot encode pre_shared_key: ${identities.length} identities have ${binders.length} binders`,
      );
    }
    writer.vector16((list) => {
      for (const { identity, obfuscatedTicketAge } of identities) {
        list.vector16(identity, 1).u32(obfuscatedTicketAge);
      }
    }, 7);
    writer.bytes(encodeBinders(binders));
  },
};

/** The index of the identity that a server has chosen (RFC 8446, Section 4.2.11). */
export const preSharedKeyServerHello: ExtensionCodec<number> = {
  type: ExtensionType.preSharedKey,
  name: NAME,
  parse: (reader) => reader.u16(),
  encode: (writer, selectedIdentity) => void writer.u16(selectedIdentity),
};

/**
 * Encodes a list of binders with its length field, which ends a ClientHello.
 *
 * @param binders The binders, or zeros.
 * @returns The encoding, which the binders' hash excludes.
 */
export function encodeBinders(binders: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Writer()
    .vector16((list) => binders.forEach((binder) => list.vector8(binder, 32)), 33)
    .finish();
}

/**
 * Returns the length of the list of binders, which their hash excludes (RFC 8446, Section
 * 4.2.11.2).
 *
 * @param body The body of a `pre_shared_key` extension of a ClientHello.
 * @returns The length in bytes, with the length field.
 * @throws {DecodeError} If the body is malformed.
 */
export function bindersLength(body: Reader): number {
  identitiesOf(body);
  return body.remaining;
}

function identitiesOf(reader: Reader): Reader {
  return reader.reader16(7);
}
