// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  isBytes,
  isInstance,
  isOneOf,
  isString,
  kindOf,
  requireArgs,
} from "../base/options.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag, contextTag } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { formatIpAddress } from "./ip_address.ts";
import { Name } from "./name.ts";
import { printable } from "../base/printable.ts";

/**
 * A GeneralName (RFC 5280, Section 4.2.1.6).
 *
 * @category Names and addresses
 */
export type GeneralName =
  | {
    /** The kind of name. */
    readonly type: "dns" | "email" | "uri";
    /** The name, ASCII. */
    readonly value: string;
  }
  | {
    /** The kind of name. */
    readonly type: "ip";
    /** 4 or 16 bytes; in a name constraint the address and a mask of the same length. */
    readonly value: Uint8Array<ArrayBuffer>;
  }
  | {
    /** The kind of name. */
    readonly type: "directory";
    /** The distinguished name. */
    readonly value: Name;
  }
  | {
    /** The kind of name. */
    readonly type: "other";
    /** The dotted object identifier of the kind of value. */
    readonly typeId: string;
    /** The encoding of the value. */
    readonly value: Uint8Array<ArrayBuffer>;
  }
  | {
    /** The kind of name. */
    readonly type: "registeredId";
    /** A dotted object identifier. */
    readonly value: string;
  }
  | {
    /** The kind of name. */
    readonly type: "x400" | "ediParty";
    /** The encoding, not decoded. */
    readonly value: Uint8Array<ArrayBuffer>;
  };

/**
 * The kinds of {@linkcode GeneralName}.
 *
 * @category Names and addresses
 */
export type GeneralNameType = GeneralName["type"];

const VALUES: Readonly<Record<GeneralNameType, Check>> = {
  dns: isString,
  email: isString,
  uri: isString,
  registeredId: isString,
  ip: isBytes,
  other: isBytes,
  x400: isBytes,
  ediParty: isBytes,
  directory: isInstance(Name),
};
const isReader = isInstance(DerReader);
const isWriter = isInstance(DerWriter);
const isType = isOneOf(Object.keys(VALUES));

/** Accepts a GeneralName. */
export const isGeneralName: Check = (value, name) => {
  const one = value as Partial<GeneralName> | null | undefined;
  if (typeof one !== "object" || one === null || !("type" in one)) {
    return `${name} is ${kindOf(value)}, not a GeneralName, { type, value }`;
  }
  return isType(one.type, `${name}.type`) ??
    VALUES[one.type as GeneralNameType](one.value, `${name}.value`) ??
    (one.type === "other" ? isString(one.typeId, `${name}.typeId`) : null);
};

const OTHER = constructedTag(0);
const EMAIL = contextTag(1);
const DNS = contextTag(2);
const X400 = constructedTag(3);
const DIRECTORY = constructedTag(4);
const EDI_PARTY = constructedTag(5);
const URI = contextTag(6);
const IP = contextTag(7);
const REGISTERED_ID = contextTag(8);

/**
 * Reads a GeneralName.
 *
 * @param reader The reader.
 * @param field The name of the field.
 * @returns The name.
 * @throws {NssError} If it is not a GeneralName, or text is not ASCII.
 *
 * @example Usage
 * ```ts
 * import { DerReader, DerWriter } from "@nss/nss/cert/der";
 * import { readGeneralName, writeGeneralName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new DerWriter();
 * writeGeneralName(writer, { type: "dns", value: "example.com" });
 * const reader = new DerReader(writer.finish(), "name");
 * assertEquals(readGeneralName(reader, "name"), { type: "dns", value: "example.com" });
 * ```
 *
 * @category Names and addresses
 */
export function readGeneralName(reader: DerReader, field: string): GeneralName {
  if (!(reader instanceof DerReader)) requireArgs("Cannot read name", isReader(reader, "reader"));
  const tag = reader.nextTag;
  switch (tag) {
    case OTHER: {
      const other = reader.constructed(field, tag);
      const typeId = other.oid("type-id");
      const explicit = other.constructed("value", constructedTag(0));
      const value = explicit.element("value").der;
      explicit.finish();
      other.finish();
      return { type: "other", typeId, value };
    }
    case EMAIL:
      return { type: "email", value: reader.ia5String(field, tag) };
    case DNS:
      return { type: "dns", value: reader.ia5String(field, tag) };
    case URI:
      return { type: "uri", value: reader.ia5String(field, tag) };
    case IP:
      return { type: "ip", value: reader.octetString(field, tag) };
    case REGISTERED_ID:
      return { type: "registeredId", value: reader.oid(field, tag) };
    case DIRECTORY: {
      // Name is a CHOICE, so the tag is explicit (X.680, Section 31.2.7)
      const explicit = reader.constructed(field, tag);
      const value = Name.read(explicit, "directoryName");
      explicit.finish();
      return { type: "directory", value };
    }
    case X400:
      return { type: "x400", value: reader.element(field).der };
    case EDI_PARTY:
      return { type: "ediParty", value: reader.element(field).der };
    default:
      return reader.fail(field, "not a GeneralName");
  }
}

/**
 * Reads the elements that are left as GeneralNames.
 *
 * @param reader The reader.
 * @returns One or more names.
 * @throws {NssError} If there is none, or one is malformed.
 *
 * @example Usage
 * ```ts
 * import { DerReader, DerWriter } from "@nss/nss/cert/der";
 * import { readGeneralNames, writeGeneralName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new DerWriter();
 * writeGeneralName(writer, { type: "dns", value: "example.com" });
 * const reader = new DerReader(writer.finish(), "name");
 * assertEquals(readGeneralNames(reader).length, 1);
 * ```
 *
 * @category Names and addresses
 */
export function readGeneralNames(reader: DerReader): GeneralName[] {
  requireArgs("Cannot read names", isReader(reader, "reader"));
  const names: GeneralName[] = [];
  // RFC 5280, Section 4.2.1.6: GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName
  do names.push(readGeneralName(reader, "generalName")); while (!reader.done);
  return names;
}

/**
 * Writes a GeneralName.
 *
 * @param writer The writer.
 * @param name The name.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is not a name.
 *
 * @example Usage
 * ```ts
 * import { DerReader, DerWriter } from "@nss/nss/cert/der";
 * import { readGeneralName, writeGeneralName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new DerWriter();
 * writeGeneralName(writer, { type: "dns", value: "example.com" });
 * const reader = new DerReader(writer.finish(), "name");
 * assertEquals(readGeneralName(reader, "name"), { type: "dns", value: "example.com" });
 * ```
 *
 * @category Names and addresses
 */
export function writeGeneralName(writer: DerWriter, name: GeneralName): void {
  requireArgs("Cannot write name", isWriter(writer, "writer"), isGeneralName(name, "name"));
  switch (name.type) {
    case "other":
      writer.constructed(OTHER, (w) => {
        w.oid(name.typeId).constructed(constructedTag(0), (w) => w.raw(name.value));
      });
      return;
    case "email":
      writer.string(EMAIL, name.value);
      return;
    case "dns":
      writer.string(DNS, name.value);
      return;
    case "uri":
      writer.string(URI, name.value);
      return;
    case "ip":
      writer.primitive(IP, name.value);
      return;
    case "registeredId":
      writer.oid(name.value, REGISTERED_ID);
      return;
    case "directory":
      writer.constructed(DIRECTORY, (w) => w.raw(name.value.der));
      return;
    case "x400":
    case "ediParty":
      writer.raw(name.value);
  }
}

/**
 * Formats a GeneralName as OpenSSL does: `DNS:example.com`, `IP Address:192.0.2.1`. Control
 * characters are escaped, so that it is safe in a log or on a terminal.
 *
 * @param name The name.
 * @returns The text.
 *
 * @example Usage
 * ```ts
 * import { formatGeneralName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatGeneralName({ type: "dns", value: "example.com" }), "DNS:example.com");
 * ```
 *
 * @category Names and addresses
 */
export function formatGeneralName(name: GeneralName): string {
  requireArgs("Cannot format name", isGeneralName(name, "name"));
  switch (name.type) {
    case "dns":
      return `DNS:${printable(name.value)}`;
    case "email":
      return `email:${printable(name.value)}`;
    case "uri":
      return `URI:${printable(name.value)}`;
    case "ip":
      return `IP Address:${formatIpAddress(name.value)}`;
    case "directory":
      return `DirName:${name.value}`;
    case "registeredId":
      return `Registered ID:${name.value}`;
    case "other":
      return `othername:${name.typeId}`;
    case "x400":
      return "X400Name";
    case "ediParty":
      return "EdiPartyName";
  }
}
