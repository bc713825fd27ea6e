// Copyright 2026 the NSS for Deno authors. MIT license.

import { number, ratio } from "./numbers.ts";
import type { Result } from "./results.ts";

/**
 * A measure as a table for a terminal. The last column says how many times better the first row is.
 */
export function textTable({ title, columns, better, rows }: Result): string {
  const [first] = rows;
  if (first === undefined) return `${title}\n  nobody took part\n`;
  const [{ key: main }] = columns as [Result["columns"][0], ...Result["columns"]];
  const head = ["", ...columns.map((column) => column.title), "from", "to", "ratio"];
  const cells = rows.map(({ who, values }) => {
    const { median, low, high } = values[main]!;
    const numbers = columns.map(({ key }) => values[key]?.median);
    return [
      who,
      ...[...numbers, low, high].map((value) => value === undefined ? "" : number(value)),
      ratio(better, first.values[main]!.median, median).toFixed(2),
    ];
  });
  return `${title}\n${aligned([head, ...cells])}\n`;
}

/** A table of Markdown for a terminal. */
export function plainTable(markdown: string): string {
  const lines = markdown.split("\n").map((line) => line.split("|").slice(1, -1));
  return aligned(lines.filter((_, i) => i !== 1).map((cells) => cells.map((cell) => cell.trim())));
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  ).join("\n");
}
