// Copyright 2026 the NSS for Deno authors. MIT license.

/** Tells what a tap has seen for people. @module */

import type { Output } from "../base/io.ts";
import { count, safe, wrapIndented } from "../base/text.ts";
import { changesOf } from "../explain/changes.ts";
import type { Item } from "../explain/conversation.ts";
import type { End } from "../explain/context.ts";
import { type Field, isMalformed } from "../explain/field.ts";
import { dataLines, FieldPrinter, hexLines } from "../explain/print.ts";
import { milliseconds } from "./report_text.ts";
import type { Passage, TapOptions, TapPrinter } from "./tap_printer.ts";
import type { Seen } from "./tapped.ts";

const INDENT = "     ";

/** Which way the bytes of an end go. */
const ARROWS: Readonly<Record<End, string>> = { client: "→", server: "←" };

type SeenItem = Extract<Seen, { readonly item: Item }>;

/** Prints for people. */
export class TextTapPrinter implements TapPrinter {
  readonly #out: Output;
  readonly #options: TapOptions;
  readonly #fields: FieldPrinter;
  /** The headers of records whose content is not told yet, by connection and end. */
  readonly #records = new Map<string, SeenItem>();
  /** The last ClientHello, by connection. */
  readonly #hellos = new Map<number, Field>();
  /** Why records stay encrypted, as far as it was said, by connection. */
  readonly #reasons = new Map<number, Set<string>>();

  /** Prints to an output. */
  constructor(out: Output, options: TapOptions) {
    this.#out = out;
    this.#options = options;
    this.#fields = new FieldPrinter(out);
  }

  async passage(connection: number, passage: Passage): Promise<void> {
    const say = (text: string) => wrapIndented(`#${connection} `, text, this.#out.width);
    switch (passage.event) {
      case "opened":
        return await this.#print([
          say(`opened at ${passage.time}: from ${passage.client} to ${passage.target}`),
        ]);
      case "failed":
        return await this.#print([
          this.#out.paint(say(`failed: from ${passage.client}: ${passage.error}`), "red"),
        ]);
      case "ended":
        this.#forget(connection);
        return await this.#print([say("ended")]);
    }
  }

  #forget(connection: number): void {
    for (const end of ["client", "server"] as const) this.#records.delete(`${connection} ${end}`);
    this.#hellos.delete(connection);
    this.#reasons.delete(connection);
  }

  async seen(connection: number, seen: Seen): Promise<void> {
    const key = `${connection} ${seen.from}`;
    const record = this.#records.get(key);
    this.#records.delete(key);
    if ("closed" in seen) {
      // A record without a message of its own ends with the direction
      const alone = record === undefined ? [] : this.#record(connection, record);
      return await this.#print([...alone, this.#closed(connection, seen)]);
    }
    if (seen.item.name === "record") {
      this.#records.set(key, seen);
      if (record !== undefined) await this.#print(this.#record(connection, record));
      return;
    }
    await this.#print(this.#item(connection, seen, record));
  }

  #head(connection: number, { from, at }: Seen): string {
    return `#${connection} ${ARROWS[from]} ${milliseconds(at)}  `;
  }

  /** The header of a record, by itself. */
  #record(connection: number, seen: SeenItem): string[] {
    if (this.#options.brief) return [];
    const text = wrapIndented(
      this.#head(connection, seen),
      `record: ${seen.item.field.value}`,
      this.#out.width,
    );
    return [this.#out.paint(text, "dim")];
  }

  #item(connection: number, seen: SeenItem, record: SeenItem | undefined): string[] {
    const { item } = seen;
    const { field } = item;
    const isData = item.sealed || item.name === "application_data";
    const isShort = this.#options.brief || field.fields.length === 0;
    const words = [
      field.name,
      ...isData || item.length === 0 ? [] : [`, ${count(item.length, "byte")}`],
      ...item.encrypted && !item.sealed ? [", decrypted"] : [],
      ...isShort && field.value !== "" ? [`: ${field.value}`] : [],
      ...isData && record !== undefined
        ? [` (in a record of ${count(record.item.length, "byte")})`]
        : [],
    ];
    const head = this.#head(connection, seen);
    const line = wrapIndented(head, words.join(""), this.#out.width);
    const text = this.#text(connection, item);
    return [
      ...isData || record === undefined ? [] : this.#record(connection, record),
      isMalformed(field) ? this.#out.paint(line, "red") : this.#bold(line, head, field.name),
      ...text === "" ? [] : [
        this.#out.paint(wrapIndented(`${INDENT}(`, `${text})`, this.#out.width), "dim"),
      ],
      ...isShort ? [] : this.#fieldLines(connection, item),
      ...this.#bytes(item),
    ];
  }

  /** The fields; of a second ClientHello those that are other than in the first one. */
  #fieldLines(connection: number, { name, field }: Item): string[] {
    const before = name === "client_hello" ? this.#hellos.get(connection) : undefined;
    if (name === "client_hello") this.#hellos.set(connection, field);
    if (before === undefined) return this.#fields.lines(field.fields, INDENT);
    const { changed, same } = changesOf(before.fields, field.fields);
    return [
      ...this.#fields.lines(changed, INDENT),
      wrapIndented(`${INDENT}as before: `, same.join(", "), this.#out.width),
    ];
  }

  #bytes({ name, sealed, bytes }: Item): string[] {
    if (sealed) return [];
    if (name !== "application_data") return this.#options.hex ? hexLines(bytes, INDENT) : [];
    return this.#options.data ? dataLines(bytes, INDENT, this.#out.width) : [];
  }

  /** What an item is for, if that was not said before. */
  #text(connection: number, { name, sealed, field }: Item): string {
    if (sealed) {
      // What is said of one connection's keys holds for no other
      const reasons = this.#reasons.get(connection) ?? new Set();
      this.#reasons.set(connection, reasons);
      return reasons.size < reasons.add(field.text).size ? field.text : "";
    }
    return this.#options.brief && name !== "alert" ? "" : this.#fields.textOnce(field);
  }

  #bold(line: string, head: string, name: string): string {
    if (!line.startsWith(head + name)) return line; // it was wrapped
    return head + this.#out.paint(name, "bold") + line.slice(head.length + name.length);
  }

  #closed(connection: number, seen: Extract<Seen, { readonly closed: unknown }>): string {
    const { bytes, error } = seen.closed;
    const text = error === null
      ? `the ${seen.from} sends no more, after ${count(bytes, "byte")}`
      : `the ${seen.from} has gone, after ${count(bytes, "byte")}: ${safe(error.message)}`;
    return wrapIndented(this.#head(connection, seen), text, this.#out.width);
  }

  /** Prints lines together: another connection's do not come between. */
  async #print(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#out.line(lines.join("\n"));
  }
}
