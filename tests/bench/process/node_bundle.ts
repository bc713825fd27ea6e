// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { runOk } from "../../support/process.ts";

let bundling: Promise<string> | undefined;

/**
 * Makes one JavaScript file of a program, as Node 20 reads no TypeScript. The file goes when this
 * process ends.
 */
export function nodeBundle(program: URL): Promise<string> {
  return bundling ??= bundle(program);
}

async function bundle(program: URL): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nss_bench_" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const file = `${folder}/worker.mjs`;
  await runOk(Deno.execPath(), ["bundle", "--quiet", "--output", file, program.pathname]);
  return file;
}
