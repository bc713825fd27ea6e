// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains the short messages. @module */

import { count } from "../base/text.ts";
import { isTls13, type MessageContext } from "./context.ts";
import { addExtensions } from "./extensions.ts";
import { type FieldReader, hex, lengthAndHex } from "./field.ts";

/** Reads the fields of a Finished. */
export function addFinished(fields: FieldReader): void {
  fields.add(
    "verify_data",
    "a MAC over all messages before: both ends have seen the same",
    (reader) => lengthAndHex(reader.rest()),
  );
}

/** Reads the fields of a KeyUpdate (RFC 8446, Section 4.6.3). */
export function addKeyUpdate(fields: FieldReader): void {
  fields.add("request_update", "", (reader) => {
    switch (reader.u8()) {
      case 0:
        return "update_not_requested: the other end need not change its keys";
      case 1:
        return "update_requested: the other end shall change its keys, too";
      default:
        return { value: "neither of the two values that there are", mark: "malformed" };
    }
  });
}

/**
 * Reads the fields of a NewSessionTicket: that of TLS 1.3 (RFC 8446, Section 4.6.1) or TLS 1.2 (RFC
 * 5077, Section 3.3).
 */
export function addNewSessionTicket(fields: FieldReader, context: MessageContext): void {
  const ticket = "the session, in a form that only the server can read";
  if (!isTls13(context)) {
    fields.add("ticket_lifetime_hint", "", (reader) => seconds(reader.u32()));
    fields.add("ticket", ticket, (reader) => lengthAndHex(reader.vector16()));
    return;
  }
  fields.add("ticket_lifetime", "how long it may be used", (reader) => seconds(reader.u32()));
  fields.add(
    "ticket_age_add",
    "is added to the age that the client will tell, so that nobody sees from it who comes again",
    (reader) => `${reader.u32()}`,
  );
  fields.add(
    "ticket_nonce",
    "gives each ticket of the connection a key of its own",
    (reader) => hex(reader.vector8()),
  );
  fields.add("ticket", ticket, (reader) => lengthAndHex(reader.vector16(1)));
  addExtensions(fields, "NewSessionTicket");
}

function seconds(number: number): string {
  const hours = Math.round(number / 3600);
  return hours < 2 ? `${number} s` : `${number} s (${count(hours, "hour")})`;
}

/** Reads the fields of NextProtocol, which was before ALPN. */
export function addNextProtocol(fields: FieldReader): void {
  fields.add("selected_protocol", "", (reader) => lengthAndHex(reader.vector8()));
  fields.add("padding", "", (reader) => lengthAndHex(reader.vector8()));
}
