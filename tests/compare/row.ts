// Copyright 2026 the NSS for Deno authors. MIT license.

/** A row of the comparison: a question, and how it is answered by trying. @module */

import type { Pki } from "./pki.ts";
import { NotOffered, type Stack } from "./stack.ts";

/** What a probe has found. A figure stands for itself. */
export interface Answer {
  readonly verdict: "yes" | "no" | "partly" | "figure";
  /** What was seen. */
  readonly evidence: string;
}

/** A question. */
export interface Row {
  /** Its name, for `--only`. */
  readonly id: string;
  readonly question: string;
  /** Whether the short table of README.md has it. */
  readonly inReadme?: boolean;
  /** What this package's answer needs that a machine may lack. */
  readonly needs?: string;
  /** Tries it. What it throws means "no". */
  probe(stack: Stack, pki: Pki): Promise<Answer>;
}

/** Rows under a heading. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Answers "yes". */
export function yes(evidence: string): Answer {
  return { verdict: "yes", evidence };
}

/** Answers "no". */
export function no(evidence: string): Answer {
  return { verdict: "no", evidence };
}

/** Answers "partly". */
export function partly(evidence: string): Answer {
  return { verdict: "partly", evidence };
}

/** Says in short what an error says, the same in each run. */
export function saying(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const changing = /\(os error \d+\)|127\.0\.0\.1:\d+|\d{4}-\d\d-\d\dT[\d:.]+Z|\d+(?= \(UNIX\))/g;
  const line = text.split("\n")[0]!.replaceAll(changing, "");
  return line.length > 90 ? `${line.slice(0, 90).trimEnd()}…` : line;
}

/** Expects a refusal; what is accepted is a "no", and why it was refused a "yes". */
export async function refused(attempt: () => Promise<unknown>): Promise<Answer> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof NotOffered) throw error;
    return yes(`refused: "${saying(error)}"`);
  }
  return no("accepted");
}

/** How long a probe may take, in milliseconds; what hangs has not worked. */
const PATIENCE = 8_000;

/** Runs a probe. */
export async function answerOf(row: Row, stack: Stack, pki: Pki): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("nothing happens any more")), PATIENCE);
  });
  try {
    return await Promise.race([row.probe(stack, pki), late]);
  } catch (error) {
    if (error instanceof NotOffered) return no(error.message);
    return no(`fails: "${saying(error)}"`);
  } finally {
    clearTimeout(timer);
  }
}
