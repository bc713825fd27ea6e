// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The package as npm installs it: a file of JavaScript for each module. @module */

import { fileURLToPath } from "node:url";
import { runOk } from "./process.ts";

const ROOT = new URL("../../", import.meta.url);

/** The packages that are needed, by their names, and where their sources are. */
const SOURCES = {
  "@nss/nss": ROOT,
  "@std/crypto": new URL("tests/support/std/crypto/", ROOT),
  "@std/encoding": new URL("tests/support/std/encoding/", ROOT),
};

/**
 * Puts this package, and what it depends on, into the `node_modules` of a folder.
 *
 * @param folder The folder.
 * @param types Whether their types come, too.
 */
export async function installAsNpm(folder: string, { types = false } = {}): Promise<void> {
  const tarball = `${folder}/package.tgz`;
  for (const [name, source] of Object.entries(SOURCES)) {
    const target = `${folder}/node_modules/${name}`;
    const own = types ? [] : ["--allow-slow-types"]; // which are left out then
    const args = ["pack", "--quiet", "--allow-dirty", "--no-source-maps", ...own, "-o", tarball];
    await runOk(Deno.execPath(), args, { cwd: fileURLToPath(source), timeout: 120_000 });
    await Deno.mkdir(target, { recursive: true });
    await runOk("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  }
}
