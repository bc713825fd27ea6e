// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * Changes one file in one place at a time and runs the tests that mirror it: what no test notices
 * is printed.
 *
 * ```sh
 * deno task mutate cert/der/der_reader.ts
 * deno task mutate ssl/session/client_cache.ts:80-90 tests/ssl/session_caches_test.ts
 * ```
 *
 * Its tests are those of the same name below `tests/`, or else those of the folder.
 *
 * The change happens in a copy of the project, so that nothing else sees it.
 *
 * @module
 */

import { copyProject } from "./_copy.ts";
import { ROOT, strip } from "./_source.ts";

/**
 * How long the tests of one change may take, in milliseconds: a change may make an endless loop.
 */
const TIMEOUT = 120_000;

/** One change: what stands in a line from a column on, and what is put there. */
export interface Change {
  /** Counted from 0. */
  readonly line: number;
  readonly column: number;
  readonly from: string;
  readonly to: string;
}

/** What is changed into what; a function is given the match. */
const REPLACEMENTS: readonly (readonly [RegExp, (found: string) => string])[] = [
  [/(?<=[^=<>!])(?:===|!==)(?!=)/g, (found) => found === "===" ? "!==" : "==="],
  [/ (?:<=|>=) /g, (found) => found.replace("=", "")],
  [/ [<>] (?!\{)/g, (found) => `${found.trimEnd()}= `],
  [/ (?:&&|\|\|) /g, (found) => found === " && " ? " || " : " && "],
  [/(?<=\bif \()(?!\()/g, () => "!"],
  [/(?<=\bif \()(?=.*\) )/g, () => "false && "],
  [/\b(?:true|false)\b/g, (found) => found === "true" ? "false" : "true"],
  // A number that is no part of a name, a hexadecimal or a fraction
  [/(?<![\w.])\d[\d_]*(?![\w.])/g, (found) => String(Number(found.replaceAll("_", "")) + 1)],
  [/ [+-] (?=[\w(])/g, (found) => found === " + " ? " - " : " + "],
  // A statement that is a call or a throw
  [/^\s+(?:throw|await|this\.)[^{}=]*\)(?:!)?;$/g, () => ";"],
  [/^\s+[\w.]+\([^{}]*\);$/g, () => ";"],
  // An element of a list that stands in a line of its own, or behind another in the same line
  [/^\s+(?:\.\.\.)?[\w.]+(?:\([\w., ]*\))?,$/g, () => ""],
  [/(?<=[\w)]), (?:\.\.\.)?[\w.]+(?=[\]])/g, () => ""],
];

/**
 * Finds what can be changed in a module, a place at a time.
 *
 * @param text The module's text; comments, strings, imports and types stay as they are.
 * @returns The changes, in the order of the text.
 */
export function findChanges(text: string): Change[] {
  const original = text.split("\n");
  const code = strip(text, true).split("\n");
  return code.flatMap((line, at) => {
    if (/^\s*(?:import|export \{|type|interface|export (?:type|interface))\b/.test(line)) return [];
    return REPLACEMENTS.flatMap(([pattern, replace]) =>
      [...line.matchAll(pattern)].map(({ 0: found, index }) => {
        // Strings are blank in the code
        const from = original[at]!.slice(index, index + found.length);
        return { line: at, column: index, from, to: replace(found) };
      })
    );
  });
}

/** Puts a change into a text. */
export function apply(text: string, { line, column, from, to }: Change): string {
  const lines = text.split("\n");
  const old = lines[line]!;
  lines[line] = old.slice(0, column) + to + old.slice(column + from.length);
  return lines.join("\n");
}

/**
 * The tests that mirror a module: those of its name, or of its folder, or of the nearest folder
 * above.
 */
function mirror(path: string): string {
  const named = `tests/${path.replace(/\.ts$/, "_test.ts")}`;
  for (let tests = named; tests.includes("/"); tests = tests.replace(/\/[^/]*$/, "")) {
    try {
      Deno.statSync(new URL(tests, ROOT));
      return tests;
    } catch {
      // look further up
    }
  }
  throw new Error(`Cannot find the tests of ${path}`);
}

async function passes(folder: string, tests: readonly string[]): Promise<boolean | "too late"> {
  const { success, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--parallel", "--fail-fast", ...tests],
    cwd: folder,
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(TIMEOUT),
  }).output();
  return signal !== null ? "too late" : success;
}

if (import.meta.main) {
  const [, path, first, last = first] = /^(.*?)(?::(\d+)(?:-(\d+))?)?$/.exec(Deno.args[0] ?? "")!;
  if (!path) throw new Error("Usage: deno task mutate FILE[:LINE[-LINE]] [TESTS ...]");
  const tests = Deno.args.length > 1 ? Deno.args.slice(1) : [mirror(path)];
  const folder = await copyProject("nss_mutate_");
  try {
    const text = await Deno.readTextFile(`${folder}/${path}`);
    const changes = findChanges(text).filter(({ line }) =>
      first === undefined || line + 1 >= Number(first) && line + 1 <= Number(last)
    );
    console.log(`${changes.length} changes of ${path}, tried by ${tests.join(" ")}`);
    if (await passes(folder, tests) !== true) throw new Error("The tests do not pass as it is");
    let survived = 0;
    for (const change of changes) {
      await Deno.writeTextFile(`${folder}/${path}`, apply(text, change));
      const passed = await passes(folder, tests);
      if (passed === false) continue;
      survived++;
      const place = `${path}:${change.line + 1}:${change.column + 1}`;
      const verdict = passed === true ? "survived" : "never ended";
      console.log(`${verdict} ${place}: ${change.from.trim()} -> ${change.to.trim() || "nothing"}`);
    }
    console.log(`${changes.length - survived} of ${changes.length} changes were noticed`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
