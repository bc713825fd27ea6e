// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss ca trust` and `nss ca untrust`. @module */

import { printable } from "../../../cert/base/printable.ts";
import { formatFingerprint } from "../../../cert/format/fingerprint.ts";
import { type Args, type Option, UsageError } from "../../base/args.ts";
import type { Command, Outcome } from "../../base/command.ts";
import { failureOf } from "../../base/fail.ts";
import { LocalError } from "../../base/files.ts";
import type { Io, Output } from "../../base/io.ts";
import { PASSWORD_OPTIONS } from "../../base/passwords.ts";
import { day, safe, wrapIndented } from "../../base/text.ts";
import {
  isConstrained,
  namesText,
  permittedNames,
  wideNames,
  wideWarning,
} from "../constraints.ts";
import { CaFolder } from "../folder.ts";
import { findChromiumStores, findFirefoxStores } from "./nss_stores.ts";
import { findSystemStore } from "./system_store.ts";
import {
  type Held,
  type NoStore,
  type Places,
  STORE_KINDS,
  type StoreKind,
  type Trusted,
  type TrustStore,
} from "./trust_store.ts";

/**
 * What becomes of a store: `done` was changed now, `needed` would be, `unneeded` is as it is to be,
 * `missing` is not there, `failed` could not be looked at or changed.
 */
type State = "done" | "needed" | "unneeded" | "missing" | "failed";

/** A store, what it has, and what becomes of it. */
interface Row {
  readonly store: StoreKind;
  readonly where: string;
  readonly held: Held | null;
  readonly state: State;
  readonly steps: readonly string[];
  readonly note: string | null;
}

/** Where stores are looked for. */
async function placesOf(args: Args): Promise<Places> {
  const { os } = Deno.build;
  const [root, home] = [args.one("root"), args.one("home")];
  if (root !== undefined && os !== "linux") {
    throw new UsageError("Cannot take --root here: it is for the files of a Linux system");
  }
  return {
    os,
    root: root === undefined ? "" : (await Deno.realPath(root)).replace(/\/$/, ""),
    home: home === undefined
      ? Deno.env.get(os === "windows" ? "USERPROFILE" : "HOME") ?? null
      : await Deno.realPath(home),
  };
}

/** Finds the stores. */
export async function findStores(
  places: Places,
  kinds: readonly StoreKind[],
  io: Io,
): Promise<readonly (TrustStore | NoStore)[]> {
  const find: Readonly<Record<StoreKind, () => Promise<readonly (TrustStore | NoStore)[]>>> = {
    system: async () => [await findSystemStore(places)],
    firefox: () => findFirefoxStores(places, io),
    chromium: () => findChromiumStores(places),
  };
  return (await Promise.all(kinds.map((kind) => find[kind]()))).flat();
}

function isChanged(held: Held, adds: boolean): boolean {
  return adds ? held === "trusted" : held === "absent";
}

/** Looks at a store and, if `does`, changes it; one that fails stops no other. */
async function treat(
  store: TrustStore | NoStore,
  trusted: Trusted,
  adds: boolean,
  does: boolean,
  args: Args,
  io: Io,
): Promise<Row> {
  const { kind, where } = store;
  const row = { store: kind, where, held: null, steps: [] };
  if ("missing" in store) return { ...row, state: "missing", note: store.missing };
  try {
    const held = await store.holds(trusted, args, io);
    if (isChanged(held, adds)) return { ...row, held, state: "unneeded", note: null };
    const steps = await store.steps(trusted, adds);
    if (does) await store.change(trusted, adds, args, io);
    return { ...row, held, state: does ? "done" : "needed", steps, note: store.note };
  } catch (error) {
    const { says, outcome } = failureOf(error);
    if (says === null || outcome === "defect") throw error;
    return { ...row, state: "failed", note: says };
  }
}

/** Refuses what would be a danger to who trusts it. */
function check({ root }: CaFolder, args: Args): void {
  if (root.notAfter.getTime() < Date.now()) {
    throw new LocalError(
      `Cannot trust "${safe(root.subject)}": it has expired on ${day(root.notAfter)}`,
    );
  }
  if (isConstrained(root) || args.has("unconstrained")) return;
  throw new LocalError(
    `Cannot trust "${safe(root.subject)}": it may certify every name, so that who gets hold of ` +
      "its key could impersonate every site to you; make one with constraints (nss ca create), " +
      "or say --unconstrained as well",
  );
}

const WORDS: Readonly<Record<State, readonly [trust: string, untrust: string]>> = {
  done: ["trusts it now", "trusts it no more"],
  needed: ["would be changed", "would be changed"],
  unneeded: ["trusts it already", "does not have it"],
  missing: ["left out", "left out"],
  failed: ["failed", "failed"],
};

function rowLines({ store, where, state, steps, note }: Row, adds: boolean, out: Output): string[] {
  const colour = state === "failed" ? "red" : state === "done" ? "green" : "bold";
  return [
    `${out.paint(WORDS[state][adds ? 0 : 1], colour)}: ${store}, ${safe(where)}`,
    ...steps.map((step) => wrapIndented("  ", step, out.width)),
    ...note === null ? [] : [out.paint(wrapIndented("  ", safe(note, 1000), out.width), "dim")],
  ];
}

async function run(adds: boolean, args: Args, io: Io): Promise<Outcome> {
  const folder = await CaFolder.open(args.positional[0]!, io);
  const given = args.choices("stores", STORE_KINDS);
  const kinds = given.length > 0 ? given : STORE_KINDS;
  const places = await placesOf(args);
  if (adds) check(folder, args);
  const file = await Deno.realPath(folder.file("ca.pem"));
  const trusted: Trusted = { name: folder.settings.name, certificate: folder.root, file };
  const does = args.has("yes");
  const rows: Row[] = [];
  // One after the other: two may ask for a password
  for (const store of await findStores(places, kinds, io)) {
    rows.push(await treat(store, trusted, adds, does, args, io));
  }
  await tell(folder, rows, adds, args, io);
  return rows.some(({ state }) => state === "failed") ? "failed" : "good";
}

async function tell(
  { root }: CaFolder,
  rows: readonly Row[],
  adds: boolean,
  args: Args,
  { out }: Io,
): Promise<void> {
  const sha256 = await formatFingerprint(root);
  if (args.has("json")) {
    const authority = {
      subject: String(root.subject),
      sha256,
      constrained: isConstrained(root),
      names: permittedNames(root).map(printable),
      wide: wideNames(root).map(printable),
    };
    const stores = rows.map((row) => ({ ...row, where: printable(row.where) }));
    return await out.line(JSON.stringify({ format: 1, authority, stores }));
  }
  const needed = rows.some(({ state }) => state === "needed");
  const warning = adds ? wideWarning(root) : null;
  await out.line([
    wrapIndented(
      "authority  ",
      `${safe(root.subject)}, valid until ${day(root.notAfter)}`,
      out.width,
    ),
    `SHA-256    ${sha256}`,
    wrapIndented("certifies  ", namesText(root), out.width),
    ...warning === null ? [] : ["", out.paint(wrapIndented("", warning, out.width), "yellow")],
    "",
    ...rows.flatMap((row) => rowLines(row, adds, out)),
    ...needed ? ["", "Nothing was changed: --yes changes it"] : [],
  ].join("\n"));
}

const OPTIONS: readonly Option[] = [
  { name: "yes", text: "change what is printed" },
  {
    name: "stores",
    value: "STORE,...",
    text: "only these",
    words: STORE_KINDS,
  },
  {
    name: "home",
    value: "DIR",
    text: "the folder of the user whose browsers are meant; with sudo, it is that of root",
    example: "/home/ada",
  },
  {
    name: "root",
    value: "DIR",
    text: "the store of a system whose files are below a folder, as of an image",
    example: "/mnt/image",
  },
  ...PASSWORD_OPTIONS.map((option) => ({
    ...option,
    text: option.text.replace("the token or key", "a browser's database that has one"),
  })),
];

const JSON_MEMBERS = {
  format: "1; another number where a member goes or means something else",
  authority:
    "the root: subject, sha256, constrained, names that it may certify, and those of them that are " +
    "wide: a whole top-level domain, a very large network",
  stores:
    "each store: store (system, firefox or chromium), where, held (trusted, known without trust, " +
    "absent, unknown, or null), state (done, needed, unneeded, missing or failed), steps (what is " +
    "done), note",
};

/** The command. */
export const trust: Command = {
  name: "ca trust",
  args: "DIR",
  text: "Print what would make programs trust an authority, and do it with --yes",
  more: [
    "The stores are that of the system, those of Firefox's profiles, and Chromium's. One of an " +
    "authority without constraints is changed only with --unconstrained. On macOS and Windows " +
    "the system's own program is run, which nobody has tested there yet.",
  ],
  options: [...OPTIONS, {
    name: "unconstrained",
    text: "trust an authority that may certify every name there is",
  }],
  json: JSON_MEMBERS,
  examples: [
    { line: "ca trust ca", text: "what would be changed, and where" },
    { line: "ca trust ca --stores firefox,chromium --yes", text: "the browsers of this user" },
    {
      line: "ca trust ca --stores system --yes",
      text: "as root: curl, git, and most other programs",
    },
  ],
  run: (args, io) => run(true, args, io),
};

/** The command. */
export const untrust: Command = {
  name: "ca untrust",
  args: "DIR",
  text: "Print where programs trust an authority, and take exactly that out with --yes",
  options: OPTIONS,
  json: JSON_MEMBERS,
  examples: [
    { line: "ca untrust ca", text: "who trusts it still?" },
    { line: "ca untrust ca --yes", text: "nobody any more" },
  ],
  run: (args, io) => run(false, args, io),
};
