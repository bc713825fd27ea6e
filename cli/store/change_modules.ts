// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Commands that change the list of modules: add, delete, enable, default and the like. @module */

import { DISABLED, SLOT_MECHANISMS, withSlotFlags } from "../../pkcs11/nss_db/module_settings.ts";
import { addModule, changeModule } from "../../pkcs11/nss_db/pkcs11_txt.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import type { Command } from "../base/command.ts";
import type { Io } from "../base/io.ts";
import { reporting } from "../base/reporting.ts";
import { count, safe } from "../base/text.ts";
import { DATABASE, loadSpec, ModuleList, slotId, slotsMeant } from "./module_list.ts";

const WORDS = [...SLOT_MECHANISMS.keys()];

const MECHANISMS: Option = {
  name: "mechanisms",
  value: "WORD,...",
  text: "what its slots are the default for; FRIENDLY: its certificates are read without a login",
  words: WORDS,
};

const SLOT: Option = {
  name: "slot",
  value: "SLOT",
  text: "only this slot: its name, its id as 0x00000001, or the label of its token",
  example: "0x00000001",
};

function flagsOf(args: Args): string[] {
  return args.choices("mechanisms", WORDS).map((word) => SLOT_MECHANISMS.get(word)!);
}

/** The command. */
export const add = reporting({
  name: "module add",
  args: "NAME LIBRARY",
  text: "Add a PKCS#11 library to the list of an NSS database",
  more: [
    "The library is loaded to see that it is one, which runs its code; with --unchecked it is not. " +
    "All programs that open the database load it from then on: browsers, NSS's tools.",
  ],
  options: [
    DATABASE,
    {
      name: "parameters",
      value: "TEXT",
      text: "with which it is initialised, as its manual says",
      example: "config=/etc/card.conf",
    },
    MECHANISMS,
    { name: "unchecked", text: "do not load it: it may be that of another machine" },
  ],
  examples: [{
    line: "module add SoftHSM /usr/lib/softhsm/libsofthsm2.so --db ~/.pki/nssdb",
    text: "for all programs that use this database",
  }],
  run: async (args, io) => {
    const [name, given] = args.positional as [string, string];
    // A name without a folder is looked for where the system keeps its libraries, any other here
    const library = given.includes("/") && !given.startsWith("/")
      ? await Deno.realPath(given)
      : given;
    const parameters = args.one("parameters") ?? "";
    const flags = flagsOf(args);
    if (args.has("unchecked") && flags.length > 0) {
      throw new UsageError("Cannot take --mechanisms with --unchecked: only the library has slots");
    }
    const list = await ModuleList.read(args, io);
    const spec = { name, library, parameters, nss: "" };
    const text = addModule(list.text, spec); // before its code is run
    if (args.has("unchecked")) {
      await list.write(text, io);
      return `Added "${safe(name)}", unchecked`;
    }
    await using module = await loadSpec(spec);
    const nss = withSlotFlags("", module.slots.map(slotId), { add: flags });
    await list.write(flags.length === 0 ? text : addModule(list.text, { ...spec, nss }), io);
    return `Added "${safe(name)}" with ${count(module.slots.length, "slot")}`;
  },
});

/** The command. */
export const remove = reporting({
  name: "module delete",
  args: "NAME",
  text: "Take a module off the list of an NSS database; its library stays where it is",
  options: [DATABASE],
  examples: [{ line: "module delete SoftHSM --db ~/.pki/nssdb", text: "load it no more" }],
  run: async (args, io) => {
    const name = args.positional[0]!;
    const list = await ModuleList.read(args, io);
    list.find(name, "delete module");
    await list.write(changeModule(list.text, name, null), io);
    return `Deleted "${safe(name)}"`;
  },
});

interface FlagChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** Changes the flags of the slots of a module; gives how many there are. */
async function change(what: string, flags: FlagChange, args: Args, io: Io): Promise<string> {
  const name = args.positional[0]!;
  const list = await ModuleList.read(args, io);
  const spec = list.find(name, what);
  await using module = await loadSpec(spec);
  const slots = slotsMeant(module, args.one("slot"));
  const nss = withSlotFlags(spec.nss, slots.map(slotId), flags);
  await list.write(changeModule(list.text, name, nss), io);
  return `${count(slots.length, "slot")} of "${safe(name)}"`;
}

/** The command. */
export const enable = reporting({
  name: "module enable",
  args: "NAME",
  text: "Let programs use the slots of a module again",
  options: [DATABASE, SLOT],
  examples: [{ line: "module enable SoftHSM --db ~/.pki/nssdb", text: "all its slots" }],
  run: async (args, io) =>
    `Enabled ${await change("enable module", { remove: [DISABLED] }, args, io)}`,
});

/** The command. */
export const disable = reporting({
  name: "module disable",
  args: "NAME",
  text: "Have programs not use the slots of a module, which stays on the list",
  options: [DATABASE, SLOT],
  examples: [{
    line: "module disable SoftHSM --slot 0x00000001 --db ~/.pki/nssdb",
    text: "one of its slots",
  }],
  run: async (args, io) =>
    `Disabled ${await change("disable module", { add: [DISABLED] }, args, io)}`,
});

function defaultCommand(
  word: "default" | "undefault",
  text: string,
  done: string,
  change_: (flags: readonly string[]) => FlagChange,
): Command {
  return reporting({
    name: `module ${word}`,
    args: "NAME",
    text,
    options: [DATABASE, MECHANISMS, SLOT],
    examples: [{
      line: `module ${word} SoftHSM --mechanisms RSA,AES --db ~/.pki/nssdb`,
      text: `${done} for two mechanisms`,
    }],
    run: async (args, io) => {
      const flags = flagsOf(args);
      if (flags.length === 0) {
        throw new UsageError("Cannot go on: say which by --mechanisms, as --mechanisms RSA,AES");
      }
      const slots = await change(`change defaults of module`, change_(flags), args, io);
      return `${slots}: ${done} for ${flags.join(", ")}`;
    },
  });
}

/** The command. */
export const setDefault = defaultCommand(
  "default",
  "Make a module the one that NSS's programs take for some mechanisms",
  "the default",
  (add) => ({ add }),
);

/** The command. */
export const unsetDefault = defaultCommand(
  "undefault",
  "Have NSS's programs not take a module for some mechanisms unless they must",
  "no default",
  (remove) => ({ remove }),
);
