// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { fileURLToPath } from "node:url";
import { runOk } from "../../support/process.ts";

let folder: Promise<string> | undefined;

/** A folder that goes when this process ends. */
export function temporaryFolder(): Promise<string> {
  return folder ??= Deno.makeTempDir({ prefix: "nss_bench_" }).then((path) => {
    globalThis.addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
    return path;
  });
}

const bundles = new Map<string, Promise<string>>();

/**
 * Makes one JavaScript file of a program and all that it imports; Node 20 reads no TypeScript.
 *
 * @returns Its path.
 */
export function bundle(program: URL): Promise<string> {
  const known = bundles.get(program.href);
  if (known !== undefined) return known;
  const made = make(program, bundles.size);
  bundles.set(program.href, made);
  return made;
}

async function make(program: URL, id: number): Promise<string> {
  const file = `${await temporaryFolder()}/bundle${id}.mjs`;
  const args = ["bundle", "--quiet", "--output", file, fileURLToPath(program)];
  await runOk(Deno.execPath(), args, { timeout: 60_000 });
  return file;
}
