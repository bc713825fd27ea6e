// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Whoever bears a function's name in a title tests it: in a copy of the project in which one function after the other does nothing, the
 * tests whose titles begin with `name() ` fail, for each function of docs/nss_functions.md that is not marked as a no-op there.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { filesByTitle, readRows, ROOT } from "./_nss_functions.ts";

/** What names the function that does nothing, in the environment of a run. */
const VARIABLE = "NSS_TEST_NO_OP";
/** How long the tests of one function may take: those that wait in vain for a function that does nothing are over by then. */
const TIMEOUT = 30_000;
/** How many runs are under way at once. */
const WORKERS = navigator.hardwareConcurrency;
/** What the tests need; examples and data are no part of it. */
const COPIED = ["mod.ts", "deno.json", "cert", "pkcs11", "ssl", "tests", "docs"];

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/** Gives each of these exported functions a first line that returns where the environment says so. */
async function instrument(folder: string, names: ReadonlySet<string>): Promise<void> {
  const done: string[] = [];
  const modules = ["cert", "pkcs11", "ssl"].flatMap((layer) =>
    [...Deno.readDirSync(`${folder}/${layer}`)]
      .filter(({ isFile }) => isFile)
      .map(({ name }) => `${folder}/${layer}/${name}`)
  );
  for (const path of modules) {
    const lines = (await Deno.readTextFile(path)).split("\n");
    const found = bodiesOf(lines, names);
    for (const { name, line } of found.toReversed()) {
      lines.splice(line, 0, `  if (Deno.env.get("${VARIABLE}") === "${name}") return;`);
    }
    await Deno.writeTextFile(path, lines.join("\n"));
    done.push(...found.map(({ name }) => name));
  }
  assertEquals(done.sort(), [...names].sort(), "each is found, once");
}

/** Where the bodies of exported functions begin: behind the first line that is not indented and ends with a brace. */
function bodiesOf(
  lines: readonly string[],
  names: ReadonlySet<string>,
): { readonly name: string; readonly line: number }[] {
  return lines.flatMap((line, at) => {
    const name = /^export (?:async )?function (\w+)[(<]/.exec(line)?.[1];
    if (name === undefined || !names.has(name)) return [];
    const end = lines.findIndex((other, i) => i >= at && /^\S.*[;{]$/.test(other));
    // What ends with a semicolon is an overload, whose body comes later.
    return lines[end]!.endsWith("{") ? [{ name, line: end + 1 }] : [];
  });
}

/** Runs the tests of functions in the copy; says whether they passed. */
async function passes(
  folder: string,
  names: readonly string[],
  files: readonly string[],
  noOp?: string,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check",
      "--parallel",
      "--fail-fast",
      "--filter",
      `/^(${names.join("|")})\\(\\) /`,
      ...files,
    ],
    cwd: folder,
    env: { NO_COLOR: "1", ...(noOp !== undefined && { [VARIABLE]: noOp }) },
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(noOp === undefined ? 10 * TIMEOUT : TIMEOUT),
  });
  const { success, stdout, stderr } = await command.output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { ok: success, output };
}

Deno.test("docs/nss_functions.md: each function that its table names is missed by its tests where it does nothing", async () => {
  const rows = await readRows();
  const byTitle = await filesByTitle();
  const names = new Set(
    rows.filter(({ isNoOp }) => !isNoOp)
      .flatMap((row) => row.names)
      .filter((name) => !name.includes(".")),
  );
  const folder = await Deno.makeTempDir({ prefix: "nss_no_op_" });
  try {
    for (const name of COPIED) await copy(new URL(name, ROOT).pathname, `${folder}/${name}`);
    await instrument(folder, names);
    const filesOf = (name: string) =>
      [...byTitle.get(name) ?? []].map((path) => path.slice(ROOT.pathname.length));
    const all = [...names];
    const baseline = await passes(folder, all, [...new Set(all.flatMap(filesOf))]);
    assert(baseline.ok, `The copy passes as long as all functions work:\n${baseline.output}`);

    const unproved: string[] = [];
    const queue = [...all];
    await Promise.all(Array.from({ length: WORKERS }, async () => {
      for (let name; (name = queue.shift()) !== undefined;) {
        if ((await passes(folder, [name], filesOf(name), name)).ok) unproved.push(name);
      }
    }));
    assertEquals(unproved.sort(), [], "their tests pass although they do nothing");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bodiesOf() finds where functions begin, past their overloads", () => {
  const text = `export function a(x: number): void;
export function a<T>(
  x: T,
  options: { y?: T } = {},
): void {
  return;
}
export async function b(): Promise<void> {
}
export function c() {}`;
  assertEquals(bodiesOf(text.split("\n"), new Set(["a", "b"])), [
    { name: "a", line: 5 },
    { name: "b", line: 8 },
  ]);
});
