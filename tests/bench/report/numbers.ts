// Copyright 2026 the NSS for Deno authors. MIT license.

/** Three significant digits, or all before the point. */
export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** How many times better the first is. */
export function ratio(better: "more" | "less", ours: number, theirs: number): number {
  return better === "more" ? ours / theirs : theirs / ours;
}
