// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

/**
 * Runs the long tests: all files that do more where `NSS_SOAK=1`, and where a folder's support
 * does, its files. Arguments go to `deno test`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const VARIABLE = "NSS_SOAK";
const TESTS = new URL("../", import.meta.url);

/** The test files and folders that know of the soak. */
export async function soakTargets(folder: URL = TESTS): Promise<string[]> {
  const targets: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(name, folder);
    if (isDirectory) targets.push(...await soakTargets(new URL(`${name}/`, folder)));
    else if (name.endsWith(".ts") && name !== "run.ts") {
      if (!(await Deno.readTextFile(url)).includes(VARIABLE)) continue;
      targets.push(fileURLToPath(name.endsWith("_test.ts") ? url : folder));
    }
  }
  return [...new Set(targets)].sort();
}

if (import.meta.main) {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...Deno.args, ...await soakTargets()],
    env: { [VARIABLE]: "1" },
  }).spawn().status;
  Deno.exit(code);
}
