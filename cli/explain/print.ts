// Copyright 2026 the NSS for Deno authors. MIT license.

/** Prints what bytes of TLS say, for people. @module */

import { toHex } from "../../cert/base/runtime.ts";
import type { Output } from "../base/io.ts";
import { type Colour, count, safe, wrap } from "../base/text.ts";
import type { Field } from "./field.ts";

/** How marks are shown beside what has them. */
const MARKS: Readonly<Record<"unknown" | "weak", readonly [text: string, colour: Colour]>> = {
  unknown: ["unknown", "yellow"],
  weak: ["weak", "yellow"],
};

/** The most reasons for which items of a list are weak that are shown. */
const MAX_REASONS = 5;

/** Prints fields; what something is for it says once, not again in the next message. */
export class FieldPrinter {
  readonly #out: Output;
  readonly #said = new Set<string>();

  /** Prints for an output. */
  constructor(out: Output) {
    this.#out = out;
  }

  /** Lays out fields, each on a line or more. */
  lines(fields: readonly Field[], indent: string): string[] {
    return fields.flatMap((field) => this.#field(field, indent));
  }

  /** What a field is for; empty if that was said before. */
  textOnce({ name, text }: Pick<Field, "name" | "text">): string {
    const key = `${name}: ${text}`;
    if (text === "" || this.#said.has(key)) return "";
    this.#said.add(key);
    return text;
  }

  #field(field: Field, indent: string): string[] {
    const { name, value, mark, fields, isList } = field;
    const inner = `${indent}  `;
    // The parts say it again, one below the other
    const isSaid = !isList && value === fields.map((part) => part.name).join(", ");
    const shown = isSaid ? "" : value;
    const head = hanging(shown === "" ? name : `${name}: ${shown}`, indent, this.#out.width);
    // A name of GREASE says so itself
    if (mark === "weak" || mark === "unknown") head.push(...this.#note(MARKS[mark], "", inner));
    if (mark === "malformed") head[0] = this.#out.paint(head[0]!, "red");
    else {head[0] = indent + this.#out.paint(name, "bold") +
        head[0]!.slice(indent.length + name.length);}
    const text = this.textOnce(field);
    return [
      ...head,
      ...text === "" ? [] : this.#dim(`(${text})`, inner),
      ...isList ? this.#remarks(fields, inner) : this.lines(fields, inner),
    ];
  }

  #note([text, colour]: readonly [string, Colour], more: string, indent: string): string[] {
    return hanging(`[${text}]${more}`, indent, this.#out.width)
      .map((line) => this.#out.paint(line, colour));
  }

  #dim(text: string, indent: string): string[] {
    return wrap(text, Math.max(20, this.#out.width - indent.length))
      .map((line) => this.#out.paint(indent + line, "dim"));
  }

  /** What is to be said of the items of a list: how many are weak, and why. */
  #remarks(items: readonly Field[], indent: string): string[] {
    const reasons = new Map<string, number>();
    for (const { mark, text } of items) {
      if (mark === "weak") reasons.set(text, (reasons.get(text) ?? 0) + 1);
    }
    const broken = items.filter(({ mark }) => mark === "malformed");
    return [
      ...[...reasons].slice(0, MAX_REASONS).flatMap(([text, number]) =>
        this.#note(
          MARKS.weak,
          ` ${number} of ${items.length}${text === "" ? "" : `: ${text}`}`,
          indent,
        )
      ),
      ...this.lines(broken, indent),
    ];
  }
}

/** Wraps a text; the lines behind the first are indented more. */
function hanging(text: string, indent: string, width: number): string[] {
  const more = `${indent}    `;
  return wrap(text, Math.max(20, width - more.length)).map((line, i) =>
    (i === 0 ? indent : more) + line
  );
}

/** The most bytes of data that are shown of one record. */
export const MAX_DATA = 1024;

const BYTES_OF_LINE = 16;

/** Lays out data of an application: lines of text, or bytes. */
export function dataLines(data: Uint8Array, indent: string, width: number): string[] {
  const shown = data.subarray(0, MAX_DATA);
  const rest = data.length - shown.length;
  return [
    ...isText(shown)
      ? textLines(shown, indent, Math.max(20, width - indent.length - 2))
      : hexLines(shown, indent),
    ...rest > 0 ? [`${indent}... and ${count(rest, "byte")} more`] : [],
  ];
}

/** Whether bytes are text: without control characters but tabs and ends of lines. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) =>
    byte >= 0x20 && byte !== 0x7f || byte === 9 || byte === 10 || byte === 13
  );
}

function textLines(bytes: Uint8Array, indent: string, width: number): string[] {
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, "").split(/\r?\n/)
    .flatMap((line) => cut(safe(line, MAX_DATA), width)).map((line) => `${indent}| ${line}`);
}

/** Cuts a text into pieces, wherever that is: data has no words. */
function cut(text: string, width: number): string[] {
  const pieces = [];
  for (let at = 0; at === 0 || at < text.length; at += width) {
    pieces.push(text.slice(at, at + width));
  }
  return pieces;
}

/** Lays out bytes as digits, with what is ASCII beside them. */
export function hexLines(bytes: Uint8Array, indent: string): string[] {
  const lines = [];
  for (let at = 0; at < bytes.length; at += BYTES_OF_LINE) {
    const part = bytes.subarray(at, at + BYTES_OF_LINE);
    const digits = toHex(part).replaceAll(/..(?=.)/g, "$& ").padEnd(3 * BYTES_OF_LINE);
    const text = String.fromCharCode(...part).replaceAll(/[^ -~]/g, ".");
    lines.push(`${indent}| ${digits} ${text}`);
  }
  return lines;
}
