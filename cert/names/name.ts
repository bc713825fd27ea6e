// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBytes, isString, requireArgs, requireSame } from "../base/options.ts";
import { asciiOf, bytesEqual, copyBytes } from "../base/bytes.ts";
import { fromHex, toHex } from "../base/runtime.ts";
import { DerReader } from "../der/der_reader.ts";
import { TAG } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { OIDS } from "../der/oids.ts";

/**
 * An attribute of a {@linkcode Name}, such as `CN=example.com`.
 *
 * @category Names and addresses
 */
export interface NameAttribute {
  /** The dotted object identifier of the attribute type. */
  readonly type: string;
  /** The value as text, or `null` if it is not a string or malformed. */
  readonly value: string | null;
  /** The ASN.1 tag of the value. */
  readonly tag: number;
  /** The encoding of the value. */
  readonly der: Uint8Array<ArrayBuffer>;
}

/** The short names of RFC 4514, Section 3, then those that NSS and OpenSSL print. */
const SHORT_NAMES: readonly (readonly [string, string])[] = [
  ["CN", OIDS.commonName],
  ["L", OIDS.localityName],
  ["ST", OIDS.stateOrProvinceName],
  ["O", OIDS.organizationName],
  ["OU", OIDS.organizationalUnitName],
  ["C", OIDS.countryName],
  ["STREET", OIDS.streetAddress],
  ["DC", OIDS.domainComponent],
  ["UID", OIDS.userId],
  ["SN", OIDS.surname],
  ["SERIALNUMBER", OIDS.serialNumber],
  ["TITLE", OIDS.title],
  ["GIVENNAME", OIDS.givenName],
  ["INITIALS", OIDS.initials],
  ["GENERATIONQUALIFIER", OIDS.generationQualifier],
  ["DNQUALIFIER", OIDS.dnQualifier],
  ["PSEUDONYM", OIDS.pseudonym],
  ["BUSINESSCATEGORY", OIDS.businessCategory],
  ["POSTALCODE", OIDS.postalCode],
  ["ORGANIZATIONIDENTIFIER", OIDS.organizationIdentifier],
  ["E", OIDS.emailAddress],
];

const NAME_OF_TYPE: ReadonlyMap<string, string> = new Map(
  SHORT_NAMES.map(([name, oid]) => [oid, name]),
);
const TYPE_OF_NAME: ReadonlyMap<string, string> = new Map([
  ...SHORT_NAMES,
  ["S", OIDS.stateOrProvinceName],
  ["SURNAME", OIDS.surname],
  ["EMAIL", OIDS.emailAddress],
  ["EMAILADDRESS", OIDS.emailAddress],
]);

/** Attributes that are defined as PrintableString or IA5String. */
const STRING_TAGS: ReadonlyMap<string, number> = new Map<string, number>([
  [OIDS.countryName, TAG.printableString],
  [OIDS.serialNumber, TAG.printableString],
  [OIDS.dnQualifier, TAG.printableString],
  [OIDS.domainComponent, TAG.ia5String],
  [OIDS.emailAddress, TAG.ia5String],
]);

const ENCODER = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const UTF16 = new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true });

/**
 * Decodes a string of any of ASN.1's types.
 *
 * @param tag The tag.
 * @param content The content.
 * @returns The text; `null` if it is not a string or malformed.
 */
export function decodeText(tag: number, content: Uint8Array<ArrayBuffer>): string | null {
  switch (tag) {
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      return asciiOf(content);
    case TAG.teletexString:
      // In practice Latin-1, as NSS and OpenSSL read it
      return Array.from(content, (byte) => String.fromCharCode(byte)).join("");
    case TAG.utf8String:
    case TAG.bmpString:
      try {
        return (tag === TAG.utf8String ? UTF8 : UTF16).decode(content);
      } catch {
        return null;
      }
    default:
      return null;
  }
}

/**
 * A distinguished name, such as the subject or issuer of a certificate. It is immutable.
 *
 * @example Usage
 * ```ts
 * import { Name } from "@nss/nss/cert";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const name = Name.parse("CN=Example Root,O=Example\\, Inc.");
 * assertEquals(name.commonName, "Example Root");
 * assertEquals(name.toString(), "CN=Example Root,O=Example\\, Inc.");
 * assert(name.equals(Name.parse("cn=EXAMPLE  root, o=example\\, inc.")));
 * ```
 *
 * @category Names and addresses
 */
export class Name {
  /** The DER encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /**
   * The relative distinguished names in the order of the encoding, each with one or more
   * attributes.
   */
  readonly rdns: readonly (readonly NameAttribute[])[];
  #key: string | undefined;
  #rdnKeys: readonly string[] | undefined;
  #rdnTextKeys: readonly string[] | undefined;
  #text: string | undefined;

  /**
   * Creates a name; use {@linkcode Name.parse} or {@linkcode Name.fromDer} to get one.
   *
   * @param der The DER encoding.
   * @param rdns The relative distinguished names.
   */
  constructor(der: Uint8Array<ArrayBuffer>, rdns: readonly (readonly NameAttribute[])[]) {
    this.der = der;
    this.rdns = rdns;
  }

  /**
   * Parses the DER encoding of a name.
   *
   * @param der The DER encoding.
   * @returns The name.
   * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed.
   */
  static fromDer(der: Uint8Array): Name {
    requireArgs("Cannot parse name", isBytes(der, "der"));
    const reader = new DerReader(copyBytes(der), "name");
    const name = Name.read(reader, "");
    reader.finish();
    return name;
  }

  /**
   * Reads a name that is a field of another structure.
   *
   * @param reader The reader.
   * @param field The name of the field.
   * @param tag The tag, if it is not that of SEQUENCE.
   * @returns The name.
   * @throws {NssError} If it is malformed.
   */
  static read(reader: DerReader, field: string, tag: number = TAG.sequence): Name {
    const rdns: NameAttribute[][] = [];
    const der = reader.peek(field).der;
    const sequence = reader.constructed(field, tag);
    while (!sequence.done) {
      const set = sequence.constructed("relativeDistinguishedName", TAG.set);
      const rdn: NameAttribute[] = [];
      // RFC 5280, Section 4.1.2.4: RelativeDistinguishedName ::= SET SIZE (1..MAX)
      do rdn.push(readAttribute(set)); while (!set.done);
      rdns.push(rdn);
    }
    return new Name(der, rdns);
  }

  /**
   * Parses the text form of RFC 4514.
   *
   * @param input The text, such as `CN=example.com,O=Example` (the most specific attribute first),
   * or a name, which is returned.
   * @returns The name.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the text is malformed.
   */
  static parse(input: string | Name): Name {
    if (input instanceof Name) return input;
    requireArgs("Cannot parse name", isString(input, "the name"));
    const rdns = parseText(input).reverse();
    const writer = new DerWriter().sequence((w) => {
      for (const rdn of rdns) w.setOf(rdn);
    });
    return Name.fromDer(writer.finish());
  }

  /** Whether the name has no attributes. */
  get isEmpty(): boolean {
    return this.rdns.length === 0;
  }

  /** The last common name, which is the most specific one, or `undefined`. */
  get commonName(): string | undefined {
    return this.values(OIDS.commonName).at(-1);
  }

  /**
   * Returns the values of an attribute type that are text.
   *
   * @param type The dotted object identifier of the type.
   * @returns The values in the order of the encoding.
   */
  values(type: string): string[] {
    requireArgs("Cannot read name", isString(type, "type"));
    return this.rdns.flat().flatMap((a) => a.type === type && a.value !== null ? [a.value] : []);
  }

  /** A string that is the same for equal names, for use as a map key. */
  get key(): string {
    return this.#key ??= this.rdnKeys.join("/");
  }

  /** Such a string of each relative distinguished name, for the comparison of prefixes. */
  get rdnKeys(): readonly string[] {
    return this.#rdnKeys ??= keysOf(this.rdns, ignoresCase);
  }

  /**
   * Compares names as RFC 5280, Section 7.1, says: text without regard to case and runs of white
   * space, other values byte for byte, attributes of one RDN in any order.
   *
   * @param other The other name.
   * @returns Whether they are equal.
   */
  equals(other: Name): boolean {
    requireSame(other, Name);
    return this === other || bytesEqual(this.der, other.der) || this.key === other.key;
  }

  /**
   * Returns whether this name is in the subtree of another (RFC 5280, Section 7.1).
   *
   * @param base The base of the subtree.
   * @returns Whether this name begins with all RDNs of the base.
   */
  isWithin(base: Name): boolean {
    requireSame(base, Name);
    return startsWith(this.rdnKeys, base.rdnKeys);
  }

  /**
   * Returns whether another program may regard this name as in the subtree of another. Unlike
   * {@linkcode Name.isWithin}, it compares text of any string type without regard to case.
   *
   * @param base The base of the subtree.
   * @returns Whether this name begins with the text of all RDNs of the base.
   */
  mayBeWithin(base: Name): boolean {
    requireSame(base, Name);
    return startsWith(this.#textKeys, base.#textKeys);
  }

  get #textKeys(): readonly string[] {
    return this.#rdnTextKeys ??= keysOf(this.rdns, () => true);
  }

  /**
   * Formats the name as RFC 4514 says, the most specific attribute first:
   * `CN=example.com,O=Example,C=DE`.
   *
   * @returns The text.
   */
  toString(): string {
    return this.#text ??= this.rdns.toReversed()
      .map((rdn) => rdn.map(printAttribute).join("+")).join(",");
  }
}

function readAttribute(set: DerReader): NameAttribute {
  const reader = set.sequence("attribute");
  const type = reader.oid("type");
  const { tag, der, content } = reader.element("value");
  reader.finish();
  return { type, tag, der, value: decodeText(tag, content) };
}

/**
 * Finds an attribute whose text is not in the encoding of its type of string.
 *
 * @param name The name.
 * @returns The first UTF8String that is not UTF-8, or BMPString that is not UTF-16, if any.
 */
export function malformedText(name: Name): NameAttribute | undefined {
  for (const rdn of name.rdns) {
    for (const attribute of rdn) {
      const { value, tag } = attribute;
      if (value === null && (tag === TAG.utf8String || tag === TAG.bmpString)) return attribute;
    }
  }
  return undefined;
}

/**
 * Returns whether each relative distinguished name has its attributes in the order of DER (X.690,
 * Section 11.6), as most have with one attribute.
 *
 * @param name The name.
 * @returns Whether they are sorted.
 */
export function isSorted({ der, rdns }: Name): boolean {
  if (rdns.every(({ length }) => length === 1)) return true;
  const sequence = new DerReader(der, "name").constructed("", der[0]!);
  while (!sequence.done) {
    const set = sequence.constructed("relativeDistinguishedName", TAG.set);
    let previous = "";
    while (!set.done) {
      const encoding = toHex(set.element("attribute").der);
      if (encoding < previous) return false;
      previous = encoding;
    }
  }
  return true;
}

function startsWith(keys: readonly string[], beginning: readonly string[]): boolean {
  return beginning.length <= keys.length && beginning.every((key, i) => key === keys[i]);
}

/** Whether case is ignored: RFC 5280, Section 7.1, and Section 7.3 for domain components. */
function ignoresCase({ tag, type }: NameAttribute): boolean {
  return tag === TAG.printableString || tag === TAG.utf8String ||
    (tag === TAG.ia5String && type === OIDS.domainComponent);
}

function keysOf(
  rdns: readonly (readonly NameAttribute[])[],
  isText: (attribute: NameAttribute) => boolean,
): readonly string[] {
  return rdns.map((rdn) => rdn.map((one) => attributeKey(one, isText(one))).sort().join("+"));
}

function attributeKey({ type, der, value }: NameAttribute, isText: boolean): string {
  if (!isText || value === null) return `${type}#${toHex(der)}`;
  const text = value.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
  // With its length, no text can look like a separator, so that different names have different keys
  return `${type}=${text.length}:${text}`;
}

function printAttribute({ type, value, der }: NameAttribute): string {
  const name = NAME_OF_TYPE.get(type);
  // RFC 4514, Section 2.4: without a short name, or if it is not text, as the encoding
  if (name === undefined || value === null) return `${name ?? type}=#${toHex(der)}`;
  const escaped = value
    .replace(/["+,;<>\\]/g, "\\$&")
    // RFC 4514, Section 2.4, allows to escape any byte: here control and format characters, which
    // may move a cursor or change the text direction
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (c) => toHex(ENCODER.encode(c)).replace(/../g, "\\$&"),
    )
    .replace(/^[ #]/, "\\$&")
    .replace(/ $/, "\\ ");
  return `${name}=${escaped}`;
}

type WriteAttribute = (writer: DerWriter) => void;

/**
 * Parses RFC 4514, Section 3, and returns functions that write the attributes, in the order of the
 * text.
 */
function parseText(text: string): WriteAttribute[][] {
  const fail = (state: string): never => {
    throw new NssError("SEC_ERROR_INVALID_ARGS", `Cannot parse name "${text}": ${state}`);
  };
  const rdns: WriteAttribute[][] = [];
  let position = 0;
  const skipSpaces = () => {
    while (text[position] === " ") position++;
  };
  skipSpaces();
  if (position === text.length) return rdns;
  let rdn: WriteAttribute[] = [];
  for (;;) {
    skipSpaces();
    const equals = text.indexOf("=", position);
    if (equals < 0) return fail("an attribute has no =");
    const typeName = text.slice(position, equals).trim();
    const isOid = /^[0-2](\.(0|[1-9][0-9]*))+$/.test(typeName);
    const type = isOid ? typeName : TYPE_OF_NAME.get(typeName.toUpperCase());
    if (type === undefined) return fail(`the attribute type "${typeName}" is unknown`);
    position = equals + 1;
    skipSpaces();
    if (text[position] === "#") {
      const digits = /^#((?:[0-9a-fA-F]{2})+) */.exec(text.slice(position));
      if (digits === null) return fail("a value after # is not hexadecimal");
      position += digits[0].length;
      const der = fromHex(digits[1]!);
      rdn.push((w) => w.sequence((w) => w.oid(type).raw(der)));
    } else {
      const bytes: number[] = [];
      let end = 0; // trailing spaces are dropped unless they are escaped
      while (position < text.length && !"+,;".includes(text[position]!)) {
        const character = String.fromCodePoint(text.codePointAt(position)!);
        if (character === "\\") {
          const pair = /^\\([0-9a-fA-F]{2})/.exec(text.slice(position, position + 3));
          const special = text[position + 1];
          if (pair !== null) {
            bytes.push(parseInt(pair[1]!, 16));
            position += 3;
          } else if (special !== undefined && ' "#+,;<=>\\'.includes(special)) {
            bytes.push(special.charCodeAt(0));
            position += 2;
          } else return fail("a \\ escapes nothing");
          end = bytes.length;
        } else {
          if ('"<>\0'.includes(character)) return fail(`"${character}" is not escaped`);
          bytes.push(...ENCODER.encode(character));
          position += character.length;
          if (character !== " ") end = bytes.length;
        }
      }
      const content = Uint8Array.from(bytes.slice(0, end));
      const value = decodeText(TAG.utf8String, content);
      if (value === null) return fail("a value is not UTF-8");
      const tag = STRING_TAGS.get(type) ?? TAG.utf8String;
      if (tag !== TAG.utf8String && asciiOf(content) === null) {
        return fail(`the value of ${typeName} is not ASCII`);
      }
      rdn.push((w) => w.sequence((w) => w.oid(type).primitive(tag, content)));
    }
    const separator = text[position];
    if (separator !== "+") {
      rdns.push(rdn);
      rdn = [];
      if (separator === undefined) return rdns;
      if (separator !== "," && separator !== ";") return fail(`"${separator}" after a value`);
    }
    position++;
  }
}
