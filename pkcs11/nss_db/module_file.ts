// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ModuleSpec, newPkcs11Txt, parsePkcs11Txt } from "./pkcs11_txt.ts";
import { loadFs } from "./runtime_modules.ts";

/** Reads the modules of `pkcs11.txt` in a directory; none if it is missing. */
export async function readModules(directory: string): Promise<ModuleSpec[]> {
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
