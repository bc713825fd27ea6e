// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The rules of docs/entry_points.md: how many entry points there are, and why each of them. @module
 */

import type { ModuleGraph } from "./_rules.ts";
import { denoJson, readSources, ROOT } from "./_source.ts";
import { PACKAGES } from "./_surface.ts";

/** The page that lists the entry points. */
export const PAGE = new URL("docs/entry_points.md", ROOT);

/** The most entry points. */
export const MAX_ENTRIES = 30;
/** The most symbols of the root, types included. */
export const MAX_ROOT_SYMBOLS = 150;
/** The most modules that the root loads at once: what each costs is in docs/performance.md. */
export const MAX_ROOT_MODULES = 220;
/** The most source that the root loads at once, in units of 1,000 bytes. */
export const MAX_ROOT_KILOBYTES = 1393;

/** The root and the packages, which need no reason. */
const MAIN_ENTRIES: readonly string[] = [".", ...PACKAGES];

/**
 * What an entry point may need that its package does not: what of a module's code or imports shows
 * it.
 */
const NEEDS: Readonly<Record<string, RegExp>> = {
  "Deno.dlopen": /\bDeno\.dlopen\b/,
  "Deno.openKv": /\bDeno\.openKv\b/,
  "node:http": /^node:http$/m,
  "node:net": /^node:net$/m,
  "node:sqlite": /^node:sqlite$/m,
  "node:util": /^node:util$/m,
};

/** The reason of what no program imports, only its tests. */
const TESTS = "tests";

/** A row of the page. */
export interface Listed {
  /** The entry point, as in `deno.json`. */
  readonly entry: string;
  /** `package`, `half`, `tests`, or what is needed. */
  readonly reason: string;
  /** How many modules it loads. */
  readonly modules: number;
  /** How much source that is, in units of 1,000 bytes. */
  readonly kilobytes: number;
}

/** What was measured of an entry point. */
export interface Measured {
  /** How many modules it loads, types and lazy imports not counted. */
  readonly modules: number;
  /** How much source that is, in units of 1,000 bytes. */
  readonly kilobytes: number;
  /** What the modules need that it loads. */
  readonly needs: ReadonlySet<string>;
  /** What the modules need that it loads, at once or by one lazy import. */
  readonly lazyNeeds: ReadonlySet<string>;
}

/** The rows of the page. */
export function listedOn(page: string): Listed[] {
  const rows = page.matchAll(
    /^\| `(\.[^`]*)` +\| (?:needs )?`?([^|`]+?)`?(?: \([^|]*)? +\| +(\d+) \| +(\d+) \|/gm,
  );
  return [...rows].map(([, entry, reason, modules, kilobytes]) => ({
    entry: entry!,
    reason: reason!,
    modules: Number(modules),
    kilobytes: Number(kilobytes),
  }));
}

/** The page with the numbers that were measured. */
export function withNumbers(page: string, measured: ReadonlyMap<string, Measured>): string {
  return page.replace(
    /^(\| `(\.[^`]*)` .*\|)( +\d+)( \|)( +\d+)( \|)/gm,
    (row, before, entry, modules, bar, kilobytes, end) => {
      const found = measured.get(entry);
      if (found === undefined) return row;
      return before + String(found.modules).padStart(modules.length) + bar +
        String(found.kilobytes).padStart(kilobytes.length) + end;
    },
  );
}

/** The package of an entry point: `./ssl` of `./ssl/kv-session-cache`; the root of `./node`. */
export function packageOf(entry: string): string {
  const name = entry.split("/").slice(0, 2).join("/");
  return PACKAGES.some((one) => one === name) ? name : ".";
}

/** What is wrong with the entry points: too many, not listed, or for no reason. */
export function entryProblems(
  exported: readonly string[],
  listed: readonly Listed[],
  measured: ReadonlyMap<string, Measured>,
): string[] {
  const names = listed.map(({ entry }) => entry);
  return [
    ...exported.length > MAX_ENTRIES ? [`there are ${exported.length} entry points`] : [],
    ...exported.filter((entry) => !names.includes(entry)).map((entry) => `${entry} is not listed`),
    ...names.filter((entry) => !exported.includes(entry)).map((entry) =>
      `${entry} is not exported`
    ),
    ...listed.flatMap((row) => {
      const found = measured.get(row.entry);
      const parent = measured.get(packageOf(row.entry));
      if (found === undefined || parent === undefined) return [];
      return [...reasonProblems(row, found, parent), ...numberProblems(row, found)];
    }),
  ];
}

function reasonProblems({ entry, reason }: Listed, found: Measured, parent: Measured): string[] {
  if (MAIN_ENTRIES.includes(entry)) {
    return reason === "package" ? [] : [`${entry} is listed as "${reason}"`];
  }
  if (reason === "half") {
    if (2 * found.modules <= parent.modules) return [];
    return [`${entry} loads ${found.modules} modules of ${parent.modules}: more than half`];
  }
  if (reason === TESTS) return [];
  if (!Object.hasOwn(NEEDS, reason)) return [`${entry} has no reason: "${reason}" is none`];
  if (!found.lazyNeeds.has(reason)) return [`${entry} does not need ${reason}`];
  return parent.needs.has(reason) ? [`${packageOf(entry)} needs ${reason} as well`] : [];
}

/** The page's numbers may be off by a twentieth, so that not every new file changes it. */
function numberProblems(row: Listed, found: Measured): string[] {
  return (["modules", "kilobytes"] as const)
    .filter((what) => 20 * Math.abs(row[what] - found[what]) > found[what])
    .map((what) => `${row.entry} is listed with ${row[what]} ${what} and loads ${found[what]}`);
}

/** What is wrong with the root: it loads more than is needed at once. */
export function budgetProblems({ modules, kilobytes }: Measured): string[] {
  return [
    ...modules > MAX_ROOT_MODULES ? [`the root loads ${modules} modules`] : [],
    ...kilobytes > MAX_ROOT_KILOBYTES ? [`the root loads ${kilobytes} kilobytes`] : [],
  ];
}

/**
 * What is wrong with the names: too many in the root; one that stands in two packages; one that is
 * in no package, and so reachable only where nobody looks. An entry point that needs something may
 * have names of its own.
 */
export function nameProblems(
  symbols: ReadonlyMap<string, readonly string[]>,
  listed: readonly Listed[],
): string[] {
  const homesOf = (name: string) => PACKAGES.filter((entry) => symbols.get(entry)?.includes(name));
  const root = symbols.get(".") ?? [];
  const needing = listed.filter(({ reason }) => reason === TESTS || reason in NEEDS).map((
    { entry },
  ) => entry);
  return [
    ...root.length > MAX_ROOT_SYMBOLS ? [`the root has ${root.length} symbols`] : [],
    ...new Set(PACKAGES.flatMap((entry) => symbols.get(entry) ?? [])).values()
      .filter((name) => homesOf(name).length > 1)
      .map((name) => `${name} is in ${homesOf(name).join(" and ")}`),
    ...[...symbols].filter(([entry]) => !needing.includes(entry)).flatMap(([entry, names]) =>
      names.filter((name) => homesOf(name).length === 0)
        .map((name) => `${name} of ${entry} is in no package`)
    ),
  ];
}

/** Asks Deno for the modules that an entry point leads to. */
export function readGraph(path: string): Promise<ModuleGraph> {
  return denoJson("info", "--json", new URL(path, ROOT).href);
}

/** Measures each entry point, by its name. */
export async function measureEntries(
  exports: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, Measured>> {
  const needsOf = new Map((await readSources()).map(({ path, code, imports }) => {
    const text = [code, ...imports.map(({ specifier }) => specifier)].join("\n");
    const needs = Object.keys(NEEDS).filter((need) => NEEDS[need]!.test(text));
    return [new URL(path, ROOT).href, needs] as const;
  }));
  const union = (modules: Iterable<string>) =>
    new Set([...modules].flatMap((one) => needsOf.get(one) ?? []));
  return new Map(
    await Promise.all(
      Object.entries(exports).map(async ([entry, path]) => {
        const graph = await readGraph(path);
        const { loaded, lazy } = reach(graph, [new URL(path, ROOT).href]);
        const later = reach(graph, [...loaded, ...lazy]).loaded;
        const sizes = new Map(graph.modules.map(({ specifier, size = 0 }) => [specifier, size]));
        const bytes = [...loaded].reduce((sum, one) => sum + (sizes.get(one) ?? 0), 0);
        const measured = {
          modules: loaded.size,
          kilobytes: Math.round(bytes / 1000),
          needs: union(loaded),
          lazyNeeds: union(later),
        };
        return [entry, measured] as const;
      }),
    ),
  );
}

/** What is loaded with some modules, and what these may import lazily. */
export function reach(
  graph: ModuleGraph,
  roots: readonly string[],
): { readonly loaded: ReadonlySet<string>; readonly lazy: ReadonlySet<string> } {
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const loaded = new Set(roots);
  const lazy = new Set<string>();
  for (const from of loaded) { // a Set goes on to what is added meanwhile
    for (const { code, isDynamic } of modules.get(from)?.dependencies ?? []) {
      if (code?.specifier !== undefined) (isDynamic ? lazy : loaded).add(code.specifier);
    }
  }
  return { loaded, lazy };
}
