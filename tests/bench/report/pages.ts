// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The pages that show the results of a run: they are written from `results.json`. @module */

import { fileURLToPath } from "node:url";
import { withText } from "../../support/generated_page.ts";
import { DENO, NODE, RECLAIM, SUBTLS } from "../measures/contenders.ts";
import { chart } from "./chart.ts";
import { QUESTIONS } from "./questions.ts";
import type { Results } from "./results.ts";
import { limitsTable, othersTable } from "./tables.ts";

const ROOT = new URL("../../../", import.meta.url);
const RESULTS = new URL("../results.json", import.meta.url);

/** The command that writes them. */
const WRITER = "`deno task bench --write`";

function conditions({ machine, rounds }: Results): string {
  const { cpu, cores, deno, node, date } = machine;
  const runtimes = `Deno ${deno}${node === null ? "" : `, Node ${node}`}`;
  return `Medians of ${rounds} interleaved rounds on ${cores} cores (${cpu}), ${runtimes}, ${date}.`;
}

/** A generated part of a page: its file, its writer's mark, its text. */
type Part = readonly [file: string, writer: string, text: string];

function parts(results: Results): Part[] {
  const questions = QUESTIONS.filter(({ inReadme }) => inReadme);
  const others = [DENO, NODE, SUBTLS, RECLAIM];
  const limits = results.limits.map(({ script, output }) =>
    `[${script}](../tests/bench/limits/${script}):\n\n\`\`\`text\n${output.trimEnd()}\n\`\`\``
  );
  return [
    [
      "README.md",
      WRITER,
      `${othersTable(results, { questions, others })}\n\n${conditions(results)}`,
    ],
    [
      "docs/performance.md",
      `${WRITER}: others`,
      `${othersTable(results)}\n\n${conditions(results)}`,
    ],
    ["docs/performance.md", `${WRITER}: limits`, limitsTable(results)],
    ["docs/performance.md", `${WRITER}: proofs`, limits.join("\n\n")],
  ];
}

/** All that is written from results: the path from the root, and the text. */
export async function generatedFiles(results: Results): Promise<Map<string, string>> {
  const files = new Map([["docs/performance.svg", chart(results)]]);
  for (const [file, writer, text] of parts(results)) {
    const page = files.get(file) ?? await Deno.readTextFile(new URL(file, ROOT));
    files.set(file, withText(page, writer, text));
  }
  return files;
}

/** Reads the results of the last run that was written down. */
export async function readResults(): Promise<Results> {
  return JSON.parse(await Deno.readTextFile(RESULTS));
}

/** Writes down a run, and the pages from it. */
export async function writeResults(results: Results): Promise<void> {
  await Deno.writeTextFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  await writePages(results);
}

/** Writes the pages. */
export async function writePages(results: Results): Promise<void> {
  const files = await generatedFiles(results);
  for (const [file, text] of files) await Deno.writeTextFile(new URL(file, ROOT), text);
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", ...files.keys(), fileURLToPath(RESULTS)],
    cwd: ROOT,
  }).output();
}
