// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The table of settings against what is written out by hand for readers: types, functions, options
 * of NSS's.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import * as nss from "@nss/nss/ssl";
import { OPTION_NAMES } from "../../ssl/config/resolve_config.ts";
import { SETTING_NAMES, SETTINGS } from "../../ssl/config/settings.ts";
import { ROOT, strip } from "./_source.ts";

/** The members of an interface, in the order of the text. */
async function membersOf(path: string, name: string): Promise<string[]> {
  const text = strip(await Deno.readTextFile(new URL(path, ROOT)), true);
  const body = new RegExp(`export interface ${name}(?: extends \\w+)? \\{\\n(.*?)\\n\\}`, "s")
    .exec(text)![1]!;
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member]) => member!);
}

Deno.test("SETTINGS: every member of ImportOptions sets a setting or is of one connection, and none is missing", async () => {
  const members = [
    ...await membersOf("ssl/config/import_options.ts", "ImportOptions"),
    ...await membersOf("ssl/config/hooks.ts", "HookOptions"),
  ];
  assertEquals(members.toSorted(), OPTION_NAMES.toSorted());
});

Deno.test("SETTINGS: every member of ImportOptions has its documentation", async () => {
  const texts = ["ssl/config/import_options.ts", "ssl/config/hooks.ts"]
    .map((path) => Deno.readTextFile(new URL(path, ROOT)));
  const documented = (await Promise.all(texts)).flatMap((text) => {
    const options = /^export interface (?:ImportOptions|HookOptions)\b.*?^\}/ms.exec(text)![0];
    return [...options.matchAll(/\*\/\n {2}(\w+)\?:/g)].map(([, member]) => member!);
  });
  assertEquals(documented.toSorted(), OPTION_NAMES.toSorted());
});

Deno.test("SETTINGS: each row says in a sentence what it is for", () => {
  const wrong = SETTING_NAMES.filter((name) => !/^[A-Z][^|\n]+\.$/.test(SETTINGS[name].doc));
  assertEquals(wrong, []);
  const sentences = SETTING_NAMES.map((name) => SETTINGS[name].doc);
  assertEquals(new Set(sentences).size, sentences.length, "two rows say the same");
});

Deno.test("SETTINGS: the rows are the members of Settings", async () => {
  const members = [
    ...await membersOf("ssl/config/config.ts", "Settings"),
    ...await membersOf("ssl/config/hooks.ts", "HookOptions"),
  ];
  assertEquals(SETTING_NAMES.toSorted(), members.toSorted());
});

Deno.test("SETTINGS: what sets a setting is exported, or an option of NSS's that works", () => {
  const working = nss.SSL_OPTIONS.filter(({ support }) => support === "works")
    .map(({ option }) => option as string);
  const unknown = SETTING_NAMES.map((name) => SETTINGS[name].verb)
    .filter((verb) => verb !== null && !(verb in nss) && !working.includes(verb));
  assertEquals(unknown, []);
  const byRow = SETTING_NAMES.map((name) => SETTINGS[name].verb);
  // resetHandshake() and setMaxEarlyDataSize() do the same.
  const others = ["HANDSHAKE_AS_CLIENT", "HANDSHAKE_AS_SERVER", "ENABLE_0RTT_DATA"];
  assertEquals(working.filter((name) => !byRow.includes(name) && !others.includes(name)), []);
});
