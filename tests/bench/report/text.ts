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
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]!.length)));
  const lines = [head, ...cells].map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  );
  return `${title}\n${lines.join("\n")}\n`;
}
