// Copyright 2026 the NSS for Deno authors. MIT license.

/** Text for people: everything that came from elsewhere passes {@linkcode safe}. @module */

import { printable } from "../../cert/base/printable.ts";

/** The most characters of a value that are shown; names of certificates may have 30,000. */
export const MAX_VALUE = 200;

/**
 * Makes a text from a peer, a file or the command line fit to be printed: what could steer a
 * terminal is escaped, what is long is shortened.
 *
 * @param text The text, of one line.
 * @param max The most characters of it that are shown.
 * @returns The text, or its beginning and its length.
 */
export function safe(text: { toString(): string }, max: number = MAX_VALUE): string {
  const whole = String(text);
  if (whole.length <= max) return printable(whole);
  // A pair of surrogates is not cut
  const end = /[\ud800-\udbff]/.test(whole[max - 1]!) ? max - 1 : max;
  return `${printable(whole.slice(0, end))}... (${whole.length} characters)`;
}

/** The colours that are used. */
const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;

/** The name of a colour. */
export type Colour = keyof typeof COLOURS;

/** Colours a text. */
export function coloured(text: string, colour: Colour): string {
  return `\x1b[${COLOURS[colour]}m${text}\x1b[0m`;
}

/** How many columns a text takes on a terminal: escape sequences none, wide characters two. */
export function widthOf(text: string): number {
  let width = 0;
  // deno-lint-ignore no-control-regex
  for (const character of text.replaceAll(/\x1b\[\d+m/g, "")) {
    if (/\p{M}/u.test(character)) continue;
    width += isWide(character.codePointAt(0)!) ? 2 : 1;
  }
  return width;
}

/** East Asian wide and fullwidth characters, and pictographs (Unicode, Annex 11, in short). */
function isWide(code: number): boolean {
  return code >= 0x1100 &&
    (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd));
}

/**
 * Breaks a text into lines.
 *
 * @param text The text, of one line, without escape sequences.
 * @param width The columns of a line; a longer word has a line of its own, which is too long.
 * @returns The lines.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Wraps a text, each line but the first indented by some columns. */
export function wrapIndented(first: string, text: string, width: number): string {
  const indent = widthOf(first);
  const lines = wrap(text, Math.max(20, width - indent));
  return lines.map((line, i) => i === 0 ? first + line : " ".repeat(indent) + line).join("\n");
}

/** Wraps a paragraph, each line but the first indented a little. */
export function wrapHanging(text: string, width: number): string {
  return wrap(text, width - HANGING.length).map((line, i) => i === 0 ? line : HANGING + line)
    .join("\n");
}

const HANGING = "  ";

/**
 * Lays out columns for a terminal; the last one is wrapped.
 *
 * @param rows The cells, which are safe.
 * @param width The columns of the terminal.
 * @param indent What stands before each row.
 */
export function layOut(
  rows: readonly (readonly string[])[],
  width: number,
  indent = "",
): string {
  const last = Math.max(0, ...rows.map((row) => row.length)) - 1;
  const widths = Array.from({ length: last }, (_, column) =>
    // The last cell of a shorter row may be long and counts for no column
    Math.max(
      0,
      ...rows.filter((row) => row.length > column + 1).map((row) => widthOf(row[column]!)),
    ));
  return rows.map((row) => {
    const before = row.slice(0, -1).map((cell, i) => cell + " ".repeat(widths[i]! - widthOf(cell)))
      .map((cell) => `${cell}  `).join("");
    return wrapIndented(indent + before, row.at(-1) ?? "", width).trimEnd();
  }).join("\n");
}

/** Returns a count with its noun: `1 day`, `2 days`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** Joins words: `a`, `a and b`, `a, b and c`. */
export function join(words: readonly string[], and = "and"): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${and} ${words.at(-1)}`;
}

/** The day of a time, as `2026-11-23`. */
export function day(time: Date): string {
  return Number.isNaN(time.getTime()) ? "-" : time.toISOString().slice(0, 10);
}
