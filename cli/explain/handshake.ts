// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains handshake messages. @module */

import { HANDSHAKE_HEADER_LENGTH } from "../../ssl/messages/handshake.ts";
import { addClientHello } from "./client_hello.ts";
import { type Field, FieldReader } from "./field.ts";

/**
 * Explains a ClientHello.
 *
 * @param raw The message with its header of four bytes.
 * @returns A field of the name `ClientHello`, whose fields are those of the message, in their order
 * on the wire.
 */
export function explainClientHello(raw: Uint8Array<ArrayBuffer>): Field {
  const fields = new FieldReader(raw.subarray(HANDSHAKE_HEADER_LENGTH), raw);
  addClientHello(fields);
  return {
    name: "ClientHello",
    value: "",
    text: "what the client can do, and what it wants",
    mark: null,
    start: 0,
    end: raw.length,
    fields: fields.finish(),
    isList: false,
  };
}
