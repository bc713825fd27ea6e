// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Result, valueOf } from "./results.ts";

/** Three significant digits, or all before the point. */
export function number(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)));
}

/** How many times better the first is. */
export function ratio({ better }: Pick<Result, "better">, ours: number, theirs: number): number {
  return better === "more" ? ours / theirs : theirs / ours;
}

/** A measure as a table for a terminal. The last column says how many times better the first row is. */
export function textTable(result: Result): string {
  const { title, columns, rows } = result;
  const [first] = rows;
  if (first === undefined) return `${title}\n(nobody took part)\n`;
  const head = ["", ...columns.map((column) => column.title), "lowest to highest", "ratio"];
  const cells = rows.map(({ who, values }) => {
    const { median, low, high } = values[columns[0]!.key]!;
    return [
      who,
      ...columns.map(({ key }) => {
        const value = valueOf(result, who, key);
        return value === undefined ? "" : number(value);
      }),
      `${number(low)} to ${number(high)}`,
      ratio(result, first.values[columns[0]!.key]!.median, median).toFixed(2),
    ];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]!.length)));
  const lines = [head, ...cells].map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  );
  return `${title}\n${lines.join("\n")}\n`;
}
