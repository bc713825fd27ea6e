// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * Runs `deno publish --dry-run` on a copy of the package, and looks at the list of its files.
 *
 * The stand-ins of `@std` lie beside the copy: in place they would have to be published, since what
 * `links` names and `publish.exclude` leaves out is an error.
 *
 *     deno run -A tests/support/publish_dry_run.ts
 *
 * @module
 */

import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** What the package consists of; a folder ends in a slash. */
const PACKAGE = [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "cert/",
  "cli/",
  "deno.json",
  "docs/",
  "mod.ts",
  "pkcs11/",
  "ssl/",
] as const;

/** What is never copied. */
const NOT_COPIED: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** The part of deno.json that is read. */
interface Manifest {
  readonly links?: readonly string[];
}

/**
 * Finds what is wrong with the files of a package.
 *
 * @param files Their paths from its root.
 * @returns A sentence for each file that is not the package's own, and for each part that is gone.
 */
export function fileProblems(files: readonly string[]): string[] {
  const within = (file: string, part: string) =>
    part.endsWith("/") ? file.startsWith(part) : file === part;
  return [
    ...files.filter((file) => !PACKAGE.some((part) => within(file, part)))
      .map((file) => `${file} would be published: add it to publish.exclude of deno.json`),
    ...PACKAGE.filter((part) => !files.some((file) => within(file, part)))
      .map((part) => `${part} would not be published`),
  ];
}

/**
 * Reads the list of files out of what `deno publish --dry-run` prints.
 *
 * @param output Its output, without colours.
 * @param root The folder that it ran in, with a slash at its end.
 * @returns Their paths from the root, in order.
 */
export function publishedFiles(output: string, root: URL): string[] {
  return [...output.matchAll(/^ +(file:\/\/.*) \([\d.]+ ?[KM]?B\)$/gm)]
    .map(([, url]) => decodeURIComponent(url!.slice(root.href.length))).sort();
}

/** Copies a folder or a file. */
async function copy(from: URL, to: URL): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    if (NOT_COPIED.has(name)) continue;
    const path = encodeURIComponent(name);
    await copy(new URL(path, folder(from)), new URL(path, folder(to)));
  }
}

/** A folder's URL with a slash at its end. */
function folder(url: URL): URL {
  return url.href.endsWith("/") ? url : new URL(`${url.href}/`);
}

/**
 * Copies a package into a folder, and what it links to beside it.
 *
 * @param root The package's folder.
 * @param to An empty folder, with a slash at its end.
 * @returns The copy's folder.
 */
export async function copyWithLinksBeside(root: URL, to: URL): Promise<URL> {
  const inside = new URL("package/", to);
  await copy(root, inside);
  const path = new URL("deno.json", inside);
  const { links = [], ...manifest }: Manifest = JSON.parse(await Deno.readTextFile(path));
  const moved = links.map((link, i) => ({ from: new URL(`${link}/`, inside), name: `link${i}` }));
  for (const { from, name } of moved) await Deno.rename(from, new URL(name, to));
  const changed = { ...manifest, links: moved.map(({ name }) => `../${name}`) };
  await Deno.writeTextFile(path, JSON.stringify(changed));
  return inside;
}

/** Runs the dry run; types are checked by `deno check`, which the gate runs before. */
async function dryRun(root: URL): Promise<{ ok: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { ok: success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function main(): Promise<number> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "nss publish " }));
  try {
    const root = await copyWithLinksBeside(ROOT, folder(pathToFileURL(directory)));
    const { ok, output } = await dryRun(root);
    if (!ok) {
      console.error(output.replaceAll(fileURLToPath(root), ""));
      return 1;
    }
    const files = publishedFiles(output, root);
    console.log(files.join("\n"));
    const problems = fileProblems(files);
    for (const problem of problems) console.error(problem);
    console.log(`${files.length} files would be published`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
