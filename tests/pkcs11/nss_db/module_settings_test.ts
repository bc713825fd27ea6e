// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  formatSettings,
  parseSettings,
  slotFlags,
  withSlotFlags,
} from "../../../pkcs11/nss_db/module_settings.ts";
import { Prng } from "../../support/prng.ts";

/** As modutil 3.87 writes it, blanks included. */
const MODUTIL =
  "slotParams={0x69cc83ad=[slotFlags=RSA,PublicCerts,Disable,RANDOM ] 0x00000001=[slotFlags=AES ] }  ";
/** That of a new database. */
const INTERNAL = "Flags=internal,critical trustOrder=75 cipherOrder=100 " +
  "slotParams=(1={slotFlags=[ECC,RSA] askpw=any timeout=30})";

function flags(nss: string): [string, string[]][] {
  return [...slotFlags(nss)].map(([id, words]) => [id.toString(16), [...words]]);
}

Deno.test("parseSettings() reads values in any brackets and quotes, with escapes, as NSS does", () => {
  assertEquals(parseSettings(""), []);
  assertEquals(parseSettings(` a=1  b="x y" c='\\'' d=(=) e={} f `), [
    ["a", "1"],
    ["b", "x y"],
    ["c", "'"],
    ["d", "="],
    ["e", ""],
    ["f", ""],
  ]);
  assertEquals(parseSettings(INTERNAL).map(([name]) => name), [
    "Flags",
    "trustOrder",
    "cipherOrder",
    "slotParams",
  ]);
  for (const text of ["a={", 'a="', "a=(b=[c)d"]) {
    const read = () => parseSettings(text);
    if (text === "a=(b=[c)d") assertEquals(read(), [["a", "b=[c"], ["d", ""]]);
    else assertEquals(assertThrows(read, NssError).name, "SEC_ERROR_BAD_DATABASE");
  }
});

Deno.test("slotFlags() reads what modutil and certutil write, in any case of letters", () => {
  assertEquals(flags(MODUTIL), [["69cc83ad", ["RSA", "PublicCerts", "Disable", "RANDOM"]], ["1", [
    "AES",
  ]]]);
  assertEquals(flags(INTERNAL), [["1", ["ECC", "RSA"]]]);
  assertEquals(flags("SLOTPARAMS={2=[slotflags=disable,camellia] x=[slotFlags=RSA]}"), [["2", [
    "Disable",
    "Camellia",
  ]]]);
  assertEquals(flags("trustOrder=1"), []);
});

Deno.test("withSlotFlags() changes flags of some slots, and nothing else", () => {
  const one = withSlotFlags("", [1n], { add: ["Disable"] });
  assertEquals(one, "slotParams={0x00000001=[slotFlags=Disable]}");
  assertEquals(withSlotFlags(one, [1n], { remove: ["Disable"] }), "");
  assertEquals(
    withSlotFlags(MODUTIL, [0x69cc83adn], { remove: ["Disable", "RSA"], add: ["AES"] }),
    "slotParams={0x69cc83ad=[slotFlags=PublicCerts,RANDOM,AES] 0x00000001=[slotFlags=AES]}",
  );
  // What is not understood stays: other settings of the module and of a slot
  const other = "slotParams={0x1=[slotFlags=RSA askpw=any timeout=30]} trustOrder=75 odd={a b}";
  const changed = withSlotFlags(other, [1n, 2n], { add: ["Disable"] });
  assertEquals(
    changed,
    "slotParams={0x00000001=[slotFlags=RSA,Disable askpw=any timeout=30] " +
      "0x00000002=[slotFlags=Disable]} trustOrder=75 odd={a b}",
  );
});

Deno.test("formatSettings() writes what parseSettings() reads, whatever it is", () => {
  const prng = new Prng(2020);
  const next = (below: number) => prng.uint32() % below;
  const characters = "ab=,\\ {}[]()<>\"'\t";
  for (let i = 0; i < 2000; i++) {
    const text = () =>
      Array.from({ length: next(8) }, () => characters[next(characters.length)]).join("");
    const settings = Array.from({ length: next(4) }, (_, n) => [`n${n}`, text()] as const);
    for (const open of ["{", "[", "<"] as const) {
      assertEquals(parseSettings(formatSettings(settings, open)), settings);
    }
  }
});

Deno.test("settings of strangers are read, or refused with a typed error", () => {
  const prng = new Prng(2021);
  for (let i = 0; i < 2000; i++) {
    const from = i % 2 === 0 ? MODUTIL : INTERNAL;
    const at = prng.uint32() % from.length;
    const text = from.slice(0, at) + String.fromCharCode(prng.uint32() % 128) +
      from.slice(at + prng.uint32() % 3);
    try {
      slotFlags(withSlotFlags(text, [7n], { add: ["Disable"] })).get(7n)!.has("Disable");
    } catch (error) {
      assertEquals(error instanceof NssError && error.name, "SEC_ERROR_BAD_DATABASE", text);
    }
  }
});
