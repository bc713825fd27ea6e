// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  MAX_PKCS11_TXT_SIZE,
  newPkcs11Txt,
  parsePkcs11Txt,
} from "../../../pkcs11/nss_db/pkcs11_txt.ts";

Deno.test("parsePkcs11Txt() reads what modutil writes", () => {
  const own = newPkcs11Txt("/home/joe's db", { certPrefix: "", keyPrefix: "x-" });
  const text =
    `# comment\n${own}library=/usr/lib/softhsm/libsofthsm2.so\r\nname=SoftHSM\r\n\r\n\n` +
    "library=second.so\nname=Second\nNSS=trustOrder=1\nlibrary=third.so\nname=Third";
  const specs = parsePkcs11Txt(text);
  assertEquals(specs.map(({ name, library }) => [name, library]), [
    ["NSS Internal PKCS #11 Module", ""],
    ["SoftHSM", "/usr/lib/softhsm/libsofthsm2.so"],
    ["Second", "second.so"],
    ["Third", "third.so"],
  ]);
  assertEquals(
    specs[0]!.parameters.startsWith("configdir='sql:/home/joe\\'s db' certPrefix=''"),
    true,
  );
  assertEquals(specs[2]!.nss, "trustOrder=1");
  assertEquals(parsePkcs11Txt(""), []);
});

Deno.test("parsePkcs11Txt() refuses what is malformed or too long", () => {
  for (const text of ["no value", "=x", " \u0000x", "a".repeat(MAX_PKCS11_TXT_SIZE + 1)]) {
    const error = assertThrows(() => parsePkcs11Txt(text), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DATABASE");
  }
  parsePkcs11Txt(`a=${"a".repeat(MAX_PKCS11_TXT_SIZE - 2)}`);
});
