// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Whoever bears a function's name in a title tests it: in a copy of the project in which one
 * function after the other does nothing, the tests whose titles begin with `name() ` fail, for each
 * function of docs/nss_functions.md that is not marked as a no-op there. A run takes a tenth of
 * them, by chance; with `NSS_SOAK=1` all.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { copyProject } from "./_copy.ts";
import { readSources } from "./_source.ts";
import { filesByTitle, readRows } from "./_nss_functions.ts";

/** What names the function that does nothing, in the environment of a run. */
const VARIABLE = "NSS_TEST_NO_OP";
/** How long the tests of one function may take, in milliseconds. */
const TIMEOUT = 30_000;
/** How many runs are under way at once. */
const WORKERS = navigator.hardwareConcurrency;
const soak = Deno.env.get("NSS_SOAK") === "1";

/**
 * Gives each of these exported functions a first line that returns where the environment says so.
 */
async function instrument(folder: string, names: ReadonlySet<string>): Promise<void> {
  const done: string[] = [];
  // What stands below the sockets has functions of the same names
  const inside = /^ssl\/(?:connection|engine|handshake|record|crypto|messages|extensions|base)\//;
  const modules = (await readSources()).map(({ path }) => path)
    .filter((path) => path.includes("/") && !inside.test(path));
  for (const path of modules) {
    const file = `${folder}/${path}`;
    const lines = (await Deno.readTextFile(file)).split("\n");
    const found = bodiesOf(lines, names);
    for (const { name, line } of found.toReversed()) {
      lines.splice(line, 0, `  if (Deno.env.get("${VARIABLE}") === "${name}") return;`);
    }
    await Deno.writeTextFile(file, lines.join("\n"));
    done.push(...found.map(({ name }) => name));
  }
  assertEquals(done.sort(), [...names].sort(), "each is found, once");
}

/**
 * Where the bodies of exported functions begin: behind the first line that is not indented and ends
 * with a brace.
 */
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

/** A run of tests in the copy. */
interface Run {
  readonly outcome: "passed" | "failed" | "too late";
  /** The titles of the tests that failed. */
  readonly failed: readonly string[];
  /** What was printed. */
  readonly output: string;
}

/**
 * Runs tests in the copy, to the first failure, with a function that does nothing where one is
 * named.
 */
async function runTests(
  folder: string,
  titles: string,
  files: readonly string[],
  noOp?: string,
): Promise<Run> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check",
      "--fail-fast",
      "--reporter=junit",
      `--filter=/${titles}/`,
      ...files,
    ],
    cwd: folder,
    env: { NO_COLOR: "1", ...(noOp !== undefined && { [VARIABLE]: noOp }) },
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(noOp === undefined ? 10 * TIMEOUT : TIMEOUT),
  });
  const { success, signal, stdout, stderr } = await command.output();
  const [report, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const failed = [...report!.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<failure/g)]
    .map(([, title]) => decodeEntities(title!));
  const outcome = signal !== null ? "too late" : success ? "passed" : "failed";
  return { outcome, failed, output: report! + errors! };
}

const ENTITIES: Record<string, string> = { amp: "&", apos: "'", gt: ">", lt: "<", quot: '"' };

function decodeEntities(text: string): string {
  return text.replace(/&(\w+);/g, (entity, name) => ENTITIES[name] ?? entity);
}

Deno.test("docs/nss_functions.md: each function that its table names is missed by its tests where it does nothing", async () => {
  const rows = await readRows();
  const byTitle = await filesByTitle();
  const names = new Set(
    rows.filter(({ isNoOp }) => !isNoOp)
      .flatMap((row) => row.names)
      .filter((name) => !name.includes(".")),
  );
  const folder = await copyProject("nss_no_op_");
  try {
    await instrument(folder, names);
    const filesOf = (name: string) => [...byTitle.get(name) ?? []];

    const unproved: Record<string, string> = {};
    /** The tests that noticed that a function does nothing. */
    const proofs = new Set<string>();
    const queue = soak ? [...names] : sampleOf([...names]);
    await Promise.all(Array.from({ length: WORKERS }, async () => {
      for (let name; (name = queue.shift()) !== undefined;) {
        const run = await runTests(folder, `^${name}\\(\\) `, filesOf(name), name);
        // A test that waits in vain for what a function does says nothing of it
        if (run.outcome !== "failed") unproved[name] = run.outcome;
        else if (run.failed.length === 0) unproved[name] = run.output;
        for (const title of run.failed) proofs.add(title);
      }
    }));
    assertEquals(unproved, {}, "their tests pass, or never end, although they do nothing");

    const titles = [...proofs].map((title) => title.replace(/[^\w\s]/g, "\\$&"));
    const files = new Set([...names].flatMap(filesOf));
    const control = await runTests(folder, `^(${titles.join("|")})$`, [...files]);
    assertEquals(control.outcome, "passed", `as long as functions work: ${control.output}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A tenth of some names, taken by chance. */
function sampleOf(names: readonly string[]): string[] {
  const shuffled = names.map((name) => ({ name, at: Math.random() })).sort((a, b) => a.at - b.at);
  return shuffled.slice(0, Math.ceil(names.length / 10)).map(({ name }) => name);
}

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
