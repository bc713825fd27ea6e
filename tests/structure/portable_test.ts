// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The core uses nothing that only some runtimes have: TypeScript finds each name and method that is
 * neither in ECMAScript 2023 nor in a browser. `deno task runtimes` shows that the rest works.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { run } from "../support/process.ts";
import { readSources, ROOT } from "./_source.ts";

/** What Node 20, Bun, `workerd` and Chromium have; disposing is in none of them by syntax. */
const LIB = ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"];

interface Manifest {
  readonly exports: Readonly<Record<string, string>> | string;
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly name: string;
}

async function readManifest(path: string): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
}

/** The addresses of the stand-ins, which the root's `links` give no other configuration. */
async function standIns(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of ["crypto", "encoding", "streams"]) {
    const base = new URL(`tests/support/std/${folder}/`, ROOT);
    const { name, exports } = await readManifest(`tests/support/std/${folder}/deno.json`);
    const entries = typeof exports === "string" ? { ".": exports } : exports;
    for (const [entry, path] of Object.entries(entries)) {
      found[`${name}${entry.slice(1)}`] = new URL(path, base).href;
    }
  }
  return found;
}

/** What some files use that is not everywhere, as `toHex (cert/der/a.ts)`. */
async function missing(files: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const { compilerOptions } = await readManifest("deno.json");
  const config = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        imports: await standIns(),
        lock: false,
        compilerOptions: { ...compilerOptions, lib: LIB, types: [] },
      }),
    );
    const { stdout, stderr } = await run(Deno.execPath(), {
      args: ["check", "--config", config, ...files],
      env: { NO_COLOR: "1" },
      timeout: 120_000,
    });
    const errors = `${stdout}${stderr}`.matchAll(
      /^TS\d+ \[ERROR\]: ([^\n]*)\n(?:(?!TS\d)[^\n]*\n)*?\s+at (file:\S+?):\d+:\d+$/gm,
    );
    return [...errors].map(([, message = "", file = ""]) => [
      message.match(/'(\w+)'/)?.[1] ?? message,
      file,
    ]);
  } finally {
    await Deno.remove(config);
  }
}

Deno.test("portable: files that do not say so use nothing that only some runtimes have", async () => {
  const { exports } = await readManifest("deno.json");
  const paths = Object.values(exports).map((path) => fileURLToPath(new URL(path, ROOT)));
  const special = new Set(
    (await readSources()).filter(({ header }) => /This module uses (?:Deno|node:)/.test(header))
      .map(({ path }) => new URL(path, ROOT).href),
  );
  const found = await missing(paths);
  // That it is found at all shows in the files that say so.
  assertEquals(found.some(([name, file]) => name === "Deno" && special.has(file)), true);
  assertEquals(found.filter(([, file]) => !special.has(file)), []);
});

Deno.test("portable: each method that only newer runtimes have is found", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const uses = {
      toHex: "new Uint8Array().toHex()",
      fromBase64: 'Uint8Array.fromBase64("")',
      withResolvers: "Promise.withResolvers()",
      try: "Promise.try(() => {})",
      fromAsync: "Array.fromAsync([])",
      groupBy: "Map.groupBy([], () => 1)",
      isSubsetOf: "new Set().isSubsetOf(new Set())",
      transfer: "new ArrayBuffer(1).transfer()",
      map: "new Set().values().map(() => 1)",
      captureStackTrace: "Error.captureStackTrace({})",
      process: "process.pid",
      Buffer: "Buffer.alloc(1)",
      Deno: "Deno.inspect(1)",
    };
    await Deno.writeTextFile(file, `${Object.values(uses).join(";\n")};\n`);
    assertEquals((await missing([file])).map(([name]) => name).sort(), Object.keys(uses).sort());
  } finally {
    await Deno.remove(file);
  }
});
