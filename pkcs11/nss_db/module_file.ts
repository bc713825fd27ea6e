// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TokenModule } from "../slots/token_module.ts";
import { DISABLED, slotFlags } from "./module_settings.ts";
import { type ModuleSpec, newPkcs11Txt, parsePkcs11Txt } from "./pkcs11_txt.ts";
import { loadFs } from "./runtime_modules.ts";

/** Reads `pkcs11.txt`; there are no modules if it is missing. */
async function readModules(directory: string): Promise<ModuleSpec[]> {
  const fs = await loadFs();
  let text: string;
  try {
    text = await fs.readFile(`${directory}/pkcs11.txt`, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
  return parsePkcs11Txt(text);
}

/**
 * Loads the modules that `pkcs11.txt` of a directory lists, one after the other.
 *
 * @param directory The directory.
 * @param load Loads one.
 */
export async function* listedModules(
  directory: string,
  load: (module: Pick<ModuleSpec, "library" | "name" | "parameters">) => Promise<TokenModule>,
): AsyncGenerator<TokenModule, void, void> {
  for (const { library, name, parameters, nss } of await readModules(directory)) {
    if (library === "") continue; // NSS's internal module, which this package replaces
    yield enabledPart(await load({ library, name, parameters }), nss);
  }
}

/** A module without the slots that its settings switch off, as modutil does. */
function enabledPart(module: TokenModule, nss: string): TokenModule {
  const off = [...slotFlags(nss)].flatMap(([id, flags]) => flags.has(DISABLED) ? [id] : []);
  if (off.length === 0) return module;
  return {
    name: module.name,
    // Asked each time, as slots come and go with their readers
    get slots() {
      return module.slots.filter(({ id }) => id === null || !off.includes(BigInt(id)));
    },
    describe: () => module.describe(),
    close: () => module.close(),
  };
}

/** Writes the `pkcs11.txt` of a new database, if it is missing. */
export async function writeModules(
  directory: string,
  prefixes: { readonly certPrefix: string; readonly keyPrefix: string },
): Promise<void> {
  const fs = await loadFs();
  try {
    const text = newPkcs11Txt(directory, prefixes);
    await fs.writeFile(`${directory}/pkcs11.txt`, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
}

/** Returns the real path of a directory, so that its names compare equal. */
export async function realDirectory(directory: string): Promise<string> {
  const fs = await loadFs();
  return await fs.realpath(directory).catch(() => directory); // opening it reports the error
}
