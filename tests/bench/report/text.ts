// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Result } from "./results.ts";

/** Three significant digits, or all before the point. */
export function number(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)));
}

/** A measure as a table for a terminal; the last column compares with the first row. */
export function textTable({ title, unit, rows }: Result): string {
  const head = ["", unit, "lowest", "highest", "client us", "server us", "ratio"];
  const [first] = rows;
  const cells = rows.map((row) => [
    row.who,
    ...[row.value, row.low, row.high].map(number),
    ...[row.client, row.server].map((cpu) => cpu === undefined ? "" : number(cpu)),
    (first!.value / row.value).toFixed(2),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]!.length)));
  const lines = [head, ...cells].map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  );
  return `${title}\n${lines.join("\n")}\n`;
}
