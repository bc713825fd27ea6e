// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  formatPkcs11Uri,
  MAX_PKCS11_URI_LENGTH,
  parsePkcs11Uri,
} from "../../../pkcs11/context/uri.ts";

Deno.test("parsePkcs11Uri() reads the examples of RFC 7512, Section 3", () => {
  const id = Uint8Array.of(0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91);
  for (
    const [text, uri] of [
      ["pkcs11:", {}],
      ["pkcs11:object=my-pubkey;type=public", { object: "my-pubkey", type: "public" }],
      [
        "pkcs11:object=my-key;type=private?pin-source=file:/etc/token",
        { object: "my-key", type: "private", pinSource: "file:/etc/token" },
      ],
      [
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;" +
        "model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=" +
        "?pin-source=file:/etc/token_pin",
        {
          token: "The Software PKCS#11 Softtoken",
          manufacturer: "Snake Oil, Inc.",
          model: "1.0",
          object: "my-certificate",
          type: "cert",
          id,
          serial: "",
          pinSource: "file:/etc/token_pin",
        },
      ],
      [
        "pkcs11:object=my-sign-key;type=private?module-name=mypkcs11",
        { object: "my-sign-key", type: "private", moduleName: "mypkcs11" },
      ],
      [
        "pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1",
        { object: "my-sign-key", type: "private", modulePath: "/mnt/libmypkcs11.so.1" },
      ],
      [
        "pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?pin-value=the-pin",
        {
          token: "Software PKCS#11 softtoken",
          manufacturer: "Snake Oil, Inc.",
          pinValue: "the-pin",
        },
      ],
      ["pkcs11:slot-description=Sun%20Metaslot", { slotDescription: "Sun Metaslot" }],
      ["pkcs11:slot-id=327", { slotId: 327n }],
      [
        "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;" +
        "library-version=1.23",
        {
          libraryManufacturer: "Snake Oil, Inc.",
          libraryDescription: "Soft Token Library",
          libraryVersion: "1.23",
        },
      ],
      [
        "pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03Base64-ish",
        {
          token: "My token% created by Joe",
          libraryVersion: "3",
          id: Uint8Array.of(1, 2, 3, ...new TextEncoder().encode("Base64-ish")),
        },
      ],
      [
        "pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=my-certificate;type=cert",
        { token: "A name with a substring %;", object: "my-certificate", type: "cert" },
      ],
      ["pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1", {
        token: "Name with a small A with acute: \u00e1",
      }],
      ["PKCS11:object=a&b;vendor-x=1?y=2", { object: "a&b", vendor: { "vendor-x": "1", y: "2" } }],
    ] as const
  ) {
    assertEquals(parsePkcs11Uri(text), uri, text);
  }
});

Deno.test("parsePkcs11Uri() refuses what is malformed", () => {
  for (
    const text of [
      "",
      "pkcs12:",
      "pkcs11",
      "pkcs11:token",
      "pkcs11:=x",
      "pkcs11:token=a;",
      "pkcs11:;token=a",
      "pkcs11:token=a;token=b",
      "pkcs11:id=%01;id=%02",
      "pkcs11:x-vendor=a;x-vendor=b",
      "pkcs11:token=%",
      "pkcs11:token=%4",
      "pkcs11:token=%zz",
      "pkcs11:token=%ff",
      "pkcs11:token=a b",
      "pkcs11:token=\u00e1",
      "pkcs11:token=a/b",
      "pkcs11:token=a#b",
      "pkcs11:to ken=a",
      "pkcs11:slot-id=-1",
      "pkcs11:slot-id=x",
      "pkcs11:slot-id=",
      "pkcs11:object=a?pin-value=1&pin-value=2",
      "pkcs11:object=a?pin-value",
    ]
  ) {
    const error = assertThrows(() => parsePkcs11Uri(text), NssError, undefined, text);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("parsePkcs11Uri() takes a type that RFC 7512 does not have for unknown, and nothing for none", () => {
  assertEquals(parsePkcs11Uri("pkcs11:object=a;type=unknown"), { object: "a", type: "unknown" });
  assertEquals(parsePkcs11Uri("pkcs11:type=x-vendor").type, "unknown");
  assertEquals(parsePkcs11Uri("pkcs11:type=").type, "unknown");
  assertEquals(parsePkcs11Uri("pkcs11:object=a").type, undefined);
  assertEquals(formatPkcs11Uri({ type: "unknown" }), "pkcs11:type=unknown");
  assertThrows(() => parsePkcs11Uri("pkcs11:type=cert;type=unknown"), NssError);
  assertThrows(() => parsePkcs11Uri("pkcs11:type=%ff"), NssError);
});

Deno.test("parsePkcs11Uri() takes MAX_PKCS11_URI_LENGTH characters and no more", () => {
  const text = `pkcs11:object=${"a".repeat(MAX_PKCS11_URI_LENGTH - 14)}`;
  assertEquals(text.length, MAX_PKCS11_URI_LENGTH);
  parsePkcs11Uri(text);
  assertThrows(() => parsePkcs11Uri(`${text}a`), NssError);
});

Deno.test("formatPkcs11Uri() writes what parsePkcs11Uri() reads", () => {
  for (
    const uri of [
      {},
      { token: "a;b=c?d&e/f%", object: "\u00fc\u{1f600} \0", serial: "" },
      { id: Uint8Array.from({ length: 256 }, (_, i) => i), type: "private" as const },
      {
        slotId: 2n ** 63n,
        pinSource: "file:/x?y",
        pinValue: "a b",
        modulePath: "/l.so",
        moduleName: "l",
      },
      { libraryVersion: "2.6", vendor: { "x-own": "1 2" } },
    ]
  ) {
    assertEquals(parsePkcs11Uri(formatPkcs11Uri(uri)), uri);
  }
});
