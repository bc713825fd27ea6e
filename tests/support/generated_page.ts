// Copyright 2026 the NSS for Deno authors. MIT license.

/** Pages of docs/ that are written from the code, as a whole or between two marks. @module */

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join(
    "\n",
  );
}

/** A page without what a formatter decides: how lines are broken and tables laid out. */
export function withoutLayout(page: string): string {
  return page.replaceAll(/-{2,}/g, "---").replaceAll(/\s+/g, " ").trim();
}

/**
 * A page with other text between its marks, `<!-- written by WRITER -->` and `<!-- to here -->`.
 *
 * @throws If the marks are not in it.
 */
export function withText(page: string, writer: string, text: string): string {
  const [begin, end] = [`<!-- written by ${writer} -->`, "<!-- to here -->"];
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf(end) + end.length);
  if (before === undefined || after === undefined || !rest?.includes(end)) {
    throw new Error(`Cannot write page: its marks "${begin}" and "${end}" are gone`);
  }
  return `${before}${begin}\n\n${text}\n\n${end}${after}`;
}
