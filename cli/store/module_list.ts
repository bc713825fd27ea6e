// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The list of modules of an NSS database, `pkcs11.txt`, as modutil keeps it. @module */

import { importLazily } from "../../cert/base/lazy_module.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { Slot } from "../../pkcs11/mod.ts";
import type { Pkcs11Module } from "../../pkcs11/module/mod.ts";
import { parseSettings } from "../../pkcs11/nss_db/module_settings.ts";
import {
  MAX_PKCS11_TXT_SIZE,
  type ModuleSpec,
  newPkcs11Txt,
  parsePkcs11Txt,
} from "../../pkcs11/nss_db/pkcs11_txt.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { LocalError, readText, writeFile } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { join, safe } from "../base/text.ts";
import { databaseFolder } from "./store.ts";

/** The option that says whose list it is. */
export const DATABASE: Option = {
  name: "db",
  value: "DIR",
  text: "the NSS database in a folder, whose list in pkcs11.txt it is",
  example: "~/.pki/nssdb",
};

/** The list of a database. */
export class ModuleList {
  /** The modules. */
  readonly specs: readonly ModuleSpec[];
  /** The file as it is. */
  readonly text: string;
  readonly #path: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.text = text;
    this.specs = parsePkcs11Txt(text);
  }

  /** Reads the list of the database that the options name. */
  static async read(args: Args, io: Io): Promise<ModuleList> {
    const given = args.one("db");
    if (given === undefined) throw new UsageError("Cannot go on: say which database by --db");
    return await ModuleList.of(databaseFolder(given), io);
  }

  /** Reads the list of the database in a folder; a database without one has NSS's module only. */
  static async of(folder: string, io: Io): Promise<ModuleList> {
    if (!await isDatabase(folder)) {
      throw new NssError(
        "PR_FILE_NOT_FOUND_ERROR",
        `Cannot read modules: there is no NSS database in "${folder}"; ` +
          "nss cert create makes one",
      );
    }
    const path = `${folder}/pkcs11.txt`;
    const text = await readText(path, io, MAX_PKCS11_TXT_SIZE).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return newPkcs11Txt(folder, { certPrefix: "", keyPrefix: "" });
    });
    return new ModuleList(path, text);
  }

  /** Returns a module; none of NSS's own, which cannot be changed. */
  find(name: string, what: string): ModuleSpec {
    const found = this.specs.find((spec) => spec.name === name);
    if (found === undefined) {
      const names = this.specs.filter(({ library }) => library !== "")
        .map((spec) => `"${safe(spec.name)}"`);
      throw new NssError(
        "SEC_ERROR_NO_MODULE",
        `Cannot ${what}: there is no module "${name}"; ` +
          (names.length === 0 ? "only NSS's own is listed" : `there is ${join(names)}`),
      );
    }
    if (found.library === "") {
      throw new LocalError(
        `Cannot ${what}: "${safe(name)}" is NSS's own module, which this program does not use; ` +
          "modutil changes it",
      );
    }
    return found;
  }

  /** Writes another list in its place, whole or not at all. */
  async write(text: string, io: Io): Promise<void> {
    await writeFile(this.#path, text, io.out);
  }
}

/** Whether a database is in a folder, whatever its prefix: they share the list. */
async function isDatabase(folder: string): Promise<boolean> {
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return names.some((name) => name === "pkcs11.txt" || name.endsWith("cert9.db"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether NSS's own module in a list is that of FIPS mode. */
export function isFips(specs: readonly ModuleSpec[]): boolean {
  return specs.some(({ library, nss }) => {
    const flags = parseSettings(nss).find(([name]) => name.toLowerCase() === "flags")?.[1] ?? "";
    return library === "" && flags.split(",").some((flag) => flag.trim().toLowerCase() === "fips");
  });
}

/** What is said of FIPS mode, so that nobody takes a setting for a validated module. */
export function fipsText(specs: readonly ModuleSpec[]): string {
  return `${isFips(specs) ? "on" : "off"} for NSS's programs; this one uses the runtime's ` +
    "WebCrypto, which is no validated module whatever is set here";
}

/** Loads the library of a module, which runs its code. */
export async function loadSpec(
  { name, library, parameters }: Pick<ModuleSpec, "name" | "library" | "parameters">,
): Promise<Pkcs11Module> {
  const { loadModule } = await importLazily(
    "PKCS#11 libraries",
    () => import("../../pkcs11/module/mod.ts"),
  );
  return await loadModule(library, { name, ...parameters !== "" && { parameters } });
}

/** The id of a slot, which every one of a library has. */
export function slotId({ id }: Slot): bigint {
  return BigInt(id ?? 0);
}

/** A slot's id as pkcs11.txt has it. */
export function slotIdText(slot: Slot): string {
  return `0x${slotId(slot).toString(16).padStart(8, "0")}`;
}

/** The slots that are meant: by its name, its id or the label of its token one, else all. */
export function slotsMeant(module: Pkcs11Module, wanted: string | undefined): readonly Slot[] {
  if (wanted === undefined) return module.slots;
  const found = module.slots.filter((slot) =>
    slot.name === wanted || slotIdText(slot) === wanted.toLowerCase() ||
    slot.token?.label === wanted
  );
  if (found.length === 1) return found;
  const names = module.slots.map((slot) => `"${safe(slot.name)}" (${slotIdText(slot)})`);
  throw new UsageError(
    `Cannot take --slot "${safe(wanted)}": ${
      found.length === 0 ? "no" : "more than one"
    } slot is ` +
      `called so; there is ${join(names)}`,
  );
}
