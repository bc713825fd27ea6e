// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The RC2 of docs/key_files.md, run as it stands there. @module */

import type { DecryptRc2 } from "@nss/nss/pkcs11";

const PAGE = new URL("../../docs/key_files.md", import.meta.url);

/** The recipe of the page, as a module that exports its function. */
async function recipe(): Promise<string> {
  const page = await Deno.readTextFile(PAGE);
  const [code] = /^(?:\/\/ @ts-types[^\n]*\n)?import forge [^]*?^};$/m.exec(page) ?? [];
  if (code === undefined) throw new Error("docs/key_files.md has no recipe for RC2");
  const [name] = /"npm:[^"]*"/.exec(code.replace(/^\/\/.*$/m, "")) ?? [];
  const own = code.replace(/^import .*\n/gm, "").replace("const decryptRc2", "export $&");
  return `import forge from ${name};\n${own}`;
}

/**
 * Loads the recipe. Its package comes from npm, and nothing that is published imports it.
 *
 * @returns The function, or why there is none.
 */
export async function loadRc2(): Promise<
  { readonly decryptRc2: DecryptRc2 } | { readonly reason: string }
> {
  const code = await recipe();
  try {
    return await import(`data:application/typescript,${encodeURIComponent(code)}`);
  } catch (error) {
    return { reason: `its package cannot be loaded: ${error}` };
  }
}
