// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A copy of the project in which modules can be changed. @module */

import { ROOT } from "./_source.ts";

/** What the tests need; examples are no part of it. */
const COPIED = ["mod.ts", "deno.json", "cert", "pkcs11", "ssl", "cli", "tests", "docs"];

/**
 * Copies the project, without what only examples and the long tests need.
 *
 * @param prefix How the folder's name begins.
 * @returns The folder, for the caller to remove.
 */
export async function copyProject(prefix: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix });
  for (const name of COPIED) await copy(name, folder);
  return folder;
}

async function copy(name: string, to: string): Promise<void> {
  const from = new URL(name, ROOT);
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, `${to}/${name}`);
  await Deno.mkdir(`${to}/${name}`);
  for await (const entry of Deno.readDir(from)) await copy(`${name}/${entry.name}`, to);
}
