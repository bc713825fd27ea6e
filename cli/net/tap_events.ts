// Copyright 2026 the NSS for Deno authors. MIT license.

/** Tells what a tap has seen by a line of JSON for each event. @module */

import { toBase64 } from "../../cert/base/runtime.ts";
import type { Output } from "../base/io.ts";
import { safe } from "../base/text.ts";
import type { End } from "../explain/context.ts";
import type { Item } from "../explain/conversation.ts";
import type { Field } from "../explain/field.ts";
import { MAX_DATA } from "../explain/print.ts";
import type { Passage, TapOptions, TapPrinter } from "./tap_printer.ts";
import type { Seen } from "./tapped.ts";

/** An event as `--json` prints it. */
export interface TapEvent {
  /** The version of this form: it changes when a member goes or means something else. */
  readonly format: 1;
  /** Which connection it is of, counted from 1. */
  readonly connection: number;
  /** What it is. */
  readonly event: string;
  /** When, in milliseconds since the connection was opened; `null` for the connection itself. */
  readonly at: number | null;
  /** Which end has done it; `null` for the connection itself. */
  readonly from: End | null;
  /** How many bytes: of the message, or of all that the end has sent. */
  readonly length: number | null;
  /** Whether it was encrypted on the wire. */
  readonly encrypted: boolean | null;
  /** Whether it still is, as there are no keys. */
  readonly sealed: boolean | null;
  /** What it says. */
  readonly field: Field | null;
  /** The bytes of what was sent. */
  readonly bytes: string | null;
  /** When the connection was opened. */
  readonly time: string | null;
  /** The address of the client. */
  readonly client: string | null;
  /** The address of the target. */
  readonly target: string | null;
  /** What has gone wrong. */
  readonly error: string | null;
}

/** The members of an event, for the documentation. */
export const TAP_MEMBERS: Readonly<Record<keyof TapEvent, string>> = {
  format: "1; it changes when a member goes or means something else",
  connection: "which connection it is of, counted from 1",
  event:
    "`opened`, `failed` (the target was not reached), `closed` (an end sends no more), `ended`; " +
    "or what was sent: a handshake message, as `client_hello`; `alert`, `change_cipher_spec`, " +
    "`application_data`; `record`, the header of one, before what is in it; `text` before TLS, " +
    "`bytes` that are no record, `stopped` where no more is decoded",
  at: "when, in milliseconds since the connection was opened; null for the connection itself",
  from: "`client` or `server`; null for the connection itself",
  length: "the bytes of what was sent; of `closed` all that the end has sent; else null",
  encrypted: "whether it was encrypted on the wire; null where nothing was sent",
  sealed: "whether it still is, as there are no keys; the event is then what it is likely to be",
  field: "what was sent, as a tree: `name`, `value`, `text` (what it is for), `mark` (`grease`, " +
    "`unknown`, `weak`, `malformed` or null), `start` and `end` (its bytes in the message), " +
    "`fields` (its parts), `isList` (whether the value names all parts); else null",
  bytes: "the bytes of what was sent, decrypted, in base64: with --hex of messages and records' " +
    `headers, with --data of the application's data, at most ${MAX_DATA}; else null`,
  time: "with `opened` when that was, as `2026-11-30T12:00:00.000Z`; else null",
  client: "with `opened` and `failed` the address of the client; else null",
  target: "with `opened` the target; else null",
  error: "with `failed`, and with `closed` where the end did not close itself, why; else null",
};

const NOTHING = {
  format: 1,
  at: null,
  from: null,
  length: null,
  encrypted: null,
  sealed: null,
  field: null,
  bytes: null,
  time: null,
  client: null,
  target: null,
  error: null,
} as const;

/** Prints a line of JSON for each event. */
export class JsonTapPrinter implements TapPrinter {
  readonly #out: Output;
  readonly #options: TapOptions;

  /** Prints to an output. */
  constructor(out: Output, options: TapOptions) {
    this.#out = out;
    this.#options = options;
  }

  async passage(connection: number, passage: Passage): Promise<void> {
    await this.#print({ ...NOTHING, connection, ...passage });
  }

  async seen(connection: number, seen: Seen): Promise<void> {
    const { from } = seen;
    const at = Math.round(1000 * seen.at) / 1000;
    if ("closed" in seen) {
      const { bytes: length, error } = seen.closed;
      const event = { ...NOTHING, connection, event: "closed", at, from, length };
      return await this.#print({ ...event, error: error === null ? null : safe(error.message) });
    }
    const { item } = seen;
    const { name: event, length, encrypted, sealed, field } = item;
    const base = { ...NOTHING, connection, event, at, from, length, encrypted, sealed };
    await this.#print({
      ...base,
      field: this.#options.brief ? { ...field, fields: [] } : field,
      bytes: this.#bytes(item),
    });
  }

  #bytes({ name, sealed, bytes }: Item): string | null {
    if (sealed) return null;
    if (name !== "application_data") return this.#options.hex ? toBase64(bytes) : null;
    return this.#options.data ? toBase64(bytes.subarray(0, MAX_DATA)) : null;
  }

  async #print(event: TapEvent): Promise<void> {
    await this.#out.line(JSON.stringify(event));
  }
}
