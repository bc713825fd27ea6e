// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Commands that look at modules: list, show. @module */

import { DISABLED, SLOT_MECHANISMS, slotFlags } from "../../pkcs11/nss_db/module_settings.ts";
import type { ModuleSpec } from "../../pkcs11/nss_db/pkcs11_txt.ts";
import type { Io } from "../base/io.ts";
import { reporting } from "../base/reporting.ts";
import { layOut, safe } from "../base/text.ts";
import {
  DATABASE,
  fipsText,
  isFips,
  loadSpec,
  ModuleList,
  slotId,
  slotIdText,
} from "./module_list.ts";
import { printing } from "./printing.ts";
import { databaseFolder, openStore } from "./store.ts";

/** What a list shows of a module. */
interface Row {
  readonly name: string;
  readonly state: string;
  readonly slots: number | null;
  readonly manufacturer: string | null;
  readonly version: string | null;
  readonly library: string | null;
}

async function rowOf({ name, library, nss }: ModuleSpec): Promise<Row> {
  const isMissing = library.includes("/") &&
    await Deno.stat(library).then(() => false, (error) => error instanceof Deno.errors.NotFound);
  const flags = [...slotFlags(nss).values()];
  const off = flags.filter((words) => words.has(DISABLED)).length;
  const state = isMissing
    ? "its library is missing"
    : off === 0
    ? "on the list"
    : `on the list, ${off === flags.length ? "" : "some "}slots off`;
  return { name, state, slots: null, manufacturer: null, version: null, library };
}

/** The command. */
export const list = printing({
  name: "module list",
  args: "",
  text: "List the modules: those of this program, and those on the list of an NSS database",
  more: [
    "Those on the list are not loaded: nss module show does that with one of them.",
  ],
  options: [],
  examples: [
    { line: "module list --db ~/.pki/nssdb", text: "what programs load with this database" },
    {
      line: "module list --module /usr/lib/softhsm/libsofthsm2.so",
      text: "who has made the library, and how many slots it has",
    },
  ],
  json: {
    modules: "the modules: name, state, library, and of those that are loaded slots, " +
      "manufacturer and version; null where that is not known",
    fips:
      "whether the database has NSS's programs in FIPS mode, which this one has none of; null " +
      "without a database",
  },
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const db = args.one("db");
    const specs = db === undefined ? null : (await ModuleList.of(databaseFolder(db), io)).specs;
    const loaded = store.context.modules.map((module): Row => {
      const { name, library, manufacturer, version } = module.describe();
      const slots = module.slots.length;
      return { name, state: "loaded", slots, manufacturer, version: version || null, library };
    });
    const others = (specs ?? []).filter(({ library }) => library !== "");
    const modules = [...loaded, ...await Promise.all(others.map(rowOf))];
    return {
      text: io.out.table([
        ["MODULE", "SLOTS", "STATE", "MANUFACTURER", "VERSION", "LIBRARY"],
        ...modules.map(({ name, slots, state, manufacturer, version, library }) =>
          [name, slots ?? "-", state, manufacturer ?? "-", version ?? "-", library ?? "-"]
            .map((cell) => safe(cell))
        ),
      ]),
      json: { modules, fips: specs && isFips(specs) },
    };
  },
});

/** modutil's words for the flags of a slot. */
function defaultsOf(flags: ReadonlySet<string>): string[] {
  return [...SLOT_MECHANISMS].filter(([, flag]) => flags.has(flag) || flags.has("all"))
    .map(([word]) => word);
}

async function describe(spec: ModuleSpec) {
  const { name, library, parameters, nss } = spec;
  if (library === "") {
    const unknown = { manufacturer: null, description: null, version: null };
    return { name, library: null, parameters, ...unknown, slots: [] };
  }
  await using module = await loadSpec(spec);
  const { manufacturer, description, version } = module.describe();
  const flags = slotFlags(nss);
  const slots = await Promise.all(module.slots.map(async (slot) => {
    const own = flags.get(slotId(slot)) ?? new Set<string>();
    const { label, model, serialNumber, needsLogin } = await slot.token?.describe() ?? {};
    return {
      id: slotIdText(slot),
      name: slot.name,
      enabled: !own.has(DISABLED),
      defaultFor: defaultsOf(own),
      token: label === undefined ? null : { label, model, serialNumber, needsLogin },
      mechanisms: (await slot.token?.mechanisms() ?? []).map((mechanism) => mechanism.name),
    };
  }));
  return { name, library, parameters, manufacturer, description, version, slots };
}

type Description = Awaited<ReturnType<typeof describe>>;

function textOf(module: Description, fips: string, io: Io): string {
  const { name, library, parameters, manufacturer, description, version, slots } = module;
  const rows: [string, string | null][] = [
    ["module", name],
    ["library", library ?? "part of NSS"],
    ["parameters", parameters || "none"],
    ["manufacturer", manufacturer],
    ["description", description],
    ["version", version],
    ["FIPS mode", library === null ? fips : null],
  ];
  const known = rows.flatMap(([what, value]) => value ? [[what, safe(value)]] : []);
  const table = slots.map(({ id, enabled, token, mechanisms, defaultFor, name }) => [
    id,
    enabled ? "on" : "off",
    safe(token?.label ?? "-"),
    token?.needsLogin ? "password" : "-",
    `${mechanisms.length}`,
    defaultFor.join(",") || "-",
    safe(name),
  ]);
  const heading = ["ID", "STATE", "TOKEN", "LOGIN", "MECHANISMS", "DEFAULT FOR", "SLOT"];
  return layOut(known, io.out.width) +
    (slots.length === 0 ? "" : `\n\n${io.out.table([heading, ...table])}`);
}

/** The command. */
export const show = reporting({
  name: "module show",
  args: "NAME",
  text: "Load a module of an NSS database's list, and show its slots, tokens and defaults",
  more: ["To load a library runs its code, as each program does that opens the database."],
  options: [DATABASE],
  examples: [{
    line: "module show SoftHSM --db ~/.pki/nssdb",
    text: "what it has, and what is off",
  }],
  json: {
    name: "the name",
    library: "the path of the library; null for NSS's own module, which is not loaded",
    parameters: "with which it is initialised",
    manufacturer: "who has made it; null where it is not loaded",
    description: "what it calls itself; null where it is not loaded",
    version: "the version of the library; null where it is not loaded",
    slots: "the slots: id, name, enabled, defaultFor (words of --mechanisms), token (null for " +
      "none: label, model, serialNumber, needsLogin), mechanisms (names)",
    fips: "whether the database has NSS's programs in FIPS mode, which this one has none of",
  },
  run: async (args, io) => {
    const list = await ModuleList.read(args, io);
    const { specs } = list;
    const name = args.positional[0]!;
    const own = specs.find((spec) => spec.name === name && spec.library === "");
    const module = await describe(own ?? list.find(name, "show module"));
    return {
      text: textOf(module, fipsText(specs), io),
      json: { ...module, fips: isFips(specs) },
    };
  },
});
