// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The tables of docs/nss_functions.md, and the tests that bear the names of its functions. @module
 */

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** One row of the tables. */
export interface Row {
  /** What it is in NSS. */
  readonly nss: string;
  /** The exports and socket members that the row names. */
  readonly names: readonly string[];
  /** Whether the row says that the function does nothing. */
  readonly isNoOp: boolean;
  /** What the line above the row's table imports from; `null` where there is none. */
  readonly entry: string | null;
}

/**
 * The rows; names are what stands in backquotes before a parenthesis, members with their owner
 * before a dot.
 */
export function rowsOf(text: string): readonly Row[] {
  return text.split(/^## /m).flatMap((section) => {
    const entry = /^`import \{ \.\.\. \} from "([^"]+)"`$/m.exec(section)?.[1] ?? null;
    return section.split("\n").filter((line) => /^\| `/.test(line)).map((line) => {
      const [left, right] = line.split("|").slice(1);
      const names = [...right!.matchAll(/`([\w.]+)\(/g)].map(([, name]) => name!);
      return { nss: left!.trim(), names, isNoOp: /\ba no-op\b/.test(right!), entry };
    });
  });
}

/** The rows of the page. */
export async function readRows(): Promise<readonly Row[]> {
  return rowsOf(await Deno.readTextFile(new URL("docs/nss_functions.md", ROOT)));
}

/** The test files in whose titles a function or member stands first, by its name; from the root. */
export async function filesByTitle(): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for await (const path of testFiles("tests")) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [, name] of text.matchAll(/["'`]((?:\w+\.)?\w+)\(\) /g)) {
      found.set(name!, (found.get(name!) ?? new Set()).add(path));
    }
  }
  return found;
}

async function* testFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* testFiles(path);
    else if (name.endsWith("_test.ts")) yield path;
  }
}
