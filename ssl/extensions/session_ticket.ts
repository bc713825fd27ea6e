// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

const NAME = "session_ticket";

/** A client's ticket; empty to request one (RFC 5077, Section 3.2). */
export const sessionTicket: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.sessionTicket,
  name: NAME,
  parse: (reader) => reader.rest(),
  encode: (writer, ticket) => void writer.bytes(ticket),
};

/** A server's announcement of a NewSessionTicket (RFC 5077, Section 3.2). */
export const sessionTicketPromise: ExtensionCodec<true> = emptyCodec(
  ExtensionType.sessionTicket,
  NAME,
);
