// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The pages name rooms and files that are there, in the order that the rules have. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { ROOMS } from "./_rules.ts";
import { ROOT } from "./_source.ts";

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

/** The rooms of each package in the tables under its heading, from the highest to the lowest. */
function roomsOf(page: string): Record<string, string[][]> {
  const sections = page.split(/^(?=##)/m)
    .map((section) => [/^### `(\w+)\/`$/m.exec(section)?.[1], section] as const);
  return Object.fromEntries(
    sections.flatMap(([name, section]) => {
      if (name === undefined) return [];
      const rows = [...section.matchAll(/^\| (`.*?`) +\|/gm)];
      return [[
        name,
        rows.map(([, cell]) => [...cell!.matchAll(/`(\w+)`/g)].map(([, room]) => room!)),
      ]];
    }),
  );
}

/** The files and folders that a page names in backticks, braces expanded. */
function pathsOf(page: string): string[] {
  const named = page.matchAll(/`((?:cert|pkcs11|ssl|tests|docs)\/[\w./{},]*)`/g);
  return [...new Set([...named].flatMap(([, path]) => expand(path!)))];
}

function expand(path: string): string[] {
  const [whole, inner] = /\{([^{}]*)\}/.exec(path) ?? [];
  if (whole === undefined) return [path];
  return inner!.split(",").flatMap((part) => expand(path.replace(whole, part)));
}

async function exists(path: string): Promise<boolean> {
  const names = [path, `${path}.ts`];
  const found = await Promise.all(
    names.map((name) => Deno.stat(new URL(name, ROOT)).then(() => true, () => false)),
  );
  return found.includes(true);
}

Deno.test("docs/architecture.md lists the rooms in the order that the rules have", async () => {
  const sorted = (rooms: Readonly<Record<string, readonly (readonly string[])[]>>) =>
    Object.fromEntries(
      Object.entries(rooms).map(([name, rows]) => [name, rows.map((row) => row.toSorted())]),
    );
  assertEquals(sorted(roomsOf(await read("docs/architecture.md"))), sorted(ROOMS));
});

for (const page of ["docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md", "docs/limits.md"]) {
  Deno.test(`${page} names files that are there`, async () => {
    const paths = pathsOf(await read(page));
    assertGreater(paths.length, 0);
    for (const path of paths) assert(await exists(path), path);
  });
}

Deno.test("roomsOf() and pathsOf() find what a page says", () => {
  assertEquals(
    roomsOf(
      "## x\n### `ssl/`\n| room | is |\n| --- | --- |\n| `a`, `b` | c |\n| `d`  | `e` |\n### y\n",
    ),
    { ssl: [["a", "b"], ["d"]] },
  );
  assertEquals(pathsOf("`ssl/a.ts`, `ssl/{b,c/{d,e}.ts}` and `other/f.ts`"), [
    "ssl/a.ts",
    "ssl/b",
    "ssl/c/d.ts",
    "ssl/c/e.ts",
  ]);
});
