// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The mistakes of docs/mistakes.md. Each file beside this one is a topic: it exports its `TOPIC`
 * and its `MISTAKES`.
 *
 * @module
 */

import { table } from "../support/generated_page.ts";

/** A mistake, and what it says. */
export interface Mistake {
  /** What somebody wrote, as Markdown without `|`. */
  readonly mistake: string;
  /** Makes it: it must throw, or reject. */
  readonly make: () => unknown;
  /** The name of the error: one of NSS's codes, `TypeError`, or the exit code of the program. */
  readonly name: string;
  /** The message, word for word. */
  readonly says: string;
}

/** A file of mistakes. */
interface Topic {
  /** Its heading. */
  readonly TOPIC: string;
  /** Its rows. */
  readonly MISTAKES: readonly Mistake[];
}

/** Reads the topics, in the order of their files' names. */
export async function readTopics(): Promise<Topic[]> {
  const files = (await Array.fromAsync(Deno.readDir(new URL(".", import.meta.url))))
    .map(({ name }) => name)
    .filter((name) => /^[a-z].*(?<!_test)\.ts$/.test(name) && name !== "page.ts");
  return await Promise.all(
    files.sort().map((name): Promise<Topic> => import(new URL(name, import.meta.url).href)),
  );
}

/** The page that they make. */
export function mistakesPage(topics: readonly Topic[]): string {
  return [
    "# Mistakes, and what they say",
    "This page is written by the tests that make each mistake: `deno task mistakes` writes it anew.",
    ...topics.flatMap(({ TOPIC, MISTAKES }) => [
      `## ${TOPIC}`,
      table(
        ["mistake", "error", "what it says"],
        MISTAKES.map(({ mistake, name, says }) => [mistake, `\`${name}\``, cell(says)]),
      ),
    ]),
  ].join("\n\n") + "\n";
}

/** A message as a cell: what Markdown would read as markup is escaped. */
function cell(says: string): string {
  return says.replaceAll(/[\\|*_<>`\[\]]/g, "\\$&").replaceAll("\n", "<br>");
}
