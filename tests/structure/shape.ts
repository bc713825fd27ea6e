// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The shape of the tree in numbers: `deno task shape [ROOT ...]` prints a table with a column for
 * each checkout.
 *
 * @module
 */

import { roomProblems } from "./_rules.ts";
import { LAYERS, readSources, resolveImport, ROOT, type Source, strip } from "./_source.ts";

/** The folder of a path; `""` for the root of the repository. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The files that a file imports, types and lazy imports included. */
function targetsOf({ path, imports }: Source): string[] {
  return imports.map(({ specifier }) => resolveImport(path, specifier))
    .filter((target) => target !== null);
}

/**
 * The import circles: the largest sets of files of which each imports each other one, by way of
 * others or not (the strongly connected components; Tarjan's algorithm).
 *
 * @returns The circles of more than one file, the largest first, their files in alphabetical order.
 */
export function importCircles(sources: readonly Source[]): string[][] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const order = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const circles: string[][] = [];
  /** The place of the earliest file on the stack that `path` leads to. */
  const visit = (path: string): number => {
    const place = order.size;
    order.set(path, place);
    stack.push(path);
    open.add(path);
    let earliest = place;
    for (const target of targetsOf(byPath.get(path)!)) {
      if (!byPath.has(target)) continue;
      if (!order.has(target)) earliest = Math.min(earliest, visit(target));
      else if (open.has(target)) earliest = Math.min(earliest, order.get(target)!);
    }
    if (earliest === place) {
      const circle = stack.splice(stack.indexOf(path));
      circle.forEach((member) => open.delete(member));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return earliest;
  };
  for (const { path } of sources) if (!order.has(path)) visit(path);
  return circles.sort((a, b) => b.length - a.length);
}

/** The folders that the files of a circle stand in. */
export function foldersOf(circle: readonly string[]): readonly string[] {
  return [...new Set(circle.map(folderOf))];
}

/** The most files that a circle may have. */
export const MAX_CIRCLE_FILES = 5;

/** A circle that is left, and why. */
export interface KnownCircle {
  /** One of its files. */
  readonly member: string;
  /** How many files it has. */
  readonly files: number;
  /** Why its files need each other. */
  readonly reason: string;
}

/**
 * What is wrong with circles: they have too many files, stand in several folders, or are not as
 * listed.
 *
 * @param circles The circles that there are.
 * @param known Those that may stay.
 */
export function circleProblems(
  circles: readonly (readonly string[])[],
  known: readonly KnownCircle[],
): string[] {
  const has = (circle: readonly string[]) => ({ member }: KnownCircle) => circle.includes(member);
  const tooMuch = circles.flatMap((circle) => {
    const name = `the circle of ${circle[0]}`;
    const folders = foldersOf(circle);
    return [
      ...(circle.length > MAX_CIRCLE_FILES ? [`${name} has ${circle.length} files`] : []),
      ...(folders.length > 1 ? [`${name} stands in ${folders.join(", ")}`] : []),
      ...(known.some(has(circle)) ? [] : [`${name} is not listed: ${circle.join(", ")}`]),
    ];
  });
  const stale = known.flatMap(({ member, files }) => {
    const found = circles.find((circle) => circle.includes(member))?.length ?? 0;
    return found === files ? [] : [`the circle of ${member} has ${found} files, not ${files}`];
  });
  return [...tooMuch, ...stale];
}

/** How many files stand at the root of a package, beside its rooms. */
export function filesAtRoot(sources: readonly Source[], layer: string): number {
  return sources.filter(({ path }) => folderOf(path) === layer).length;
}

/**
 * The folders that import upwards: from the root of their package, which stands above them, or from
 * a room that stands no lower in `ROOMS`.
 */
export function foldersUpwards(sources: readonly Source[]): string[] {
  const upwards = sources.filter((source) =>
    roomProblems(source).some((problem) => problem.includes(" -> "))
  );
  return foldersOf(upwards.map(({ path }) => path)).toSorted();
}

/** How many lines a file has. */
export function linesOf({ text }: Source): number {
  return text.split("\n").length - 1;
}

/** The most lines that a file may have. */
export const MAX_FILE_LINES = 500;

/**
 * The files that have too many lines, and those that are listed in vain.
 *
 * @param excessive How many lines the files may have that have too many still.
 */
export function lengthProblems(
  sources: readonly Source[],
  excessive: Readonly<Record<string, number>> = {},
): string[] {
  const tooLong = sources.filter((source) =>
    linesOf(source) > (excessive[source.path] ?? MAX_FILE_LINES)
  );
  const vain = Object.keys(excessive).filter((path) =>
    !sources.some((source) => source.path === path && linesOf(source) > MAX_FILE_LINES)
  );
  return [
    ...tooLong.map((source) => `${source.path} has ${linesOf(source)} lines`),
    ...vain.map((path) => `${path} has no more than ${MAX_FILE_LINES} lines`),
  ];
}

/** A class and how many fields its objects have, private ones included; accessors are none. */
export interface ClassShape {
  /** The name of the class. */
  readonly name: string;
  /** The file that it stands in. */
  readonly path: string;
  /** How many fields its objects have. */
  readonly fields: number;
}

/** The classes of a file, as `deno fmt` lays them out. */
export function classesOf({ path, code }: Source): ClassShape[] {
  const classes = code.matchAll(
    /^(?:export )?(?:abstract )?class (\w+)[^{]*\{\n([^]*?)^\}/gm,
  );
  return [...classes].map(([, name, body]) => {
    const fields = body!.match(/^ {2}(?:(?:protected|override|readonly) )*#?\w+[?!]?(?:: | =|;)/gm);
    return { name: name!, path, fields: fields?.length ?? 0 };
  });
}

/** How many lines are longer than `columns` and hold a comment, or a part of one. */
export function longCommentLines({ text }: Source, columns: number): number {
  const code = strip(text, false).split("\n");
  return text.split("\n")
    .filter((line, index) => line.length > columns && line !== code[index]).length;
}

/**
 * The files whose code, strings included and comments not, holds a word, in small letters or
 * capitals: as `keylog` in `KeyLog`, `#keyLog` and `"keyLog"`.
 */
export function filesNaming(sources: readonly Source[], word: string): string[] {
  const pattern = new RegExp(`(?<![A-Za-z0-9_])${word}(?![A-Za-z0-9_])`, "i");
  return sources.filter(({ text }) => pattern.test(strip(text, false))).map(({ path }) => path);
}

/** A node of what `deno doc --json` prints. */
interface DocNode {
  readonly name: string;
}

/** How many names a module exports, those that it re-exports included. */
async function exportedNames(root: URL, file: string): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", file],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: { readonly nodes: DocNode[] | Record<string, { symbols: DocNode[] }> } = JSON
    .parse(new TextDecoder().decode(stdout));
  const all = Array.isArray(nodes) ? nodes : Object.values(nodes).flatMap(({ symbols }) => symbols);
  return new Set(all.map(({ name }) => name)).size;
}

/** A row: what is counted, and how much of it there is. */
type Row = readonly [what: string, count: number | string];

/** The rows of the checkout at `root`. */
async function shapeOf(root: URL): Promise<Row[]> {
  const sources = await readSources(root);
  const circles = importCircles(sources);
  const largest = sources.toSorted((a, b) => linesOf(b) - linesOf(a))[0]!;
  const classes = sources.flatMap(classesOf)
    .filter(({ path }) => /^ssl\/(?:engine|connection)[/.]/.test(path))
    .toSorted((a, b) => b.fields - a.fields);
  const fieldsOf = (name: string) => classes.find((found) => found.name === name)?.fields ?? "";
  const naming = (word: string) => filesNaming(sources, word).length;
  const manifest: { readonly exports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  return [
    ["source files", sources.length],
    ["lines", sources.reduce((sum, source) => sum + linesOf(source), 0)],
    ...LAYERS.map((layer): Row => [`files at the root of ${layer}/`, filesAtRoot(sources, layer)]),
    ["folders with arrows upwards", foldersUpwards(sources).length],
    ["import circles", circles.length],
    ["largest import circle, files", circles[0]?.length ?? 0],
    ["import circles across folders", circles.filter((c) => foldersOf(c).length > 1).length],
    ["largest file, lines", `${linesOf(largest)} (${largest.path})`],
    [`files of more than ${MAX_FILE_LINES} lines`, lengthProblems(sources).length],
    ["fields of SslEngine", fieldsOf("SslEngine")],
    ["fields of Connection", fieldsOf("Connection")],
    ["most fields of a class of engine, connection", classes[0]?.fields ?? 0],
    ["entry points", Object.keys(manifest.exports).length],
    ["symbols of the root", await exportedNames(root, "mod.ts")],
    ["comment lines over 100 columns", sources.reduce((n, s) => n + longCommentLines(s, 100), 0)],
    // A hook that is there stands for a new one: its type, its setting and setter, its call
    ["files of a hook (helloRetryRequestCallback)", naming("helloRetryRequestCallback")],
    // A value that the application sees and that sessions keep: from the extension to both
    ["files of a negotiated value (alpnProtocol)", naming("alpnProtocol")],
  ];
}

/** Prints the rows of several checkouts side by side. */
async function main(roots: readonly string[]): Promise<void> {
  const urls = roots.map((root) => new URL(`${root}/`, `file://${Deno.cwd()}/`));
  const shapes: Row[][] = [];
  for (const url of urls.length === 0 ? [ROOT] : urls) shapes.push(await shapeOf(url));
  const columns = [
    shapes[0]!.map(([what]) => what),
    ...shapes.map((s) => s.map(([, n]) => `${n}`)),
  ];
  const widths = columns.map((cells) => Math.max(...cells.map(({ length }) => length)));
  for (const index of shapes[0]!.keys()) {
    const cells = columns.map((column, at) => column[index]!.padEnd(widths[at]!));
    // deno-lint-ignore no-console
    console.log(cells.join("  ").trimEnd());
  }
}

if (import.meta.main) await main(Deno.args);
