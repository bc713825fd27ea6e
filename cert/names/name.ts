// Copyright 2026 the NSS for Deno authors. MIT license.

import { asciiOf, bytesEqual, copyBytes, DerReader, TAG } from "../der/der.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { OIDS } from "../der/oids.ts";

/** One attribute of a {@linkcode Name}, as `CN=example.com`. */
export interface NameAttribute {
  /** The type of the attribute, a dotted object identifier. */
  readonly type: string;
  /** The value as text, or `null` where it is of a type that is no text. */
  readonly value: string | null;
  /** The tag of the value. */
  readonly tag: number;
  /** The value's encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
}

/** The short names of RFC 4514, Section 3, first, then those that NSS and OpenSSL print. */
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

/** Attributes whose value is a PrintableString or an IA5String by their definition. */
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

function decodeText(tag: number, content: Uint8Array<ArrayBuffer>): string | null {
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
 * A distinguished name: the subject or issuer of a certificate. It is immutable.
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
 */
export class Name {
  /** The encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /**
   * The relative distinguished names in the order of the encoding, each of one attribute or more.
   */
  readonly rdns: readonly (readonly NameAttribute[])[];
  #key: string | undefined;
  #rdnKeys: readonly string[] | undefined;
  #rdnTextKeys: readonly string[] | undefined;
  #text: string | undefined;

  /**
   * Creates a name; {@linkcode Name.parse} and {@linkcode Name.read} are the ways to get one.
   *
   * @param der The encoding.
   * @param rdns What it says.
   */
  constructor(der: Uint8Array<ArrayBuffer>, rdns: readonly (readonly NameAttribute[])[]) {
    this.der = der;
    this.rdns = rdns;
  }

  /**
   * Reads a name's DER.
   *
   * @param der The encoding.
   * @returns The name.
   * @throws {NssError} `SEC_ERROR_BAD_DER` if the encoding is not one of a name.
   */
  static fromDer(der: Uint8Array): Name {
    const reader = new DerReader(copyBytes(der), "name");
    const name = Name.read(reader, "");
    reader.finish();
    return name;
  }

  /**
   * Reads a name inside another structure.
   *
   * @param reader Where to read.
   * @param field The name of the field.
   * @param tag The tag, where it is not that of a SEQUENCE.
   * @returns The name.
   * @throws {NssError} If the encoding is not one of a name.
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
   * Reads the text form of RFC 4514, or makes a name of a list of attributes.
   *
   * @param input The text, as `CN=example.com,O=Example` (the most specific attribute first), or a
   * name.
   * @returns The name.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the text is not of that form.
   */
  static parse(input: string | Name): Name {
    if (input instanceof Name) return input;
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

  /** The last common name as text, the most specific one, or `undefined`. */
  get commonName(): string | undefined {
    return this.values(OIDS.commonName).at(-1);
  }

  /**
   * Lists the values of one type of attribute that are text.
   *
   * @param type The dotted object identifier.
   * @returns The values in the order of the encoding.
   */
  values(type: string): string[] {
    return this.rdns.flat().flatMap((a) => a.type === type && a.value !== null ? [a.value] : []);
  }

  /**
   * One string a name: two names are equal if their keys are. Each RDN has a key as well, so that
   * directory name constraints can compare beginnings.
   */
  get key(): string {
    return this.#key ??= this.rdnKeys.join("/");
  }

  /** The key of each relative distinguished name. */
  get rdnKeys(): readonly string[] {
    return this.#rdnKeys ??= keysOf(this.rdns, folds);
  }

  /**
   * Compares as RFC 5280, Section 7.1: text without regard to case and to runs of white space,
   * anything else byte for byte, attributes of one RDN in any order.
   *
   * @param other The other name.
   * @returns Whether both are the same name.
   */
  equals(other: Name): boolean {
    return this === other || bytesEqual(this.der, other.der) || this.key === other.key;
  }

  /**
   * Tells whether this name lies in the subtree below another (RFC 5280, Section 7.1).
   *
   * @param base The name at the top of the subtree.
   * @returns Whether all of the RDNs of the base begin this name.
   */
  isWithin(base: Name): boolean {
    return startsWith(this.rdnKeys, base.rdnKeys);
  }

  /**
   * Tells whether this name may be taken for one in the subtree below another: as
   * {@linkcode Name.isWithin}, but text counts in whatever type of string it is, for that is how
   * many programs compare.
   *
   * @param base The name at the top of the subtree.
   * @returns Whether the text of all of the RDNs of the base begins this name.
   */
  mayBeWithin(base: Name): boolean {
    return startsWith(this.#textKeys, base.#textKeys);
  }

  get #textKeys(): readonly string[] {
    return this.#rdnTextKeys ??= keysOf(this.rdns, () => true);
  }

  /**
   * Prints as RFC 4514, the most specific attribute first: `CN=example.com,O=Example,C=DE`.
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

function startsWith(keys: readonly string[], beginning: readonly string[]): boolean {
  return beginning.length <= keys.length && beginning.every((key, i) => key === keys[i]);
}

/** RFC 5280, Section 7.1 for PrintableString and UTF8String; Section 7.3 for domain components. */
function folds({ tag, type }: NameAttribute): boolean {
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
  if (!isText || value === null) return `${type}#${der.toHex()}`;
  const text = value.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
  // The length keeps two names from having one key
  return `${type}=${text.length}:${text}`;
}

function printAttribute({ type, value, der }: NameAttribute): string {
  const name = NAME_OF_TYPE.get(type);
  // RFC 4514, Section 2.4: what has no short name or is no text is printed as its encoding
  if (name === undefined || value === null) return `${name ?? type}=#${der.toHex()}`;
  const escaped = value
    .replace(/["+,;<>\\]/g, "\\$&")
    // RFC 4514, Section 2.4, lets any byte be escaped: here what moves a cursor or turns the
    // direction of writing
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (c) => ENCODER.encode(c).toHex().replace(/../g, "\\$&"),
    )
    .replace(/^[ #]/, "\\$&")
    .replace(/ $/, "\\ ");
  return `${name}=${escaped}`;
}

type WriteAttribute = (writer: DerWriter) => void;

/** Parses RFC 4514, Section 3, and returns what writes the attributes, in the order of the text. */
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
      const der = Uint8Array.fromHex(digits[1]!);
      rdn.push((w) => w.sequence((w) => w.oid(type).raw(der)));
    } else {
      const bytes: number[] = [];
      let end = 0; // what of bytes is kept: escaped spaces are, trailing ones are not
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
