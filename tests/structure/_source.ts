// Copyright 2026 the NSS for Deno authors. MIT license.

/** The project's own files as the structure tests see them. @module */

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** The folders that are published; `mod.ts` stands beside them, below `cli`. */
export const LAYERS = ["cert", "pkcs11", "ssl", "cli"] as const;

/** One import or re-export. */
export interface Import {
  /** What stands in quotes. */
  readonly specifier: string;
  /** Whether it vanishes when compiled. */
  readonly typeOnly: boolean;
  /** Whether it is a call of `import()`. */
  readonly dynamic: boolean;
}

/** One file. */
export interface Source {
  /** The path from the root, with forward slashes. */
  readonly path: string;
  /** The text as it is. */
  readonly text: string;
  /** The comments before anything else. */
  readonly header: string;
  /** The text without comments and without what stands in strings. */
  readonly code: string;
  /** What it imports. */
  readonly imports: readonly Import[];
}

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEXP =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|new|delete|void|throw|await|yield)$/;

/**
 * Blanks comments, and where `strings` is set the inside of strings, templates and regular
 * expressions. Lengths and line ends stay.
 */
export function strip(text: string, strings: boolean): string {
  let out = "";
  let at = 0;
  /** For each open `${`, how many braces are open in it. */
  const templates: number[] = [];
  const blank = (piece: string): string => piece.replace(/[^\n]/g, " ");
  const take = (end: number, hide: boolean): void => {
    const piece = text.slice(at, end);
    out += hide ? blank(piece) : piece;
    at = end;
  };
  /** From inside a template to its end or its next `${`. */
  const template = (): void => {
    let end = at;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end)) {
      end += text[end] === "\\" ? 2 : 1;
    }
    take(end, strings);
    if (text[end] === "`") take(end + 1, false);
    else if (end < text.length) {
      take(end + 2, false);
      templates.push(0);
    }
  };
  while (at < text.length) {
    const char = text[at]!;
    const two = text.slice(at, at + 2);
    if (two === "//") {
      const end = text.indexOf("\n", at);
      take(end < 0 ? text.length : end, true);
    } else if (two === "/*") {
      const end = text.indexOf("*/", at + 2);
      take(end < 0 ? text.length : end + 2, true);
    } else if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== char) end += text[end] === "\\" ? 2 : 1;
      take(at + 1, false);
      take(end, strings);
      take(end + 1, false);
    } else if (char === "`") {
      take(at + 1, false);
      template();
    } else if (templates.length > 0 && char === "}" && templates.at(-1) === 0) {
      templates.pop();
      take(at + 1, false);
      template();
    } else if (char === "/" && beginsRegExp(out)) {
      let end = at + 1;
      let inClass = false;
      while (end < text.length && (inClass || text[end] !== "/")) {
        if (text[end] === "[") inClass = true;
        else if (text[end] === "]") inClass = false;
        end += text[end] === "\\" ? 2 : 1;
      }
      take(at + 1, false);
      take(end, strings);
      take(end + 1, false);
    } else {
      if (templates.length > 0 && char === "{") templates[templates.length - 1]! += 1;
      if (templates.length > 0 && char === "}") templates[templates.length - 1]! -= 1;
      take(at + 1, false);
    }
  }
  return out;
}

function beginsRegExp(before: string): boolean {
  const code = before.trimEnd();
  const last = code.at(-1);
  return last === undefined || "(,=:[!&|?{};+-*%~^<>".includes(last) || BEFORE_REGEXP.test(code);
}

/** Reads a file's text. */
export function parseSource(path: string, text: string): Source {
  const header = /^(?:\s*(?:\/\/[^\n]*|\/\*[^]*?\*\/))*/.exec(text)![0];
  return {
    path,
    text,
    header,
    code: strip(text, true),
    imports: findImports(strip(text, false)),
  };
}

function findImports(text: string): Import[] {
  const imports: Import[] = [];
  const statement =
    /(?:^|[;}\n])\s*(?:import|export)\b(?!\s*[(.])\s*(?:([^"';]*?)\bfrom\b\s*)?["']([^"']+)["']/g;
  for (const [, clause = "", specifier] of text.matchAll(statement)) {
    imports.push({ specifier: specifier!, typeOnly: isTypeOnly(clause.trim()), dynamic: false });
  }
  for (const [, specifier] of text.matchAll(/\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g)) {
    imports.push({ specifier: specifier!, typeOnly: false, dynamic: true });
  }
  return imports;
}

function isTypeOnly(clause: string): boolean {
  if (/^type\b/.test(clause)) return true;
  const names = /^\{([^}]*)\}$/.exec(clause)?.[1]?.split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  return names !== undefined && names.length > 0 && names.every((name) => /^type\s/.test(name));
}

/** Where a relative import leads, from the root; `null` for a package. */
export function resolveImport(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  const base = new URL(from, "file:///root/");
  const url = new URL(specifier, base).pathname;
  return url.startsWith("/root/") ? url.slice("/root/".length) : `..${url}`;
}

/** Reads every published file of the checkout at `root`. */
export async function readSources(root: URL = ROOT): Promise<Source[]> {
  const trees = await Promise.all(LAYERS.map((layer) => listTree(layer, root)));
  const paths = [...await listFiles(".", root), ...trees.flat()]
    .filter((path) => path.endsWith(".ts"));
  return await Promise.all(
    paths.sort().map(async (path) =>
      parseSource(path, await Deno.readTextFile(new URL(path, root)))
    ),
  );
}

/** The files in a folder. */
export async function listFiles(folder: string, root: URL = ROOT): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    if (entry.isFile) files.push(folder === "." ? entry.name : `${folder}/${entry.name}`);
  }
  return files;
}

/** Every file below a folder. */
export async function listTree(folder: string, root: URL = ROOT): Promise<string[]> {
  const files = await listFiles(folder, root);
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    if (entry.isDirectory) files.push(...await listTree(`${folder}/${entry.name}`, root));
  }
  return files;
}

/** What Deno prints, as JSON, of a command such as `info` or `doc`. */
export async function denoJson<T>(...args: readonly string[]): Promise<T> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
