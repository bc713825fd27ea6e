// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  budgetProblems,
  entryProblems,
  type Listed,
  listedOn,
  MAX_ENTRIES,
  MAX_ROOT_KILOBYTES,
  MAX_ROOT_MODULES,
  MAX_ROOT_SYMBOLS,
  type Measured,
  measureEntries,
  nameProblems,
  PAGE,
  reach,
  withNumbers,
} from "./_entries.ts";
import type { Manifest } from "./_rules.ts";
import { ROOT } from "./_source.ts";
import { fileOf, FOLDER, linesOf, readSymbols, surfaceOf, type Symbol } from "./_surface.ts";

const { exports }: Manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const SYMBOLS = await readSymbols(exports);
const LISTED = listedOn(await Deno.readTextFile(PAGE));

Deno.test("docs/entry_points.md lists the entry points, each with a reason that holds", async () => {
  const measured = await measureEntries(exports);
  assertEquals(entryProblems(Object.keys(exports), LISTED, measured), []);
  assertEquals(budgetProblems(measured.get(".")!), []);
});

Deno.test("entry points: the root is small, and each name is in one package", () => {
  const names = new Map([...SYMBOLS].map(([entry, list]) => [entry, list.map(({ name }) => name)]));
  assertEquals(nameProblems(names, LISTED), []);
});

Deno.test("public names and signatures are those of tests/structure/surface/", async () => {
  const surface = surfaceOf(SYMBOLS);
  const changes: string[] = [];
  for (const [entry, lines] of surface) {
    const file = new URL(fileOf(entry), FOLDER);
    const kept = (await Deno.readTextFile(file).catch(() => "")).split("\n").filter(Boolean);
    changes.push(
      ...kept.filter((line) => !lines.includes(line)).map((line) => `${entry} - ${line}`),
      ...lines.filter((line) => !kept.includes(line)).map((line) => `${entry} + ${line}`),
    );
  }
  assertEquals(changes, [], "where it is meant to be so, run `deno task surface`");
  const files = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name).sort();
  assertEquals(files, [...surface.keys()].map(fileOf).sort(), "run `deno task surface`");
});

// The rules themselves: each finds what it is there to find.

function measured(modules: number, needs: string[] = [], lazyNeeds = needs): Measured {
  return { modules, kilobytes: modules, needs: new Set(needs), lazyNeeds: new Set(lazyNeeds) };
}

function problems(
  { modules, ...row }: Pick<Listed, "reason" | "modules">,
  entry: Measured,
  parent: Measured,
): string[] {
  const listed = [{ entry: "./ssl/b", ...row, modules, kilobytes: entry.kilobytes }];
  const found = new Map([["./ssl", parent], ["./ssl/b", entry]]);
  return entryProblems(["./ssl/b"], listed, found);
}

Deno.test("entryProblems() wants half the package's modules at the most", () => {
  const half = (modules: number, parent: number) =>
    problems({ reason: "half", modules }, measured(modules), measured(parent));
  assertEquals(half(50, 100), []);
  assertEquals(half(51, 100), ["./ssl/b loads 51 modules of 100: more than half"]);
  assertEquals(half(50, 99), ["./ssl/b loads 50 modules of 99: more than half"]);
});

Deno.test("entryProblems() wants a need that the package has not, at once or by a lazy import", () => {
  const need = (entry: Measured, parent: Measured, reason = "Deno.openKv") =>
    problems({ reason, modules: entry.modules }, entry, parent);
  const kv = ["Deno.openKv"];
  assertEquals(need(measured(90, kv), measured(100)), []);
  assertEquals(need(measured(90, [], kv), measured(100, [], kv)), []);
  assertEquals(need(measured(90, kv), measured(100, kv)), ["./ssl needs Deno.openKv as well"]);
  assertEquals(need(measured(90), measured(100)), ["./ssl/b does not need Deno.openKv"]);
  assertEquals(need(measured(1), measured(100), "it is nice to have"), [
    './ssl/b has no reason: "it is nice to have" is none',
  ]);
});

Deno.test("entryProblems() lets the page's numbers be off by a twentieth", () => {
  const found = new Map([["./ssl", measured(40)]]);
  const listed = (modules: number, kilobytes: number) =>
    entryProblems(["./ssl"], [{ entry: "./ssl", reason: "package", modules, kilobytes }], found);
  for (const number of [38, 40, 42]) assertEquals(listed(number, number), []);
  for (const number of [37, 43]) {
    assertEquals(listed(number, 40), [`./ssl is listed with ${number} modules and loads 40`]);
    assertEquals(listed(40, number), [`./ssl is listed with ${number} kilobytes and loads 40`]);
  }
});

Deno.test("budgetProblems() lets the root load MAX_ROOT_MODULES of MAX_ROOT_KILOBYTES, and no more", () => {
  const most = { ...measured(MAX_ROOT_MODULES), kilobytes: MAX_ROOT_KILOBYTES };
  assertEquals(budgetProblems(most), []);
  assertEquals(
    budgetProblems({ ...most, modules: MAX_ROOT_MODULES + 1, kilobytes: MAX_ROOT_KILOBYTES + 1 }),
    [
      `the root loads ${MAX_ROOT_MODULES + 1} modules`,
      `the root loads ${MAX_ROOT_KILOBYTES + 1} kilobytes`,
    ],
  );
});

Deno.test("entryProblems() wants each entry point on the page, and no other", () => {
  const row = { entry: "./ssl", reason: "package", modules: 1, kilobytes: 1 };
  const found = new Map([["./ssl", measured(1)]]);
  assertEquals(entryProblems(["./ssl"], [row], found), []);
  assertEquals(entryProblems(["./ssl"], [], found), ["./ssl is not listed"]);
  assertEquals(entryProblems([], [row], found), ["./ssl is not exported"]);
  assertEquals(entryProblems(["./ssl"], [{ ...row, reason: "half" }], found), [
    './ssl is listed as "half"',
  ]);
});

Deno.test("entryProblems() allows MAX_ENTRIES entry points, and no more", () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => (
      { entry: `./${i}`, reason: "half", modules: 1, kilobytes: 1 }
    ));
  const all = (count: number) =>
    entryProblems(rows(count).map(({ entry }) => entry), rows(count), new Map());
  assertEquals(all(MAX_ENTRIES), []);
  assertEquals(all(MAX_ENTRIES + 1), [`there are ${MAX_ENTRIES + 1} entry points`]);
});

Deno.test("nameProblems() allows MAX_ROOT_SYMBOLS in the root, and no more", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `name${i}`);
  const all = (count: number) =>
    nameProblems(new Map([[".", names(count)], ["./ssl", names(count)]]), []);
  assertEquals(all(MAX_ROOT_SYMBOLS), []);
  assertEquals(all(MAX_ROOT_SYMBOLS + 1), [`the root has ${MAX_ROOT_SYMBOLS + 1} symbols`]);
});

Deno.test("nameProblems() finds a name in two packages, and one in none", () => {
  const names = new Map([
    [".", ["a", "x"]],
    ["./cert", ["a", "b"]],
    ["./pkcs11", ["b"]],
    ["./ssl", ["c"]],
    ["./cert/der", ["a", "y"]],
    ["./ssl/kv", ["z"]],
  ]);
  const kv = { entry: "./ssl/kv", reason: "Deno.openKv", modules: 1, kilobytes: 1 };
  assertEquals(nameProblems(names, [kv]), [
    "b is in ./cert and ./pkcs11",
    "x of . is in no package",
    "y of ./cert/der is in no package",
  ]);
});

Deno.test("listedOn() and withNumbers() read and write the rows of the page", () => {
  const page = "| `./ssl`    | package                   | 100 | 1000 | all |\n" +
    "| `./ssl/a`  | half                      |   9 |   80 | A |\n" +
    "| `./ssl/kv` | needs `Deno.openKv` (`x`) |  12 |   90 | K |\n";
  assertEquals(listedOn(page), [
    { entry: "./ssl", reason: "package", modules: 100, kilobytes: 1000 },
    { entry: "./ssl/a", reason: "half", modules: 9, kilobytes: 80 },
    { entry: "./ssl/kv", reason: "Deno.openKv", modules: 12, kilobytes: 90 },
  ]);
  const counted = withNumbers(page, new Map([["./ssl/a", measured(7)], ["./ssl", measured(5)]]));
  assertEquals(
    counted.split("\n").map(({ length }) => length),
    page.split("\n").map(({ length }) => length),
  );
  assertEquals(listedOn(counted).map(({ modules, kilobytes }) => [modules, kilobytes]), [
    [5, 5],
    [7, 7],
    [12, 90],
  ]);
});

Deno.test("reach() tells what is loaded, and what lazily", () => {
  const edge = (specifier: string, isDynamic = false) => ({
    specifier,
    code: { specifier },
    isDynamic,
  });
  const graph = {
    modules: [
      { specifier: "a", dependencies: [edge("b"), { specifier: "types" }] },
      { specifier: "b", dependencies: [edge("a"), edge("lazy", true)] },
      { specifier: "lazy", dependencies: [edge("c")] },
    ],
  };
  const { loaded, lazy } = reach(graph, ["a"]);
  assertEquals([[...loaded], [...lazy]], [["a", "b"], ["lazy"]]);
});

Deno.test("linesOf() writes down functions, members and types, and refuses what it does not know", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/a.ts`;
    await Deno.writeTextFile(
      file,
      `export function f<T extends string = "a">(a: T, b?: readonly T[], ...c: (1 | true)[]): Promise<T> { throw [a, b, c]; }
       export const K: { readonly a: typeof f; b?: () => void } = { a: f };
       export type U = \`a\${number}\` | (typeof K)["a"];
       export interface I<T> extends Iterable<T> { readonly x: T; y?(z: number): this; [key: string]: unknown; }
       export class C extends Array<string> implements Disposable {
         static s = 1; protected p: string | null = null; private q = 2; #r = 3;
         constructor(options: { a?: number } = {}) { super(); void options; void this.q; void this.#r; }
         get g(): [string, number] { return ["", 1]; }
         [Symbol.dispose](): void {}
       }
       export enum E { A }`,
    );
    const symbols = (await readSymbols({ ".": file })).get(".")!;
    const known = symbols.filter(({ name }) => name !== "E");
    assertEquals(
      known.flatMap(linesOf).sort(),
      [
        "class C: Array<string>, Disposable",
        "C[Symbol.dispose](): void",
        "C.constructor(options?: { a?: number })",
        "C.get g(): [string, number]",
        "C.protected p: string | null",
        "C.static s: number",
        "interface I<T>: Iterable<T>",
        "I.readonly x: T",
        "I.y?(z: number): this",
        "I[key: string]: unknown",
        "K: { readonly a: typeof f; b?: () => void }",
        'U = `a${number}` | (typeof K)["a"]',
        'f<T extends string = "a">(a: T, b?: readonly T[], ...c: (1 | true)[]): Promise<T>',
      ].sort(),
    );
    assertThrows(() => symbols.filter(({ name }) => name === "E").flatMap(linesOf), TypeError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("surfaceOf() names the package of what is there as well", () => {
  const symbol = (name: string): Symbol => ({
    name,
    declarations: [{ kind: "typeAlias", def: { tsType: { kind: "keyword", value: "string" } } }],
  });
  const surface = surfaceOf(new Map([["./ssl", [symbol("A")]], [".", [symbol("A"), symbol("B")]]]));
  assertEquals(surface.get("./ssl"), ["A = string"]);
  assertEquals(surface.get("."), ["A: as in ./ssl", "B = string"]);
  assert(fileOf(".") === "root.txt" && fileOf("./cert/der-writer") === "cert_der_writer.txt");
});
