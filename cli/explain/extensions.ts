// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains the extensions of a message, in their order on the wire. @module */

import { lookupExtension, type MessageKind } from "../../ssl/extensions/registry.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { explainBody } from "./extension_bodies.ts";
import { EXTENSION_TEXTS } from "./extension_texts.ts";
import { type Field, type FieldReader, lengthAndHex } from "./field.ts";
import { GREASE_TEXT, namedExtension } from "./names.ts";

/** The struct's name of each message with extensions. */
const STRUCTS: Readonly<Record<MessageKind, string>> = {
  ClientHello: "ClientHello",
  ServerHello: "a ServerHello of TLS 1.3",
  Tls12ServerHello: "a ServerHello of TLS 1.2",
  HelloRetryRequest: "HelloRetryRequest",
  EncryptedExtensions: "EncryptedExtensions",
  CertificateRequest: "CertificateRequest",
  CertificateEntry: "Certificate",
  NewSessionTicket: "NewSessionTicket",
};

/** The message, or which it is by the types of its extensions. */
type Kind = MessageKind | ((types: ReadonlySet<number>) => MessageKind);

/**
 * Reads a block of extensions.
 *
 * @param parent The reader of the message, which stands before the length of the block.
 * @param kind In which message they are.
 */
export function addExtensions(parent: FieldReader, kind: Kind): void {
  parent.add("extensions", "", (reader) => {
    const fields = extensionFields(reader.vector16(), kind, parent);
    const names = fields.map(({ name }) => name).join(", ");
    return { value: fields.length === 0 ? "none" : names, fields };
  });
}

/** Explains extensions, without the length of their block. */
export function extensionFields(
  block: Uint8Array<ArrayBuffer>,
  kind: Kind,
  parent: FieldReader,
): readonly Field[] {
  const place = typeof kind === "function" ? kind(extensionTypes(block)) : kind;
  const seen = new Set<number>();
  const fields = parent.within(block);
  fields.each(() => addExtension(fields, place, seen));
  return fields.finish();
}

function addExtension(fields: FieldReader, kind: MessageKind, seen: Set<number>): void {
  fields.add("extension", "", (reader) => {
    const type = reader.u16();
    const body = reader.vector16();
    const { name, mark } = namedExtension(type);
    const text = EXTENSION_TEXTS.get(type) ?? "";
    const wrong = misplaced(type, kind, seen, reader.remaining);
    seen.add(type);
    if (wrong !== null) {
      return { name, value: `${wrong}; ${lengthAndHex(body)}`, mark: "malformed", text };
    }
    if (mark === "grease") {
      return { name, value: lengthAndHex(body), mark, text: GREASE_TEXT };
    }
    return { name, text, mark, ...explainBody(type, kind, body, fields) };
  });
}

/** Why an extension must not be where it is (RFC 8446, Section 4.2). */
function misplaced(
  type: number,
  kind: MessageKind,
  seen: ReadonlySet<number>,
  remaining: number,
): string | null {
  if (seen.has(type)) return "comes twice";
  if (lookupExtension(type, kind) === "disallowed") return `must not be in ${STRUCTS[kind]}`;
  // RFC 8446, Section 4.2.11: it "MUST be the last extension in the ClientHello"
  const isLast = remaining === 0;
  return type === ExtensionType.preSharedKey && kind === "ClientHello" && !isLast
    ? "must be the last extension"
    : null;
}

/** Reads the types of a block of extensions, as far as they can be read. */
function extensionTypes(block: Uint8Array<ArrayBuffer>): Set<number> {
  const types = new Set<number>();
  const reader = new Reader(block);
  while (reader.remaining >= 4) {
    types.add(reader.u16());
    const length = reader.u16();
    if (length > reader.remaining) break;
    reader.bytes(length);
  }
  return types;
}
