// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import {
  formatGeneralName,
  type GeneralName,
  readGeneralName,
  readGeneralNames,
  writeGeneralName,
} from "../../../cert/names/general_name.ts";
import { Name } from "../../../cert/names/name.ts";

const NAMES: [GeneralName, string][] = [
  [{ type: "dns", value: "example.com" }, "DNS:example.com"],
  [{ type: "email", value: "a@example.com" }, "email:a@example.com"],
  [{ type: "uri", value: "https://example.com/" }, "URI:https://example.com/"],
  [{ type: "ip", value: Uint8Array.of(192, 0, 2, 1) }, "IP Address:192.0.2.1"],
  [{ type: "directory", value: Name.parse("CN=a,C=DE") }, "DirName:CN=a,C=DE"],
  [{ type: "registeredId", value: "1.2.3" }, "Registered ID:1.2.3"],
  [{ type: "other", typeId: "1.2.3", value: Uint8Array.of(5, 0) }, "othername:1.2.3"],
  [{ type: "x400", value: Uint8Array.of(0xa3, 0) }, "X400Name"],
  [{ type: "ediParty", value: Uint8Array.of(0xa5, 0) }, "EdiPartyName"],
];

function encode(name: GeneralName): Uint8Array<ArrayBuffer> {
  const writer = new DerWriter();
  writeGeneralName(writer, name);
  return writer.finish();
}

Deno.test("readGeneralName() reads what writeGeneralName() writes, of every kind", () => {
  for (const [name, text] of NAMES) {
    const read = readGeneralName(new DerReader(encode(name), "test"), "name");
    assertEquals(formatGeneralName(read), text);
    assertEquals(encode(read), encode(name));
  }
});

Deno.test("readGeneralName() refuses every strict prefix", () => {
  for (const [name] of NAMES) {
    const der = encode(name);
    for (let size = 0; size < der.length; size++) {
      const reader = new DerReader(der.slice(0, size), "test");
      assertThrows(() => readGeneralName(reader, "name"), NssError);
    }
  }
});

Deno.test("readGeneralName() refuses text that is not ASCII, and unknown kinds", () => {
  for (const hex of ["820180", "810180", "860180", "890100", "a200", "0400", "a40430003000"]) {
    const reader = new DerReader(new Uint8Array(decodeHex(hex)), "test");
    assertThrows(() => readGeneralName(reader, "name"), NssError);
  }
});

Deno.test("readGeneralNames() wants one name at least", () => {
  const reader = new DerReader(new Uint8Array(0), "test");
  assertThrows(() => readGeneralNames(reader), NssError, "not a GeneralName");
});

Deno.test("formatGeneralName() prints nothing that moves a cursor", () => {
  for (const type of ["dns", "email", "uri"] as const) {
    const text = formatGeneralName({ type, value: "a\u001b[2J\nb" });
    assertStringIncludes(text, ":a\\u{1b}[2J\\u{a}b");
  }
  const value = Name.parse("CN=a\\0A\\C2\\9B\\E2\\80\\AEb");
  assertEquals(value.commonName, "a\n\u009b\u202eb");
  const text = formatGeneralName({ type: "directory", value });
  assertEquals(text, "DirName:CN=a\\0a\\c2\\9b\\e2\\80\\aeb");
  assert(Name.parse(`${value}`).equals(value));
});
