// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { isSorted, malformedText, Name } from "../../../cert/names/name.ts";
import { OIDS } from "../../../cert/der/oids.ts";

/** A name of one RDN for each list of [type, tag, text]. */
function nameOf(...rdns: [string, number, string | Uint8Array][][]): Name {
  const der = new DerWriter().sequence((w) => {
    for (const rdn of rdns) {
      w.setOf(rdn.map(([type, tag, value]) => (w) =>
        w.sequence((w) => {
          w.oid(type);
          if (typeof value === "string") w.string(tag, value);
          else w.primitive(tag, value);
        })
      ));
    }
  }).finish();
  return Name.fromDer(der);
}

const cn = (tag: number, value: string | Uint8Array) => nameOf([[OIDS.commonName, tag, value]]);

Deno.test("Name.toString() prints as RFC 4514, the last RDN first", () => {
  const name = nameOf(
    [[OIDS.countryName, TAG.printableString, "DE"]],
    [[OIDS.organizationName, TAG.utf8String, 'a,b+c"d\\e<f>g;h']],
    [[OIDS.commonName, TAG.utf8String, " #x\n "], [OIDS.userId, TAG.utf8String, "u"]],
  );
  assertEquals(
    name.toString(),
    'CN=\\ #x\\0a\\ +UID=u,O=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h,C=DE',
  );
  assertEquals(cn(TAG.utf8String, "#x").toString(), "CN=\\#x");
  assertEquals(cn(TAG.octetString, Uint8Array.of(1)).toString(), "CN=#040101");
  assertEquals(nameOf([["1.2.3", TAG.utf8String, "x"]]).toString(), "1.2.3=#0c0178");
  assertEquals(Name.parse("").toString(), "");
});

Deno.test("Name.parse() reads what Name.toString() prints", () => {
  const texts = [
    "CN=example.com",
    "CN=a+OU=b,O=c,C=DE",
    "CN=\\ a\\ ,O=\\#b",
    "CN=a\\,b\\0a",
    "DC=example,DC=com",
    "1.2.3=#0c0178",
    "E=a@example.com",
    "CN=ü😀",
    "",
  ];
  for (const text of texts) assertEquals(Name.parse(text).toString(), text);
});

Deno.test("Name.parse() is lax about spaces, case and separators", () => {
  assertEquals(Name.parse(" cn = a b ; o = c ").toString(), "CN=a b,O=c");
  assertEquals(Name.parse("emailAddress=a@b,S=x,2.5.4.3=y").toString(), "E=a@b,ST=x,CN=y");
});

Deno.test("Name.parse() chooses the string types of RFC 5280", () => {
  const tags = Name.parse("C=DE,CN=x,DC=y").rdns.flat().map(({ tag }) => tag);
  assertEquals(tags, [TAG.ia5String, TAG.utf8String, TAG.printableString]);
});

Deno.test("Name.parse() refuses what is no name", () => {
  const bad = ["x", "CN", "FOO=x", "CN=a,", "CN=a\\", "CN=a\\x", 'CN="a"', "CN=#zz", "C=ü"];
  bad.push("CN=a<b", "CN=#0c0178x", "CN=\\ff");
  for (const text of bad) {
    const error = assertThrows(() => Name.parse(text), NssError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("Name.equals() folds case and white space of PrintableString and UTF8String", () => {
  const name = cn(TAG.utf8String, "Example  Root");
  assert(name.equals(cn(TAG.printableString, " example ROOT ")));
  assertFalse(name.equals(cn(TAG.utf8String, "ExampleRoot")));
  assertFalse(name.equals(nameOf([[OIDS.organizationName, TAG.utf8String, "Example Root"]])));
});

Deno.test("Name.equals() compares other strings byte for byte", () => {
  assertFalse(cn(TAG.teletexString, "A").equals(cn(TAG.teletexString, "a")));
  assertFalse(cn(TAG.teletexString, "A").equals(cn(TAG.utf8String, "A")));
  assert(cn(TAG.teletexString, "A").equals(cn(TAG.teletexString, "A")));
  const dc = (value: string) => nameOf([[OIDS.domainComponent, TAG.ia5String, value]]);
  assert(dc("Example").equals(dc("eXAMPLE")));
});

Deno.test("Name.equals() wants the same RDNs in order, attributes of one in any", () => {
  assert(Name.parse("CN=a+OU=b").equals(Name.parse("OU=b+CN=a")));
  assertFalse(Name.parse("CN=a,OU=b").equals(Name.parse("OU=b,CN=a")));
  assertFalse(Name.parse("CN=a,OU=b").equals(Name.parse("CN=a+OU=b")));
  assertFalse(Name.parse("CN=a").equals(Name.parse("CN=a,CN=a")));
});

Deno.test("Name.key tells names apart whose text has the separators", () => {
  const type = OIDS.commonName;
  assertFalse(Name.parse(`CN=a/${type}\\=1:b`).equals(Name.parse("CN=b,CN=a")));
  assertFalse(Name.parse(`CN=a\\+${type}\\=1:b`).equals(Name.parse("CN=a+CN=b")));
});

Deno.test("Name.isWithin() compares beginnings", () => {
  const base = Name.parse("O=Example,C=DE");
  assert(Name.parse("CN=x,O=example,C=DE").isWithin(base));
  assert(base.isWithin(base));
  assert(base.isWithin(Name.parse("")));
  assertFalse(Name.parse("C=DE").isWithin(base));
  assertFalse(Name.parse("O=Example,C=AT").isWithin(base));
});

Deno.test("Name.values() and Name.commonName read text", () => {
  const name = Name.parse("CN=a,CN=b,O=c");
  assertEquals(name.commonName, "a");
  assertEquals(name.values(OIDS.commonName), ["b", "a"]);
  assertEquals(Name.parse("O=c").commonName, undefined);
  assertEquals(cn(TAG.bmpString, Uint8Array.of(0, 0x41, 0x20, 0xac)).commonName, "A€");
  assertEquals(cn(TAG.utf8String, Uint8Array.of(0xff)).commonName, undefined);
});

Deno.test("Name.fromDer() refuses an empty RDN and what is left", () => {
  assertThrows(() => Name.fromDer(Uint8Array.of(0x30, 2, 0x31, 0)), NssError, "missing");
  assertThrows(() => Name.fromDer(Uint8Array.of(0x30, 0, 0)), NssError, "after the last field");
  assert(Name.fromDer(Uint8Array.of(0x30, 0)).isEmpty);
});

Deno.test("malformedText() finds text that is not in the encoding of its type", () => {
  const find = (text: string) => malformedText(Name.parse(text));
  // UTF-8: a lone byte, a truncated character, an overlong one, a surrogate, beyond U+10FFFF
  for (const bytes of ["ff", "c3", "c080", "eda080", "f4908080"]) {
    const value = `0c${(bytes.length / 2).toString(16).padStart(2, "0")}${bytes}`;
    assertEquals(find(`CN=a,O=#${value}`)?.type, OIDS.organizationName, bytes);
  }
  assertEquals(find("O=#1e03004100")?.tag, TAG.bmpString);
  assertEquals(find("O=#1e02d800")?.tag, TAG.bmpString);
  // Good text, Latin-1 as T61String, and what is no text
  for (const text of ["", "CN=a", "CN=ä,O=日本", "O=#1e020041", "O=#1401e4", "O=#0500"]) {
    assertEquals(find(text), undefined, text);
  }
});

Deno.test("isSorted() wants the attributes of each set in the order of DER", () => {
  assert(isSorted(Name.parse("CN=a,O=b")));
  assert(isSorted(Name.parse("CN=a+O=b+OU=c")));
  const [a, b] = [Name.parse("CN=a").der.subarray(4), Name.parse("O=b").der.subarray(4)];
  for (const [attributes, sorted] of [[[a, b], true], [[b, a], false], [[a, a], true]] as const) {
    const der = new DerWriter().sequence((w) => {
      w.raw(Name.parse("C=DE").der.subarray(2));
      w.constructed(TAG.set, (w) => attributes.forEach((one) => w.raw(one)));
    }).finish();
    assertEquals(isSorted(Name.fromDer(der)), sorted);
  }
});
