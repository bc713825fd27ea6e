// Copyright 2026 the NSS for Deno authors. MIT license.

/** The tables of `counts.md`: read, written, and compared with what was measured. @module */

import { table } from "../support/generated_page.ts";

/** Counts by what is counted, in columns. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: ReadonlyMap<string, readonly number[]>;
}

/** By how much a count may exceed the table: part of it, and beside that. */
type Slack = readonly [part: number, beside: number];

const EXACT: Slack = [0, 0];

/** The columns that are not exact. */
const SLACK: Readonly<Record<string, Slack>> = {
  // ECDSA signatures differ by some bytes, and are padded where a number needs it
  arrays: [0.005, 1],
  allocated: [0.005, 4],
  copied: [0.005, 4],
  // Of V8, which compiles and shapes objects when it likes
  "taken KiB": [0.07, 0],
  "kept KiB": [0.03, 0],
  // Work on the code is no regression
  modules: [0, 2],
  KiB: [0.02, 0],
};

/** By which part of itself a count may be below the table: more, and the limit is none. */
const FALLEN: Slack = [0.1, 2];

/** Reads the first table of Markdown whose first column has this name. */
export function parseTable(page: string, name: string): Table {
  const lines = page.split("\n");
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const first = lines.findIndex((line) => line.startsWith("|") && cells(line)[0] === name);
  if (first < 0) return { columns: [], rows: new Map() };
  const rows = new Map<string, number[]>();
  for (const line of lines.slice(first + 2)) {
    if (!line.startsWith("|")) break;
    const [row = "", ...counts] = cells(line);
    rows.set(row, counts.map(Number));
  }
  return { columns: cells(lines[first]!).slice(1), rows };
}

/** Writes a table in Markdown. */
export function formatTable(name: string, { columns, rows }: Table): string {
  return table([name, ...columns], [...rows].map(([row, counts]) => [row, ...counts.map(String)]));
}

/** What has changed: a line for each count that exceeds its limit, or is far below it. */
export function problems(limits: Table, measured: Table): string[] {
  const names = new Set([...limits.rows.keys(), ...measured.rows.keys()]);
  return [...names].flatMap((name) => {
    const [old, now] = [limits.rows.get(name), measured.rows.get(name)];
    if (old === undefined) return [`${name}: it has no limits`];
    if (now === undefined) return [`${name}: it was not measured`];
    return measured.columns.flatMap((column) => {
      const limit = old[limits.columns.indexOf(column)];
      if (limit === undefined) return [`${name}: ${column} have no limit`];
      const problem = changeOf(column, limit, now[measured.columns.indexOf(column)] ?? NaN);
      return problem === null ? [] : [`${name}: ${problem}`];
    });
  });
}

function changeOf(column: string, limit: number, count: number): string | null {
  const [part, beside] = SLACK[column] ?? EXACT;
  const change = `${limit} -> ${count}`;
  const by = hundredths(Math.abs(count - limit));
  if (!(count <= hundredths(limit * (1 + part) + beside))) {
    return `${column} grew by ${by}: ${change}`;
  }
  if (count >= hundredths(limit * (1 - FALLEN[0]) - FALLEN[1])) return null;
  return `${column} fell by ${by}: ${change}; lower the limit`;
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}
