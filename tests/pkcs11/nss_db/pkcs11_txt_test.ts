// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  addModule,
  changeModule,
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

const CARD = { name: "Card", library: "/lib/card.so", parameters: "a='b c'", nss: "trustOrder=3" };

Deno.test("addModule() puts a module behind the others, whatever the end of the file", () => {
  const stanza = "library=/lib/card.so\nname=Card\nparameters=a='b c'\nNSS=trustOrder=3\n\n";
  assertEquals(addModule("", CARD), stanza);
  for (const end of ["", "\n", "\n\n", "\n\n\n"]) {
    const text = addModule(`# mine\nlibrary=x\nname=X${end}`, CARD);
    assertEquals(text.trimEnd(), `# mine\nlibrary=x\nname=X\n\n${stanza.trimEnd()}`.trimEnd());
    assertEquals(parsePkcs11Txt(text).at(-1), CARD);
  }
  assertEquals(
    addModule("", { ...CARD, parameters: "", nss: "" }),
    "library=/lib/card.so\nname=Card\n\n",
  );
});

Deno.test("addModule() refuses a name that is taken, and what would begin another line", () => {
  const text = addModule("", CARD);
  const refuses = (spec: Partial<typeof CARD>, why: string) => {
    const error = assertThrows(
      () => addModule(text, { ...CARD, name: "B", ...spec }),
      NssError,
      why,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  };
  refuses({ name: "Card" }, "already");
  refuses({ name: "" }, "no name");
  refuses({ library: "" }, "no name or library");
  refuses({ name: "B\nlibrary=evil.so" }, "control character");
  refuses({ library: "x\r" }, "control character");
  refuses({ parameters: "\0" }, "control character");
  refuses({ nss: "\x1b" }, "control character");
});

Deno.test("changeModule() changes the settings of one module, and removes one; no other line", () => {
  const own = newPkcs11Txt("/home/joe", { certPrefix: "", keyPrefix: "" });
  const before = `# kept\n${own}${addModule("", CARD)}library=z.so\nname=Z\nodd=kept\n`;
  const changed = changeModule(before, "Card", "trustOrder=4");
  assertEquals(changed, before.replace("NSS=trustOrder=3", "NSS=trustOrder=4"));
  assertEquals(changeModule(changed, "Card", "trustOrder=3"), before);
  assertEquals(changeModule(before, "Z", "x=1"), `${before.trimEnd()}\nNSS=x=1\n`);
  assertEquals(changeModule(before, "Card", null), before.replace(addModule("", CARD), ""));
  assertEquals(
    assertThrows(() => changeModule(before, "card", null), NssError).name,
    "SEC_ERROR_NO_MODULE",
  );
});
