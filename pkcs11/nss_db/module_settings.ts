// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The settings of a module in `pkcs11.txt`, the value of `NSS=`: which slots are off, and for what
 * they are the default, as in `slotParams={0x00000001=[slotFlags=RSA,AES,Disable ] }`.
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";

/** A setting: its name and its value, without the brackets or quotes that hold it together. */
export type Setting = readonly [name: string, value: string];

/** What may hold a value together; NSS looks for the first end that no backslash precedes. */
const PAIRS: Readonly<Record<string, string>> = {
  "{": "}",
  "[": "]",
  "(": ")",
  "<": ">",
  '"': '"',
  "'": "'",
};

/**
 * Reads settings, separated by blanks, as NSS does.
 *
 * @param text The settings.
 * @returns Their names and values, in order.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if a value has no end.
 */
export function parseSettings(text: string): Setting[] {
  const settings: Setting[] = [];
  for (let at = 0;;) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at === text.length) return settings;
    const begin = at;
    while (at < text.length && !/[=\s]/.test(text[at]!)) at++;
    const name = text.slice(begin, at);
    if (text[at] !== "=") {
      settings.push([name, ""]);
      continue;
    }
    const end = PAIRS[text[++at] ?? ""];
    if (end !== undefined) at++;
    let value = "";
    for (
      ;
      at < text.length && (end === undefined ? !/\s/.test(text[at]!) : text[at] !== end);
      at++
    ) {
      if (text[at] === "\\" && at + 1 < text.length) at++;
      value += text[at];
    }
    if (end !== undefined && text[at++] !== end) {
      throw new NssError(
        "SEC_ERROR_BAD_DATABASE",
        `Cannot read settings of a module: the value of ${name.slice(0, 40)} has no "${end}"`,
      );
    }
    settings.push([name, value]);
  }
}

/**
 * Writes settings, each value in brackets where it needs some.
 *
 * @param settings The settings.
 * @param open What holds a value together: another one for each level, as NSS counts none.
 * @returns The text.
 */
export function formatSettings(settings: readonly Setting[], open: "{" | "[" | "<"): string {
  return settings.map(([name, value]) => {
    if (value !== "" && !/[\s\\{}\[\]()<>"'=]/.test(value)) return `${name}=${value}`;
    const end = PAIRS[open]!;
    const inner = value.replaceAll("\\", "\\\\").replaceAll(end, `\\${end}`);
    return `${name}=${open}${inner}${end}`;
  }).join(" ");
}

/** What a slot can be the default for: modutil's words with those of `slotFlags`. */
export const SLOT_MECHANISMS: ReadonlyMap<string, string> = new Map([
  ...["RSA", "ECC", "DSA", "DH", "RC2", "RC4", "RC5", "DES", "AES", "SEED", "MD2", "MD5", "SHA1"],
  ...["SHA256", "SHA512", "SSL", "TLS", "RANDOM"],
].map((word): readonly [string, string] => [word, word])).set("CAMELLIA", "Camellia")
  .set("FRIENDLY", "PublicCerts");

/** The flag of a slot that is switched off. */
export const DISABLED = "Disable";

/** The flags as they are written, by lower case: NSS reads any. */
const FLAGS = new Map([DISABLED, ...SLOT_MECHANISMS.values()].map((word) => [
  word.toLowerCase(),
  word,
]));

/** What pkcs11.txt says of a slot. */
interface SlotEntry {
  readonly id: bigint;
  readonly settings: readonly Setting[];
}

/** The slots of a module of which pkcs11.txt says something, by their ids. */
export function slotFlags(nss: string): ReadonlyMap<bigint, ReadonlySet<string>> {
  return new Map(slotEntries(nss).map(({ id, settings }) => [id, flagsOf(settings)]));
}

/**
 * Changes the flags of slots; all other settings stay.
 *
 * @param nss The settings of the module.
 * @param ids The slots.
 * @param change The flags that are added, and those that are taken away.
 * @returns The new settings.
 */
export function withSlotFlags(
  nss: string,
  ids: readonly bigint[],
  { add = [], remove = [] }: {
    readonly add?: readonly string[];
    readonly remove?: readonly string[];
  },
): string {
  const before = slotEntries(nss);
  const known = new Set(before.map(({ id }) => id));
  const all = [
    ...before,
    ...ids.filter((id) => !known.has(id)).map((id) => ({ id, settings: [] })),
  ];
  const slots = all.map(({ id, settings }): Setting => {
    const flags = flagsOf(settings);
    if (ids.includes(id)) {
      for (const flag of add) flags.add(flag);
      for (const flag of remove) flags.delete(flag);
    }
    const rest = settings.filter(([name]) => name.toLowerCase() !== "slotflags");
    const own: Setting[] = flags.size === 0 ? [] : [["slotFlags", [...flags].join(",")]];
    return [`0x${id.toString(16).padStart(8, "0")}`, formatSettings([...own, ...rest], "<")];
  });
  const others = parseSettings(nss).filter(([name]) => name.toLowerCase() !== "slotparams");
  const kept = slots.filter(([, text]) => text !== "");
  const written: Setting[] = kept.length === 0 ? [] : [["slotParams", formatSettings(kept, "[")]];
  return formatSettings([...written, ...others], "{");
}

function slotEntries(nss: string): SlotEntry[] {
  const found = parseSettings(nss).find(([name]) => name.toLowerCase() === "slotparams");
  return parseSettings(found?.[1] ?? "").flatMap(([name, value]) => {
    if (!/^(?:0x[0-9a-f]{1,16}|\d{1,20})$/i.test(name)) return [];
    return [{ id: BigInt(name), settings: parseSettings(value) }];
  });
}

function flagsOf(settings: readonly Setting[]): Set<string> {
  const words = settings.find(([name]) => name.toLowerCase() === "slotflags")?.[1] ?? "";
  return new Set(
    words.split(",").map((word) => FLAGS.get(word.trim().toLowerCase()) ?? word.trim())
      .filter((word) => word !== ""),
  );
}
