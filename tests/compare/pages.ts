// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The pages that show the answers: they are written from `results.json`. @module */

import { table, withText } from "../support/generated_page.ts";
import type { Answer, Row } from "./row.ts";
import { SECTIONS } from "./rows/all.ts";

const ROOT = new URL("../../", import.meta.url);
const RESULTS = new URL("results.json", import.meta.url);
const PAGES = ["README.md", "docs/comparison.md"] as const;

/** The command that writes them. */
const WRITER = "`deno task compare`";

/** What one stack has answered, by the rows' names. */
export interface Column {
  /** What was tried, with its version. */
  readonly title: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

/** All answers. */
export interface Results {
  /** When they were given, as `2026-11-30`. */
  readonly date: string;
  readonly columns: readonly Column[];
}

/** Text in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");
}

function short({ verdict, evidence }: Answer): string {
  return verdict === "figure" ? evidence : verdict === "yes" ? "**yes**" : verdict;
}

function rowsOf(rows: readonly Row[], { columns }: Results): string {
  const body = rows.map(({ id, question }) => [
    question,
    ...columns.map(({ answers }) => answers[id] === undefined ? "" : short(answers[id])),
  ]);
  return table(["", ...columns.map(({ title }) => title)], body);
}

function evidenceOf(rows: readonly Row[], { columns }: Results): string {
  return rows.map(({ id, question }) => {
    const seen = columns.flatMap(({ title, answers }) => {
      const answer = answers[id];
      return answer === undefined ? [] : [`  - ${title}: ${short(answer)}${saidOf(answer)}`];
    });
    return [`- ${question}`, ...seen].join("\n");
  }).join("\n");
}

function saidOf({ verdict, evidence }: Answer): string {
  return verdict === "figure" ? "" : `, ${cell(evidence)}`;
}

/** The text between the marks of each page. */
export function textsOf(results: Results): Readonly<Record<typeof PAGES[number], string>> {
  const all = SECTIONS.flatMap(({ rows }) => rows);
  const sections = SECTIONS.map(({ title, rows }) =>
    `### ${title}\n\n${rowsOf(rows, results)}\n\n` +
    `<details>\n<summary>What was seen</summary>\n\n${evidenceOf(rows, results)}\n\n</details>`
  );
  return {
    "README.md": rowsOf(all.filter(({ inReadme }) => inReadme), results),
    "docs/comparison.md": [`Tried on ${results.date}.`, ...sections].join("\n\n"),
  };
}

/** The pages with their tables, by their paths. */
export async function pagesOf(results: Results): Promise<Map<string, string>> {
  const texts = textsOf(results);
  return new Map(
    await Promise.all(PAGES.map(async (path) => {
      const page = await Deno.readTextFile(new URL(path, ROOT));
      return [path, withText(page, WRITER, texts[path])] as const;
    })),
  );
}

/** Reads the answers that were written down. */
export async function readResults(): Promise<Results> {
  return JSON.parse(await Deno.readTextFile(RESULTS));
}

/** Writes down the answers, and the pages. */
export async function writeResults(results: Results): Promise<void> {
  await Deno.writeTextFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  for (const [path, text] of await pagesOf(results)) {
    await Deno.writeTextFile(new URL(path, ROOT), text);
  }
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", ...PAGES, "tests/compare/results.json"],
    cwd: ROOT,
  }).output();
}
