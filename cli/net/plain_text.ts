// Copyright 2026 the NSS for Deno authors. MIT license.

/** The plain text before TLS: bounded lines and bytes of a peer. @module */

import type { ConnLike } from "../../ssl/mod.ts";
import { safe } from "../base/text.ts";

/** The longest line, in bytes: longer ones are no part of a greeting. */
export const MAX_LINE = 8192;
/** The most lines of one answer. */
export const MAX_LINES = 200;

/** The plain text is not what the protocol has before TLS: a verdict about the peer. */
export class PlainTextError extends Error {
  /** What it is called. */
  override readonly name = "PlainTextError";
}

/** A connection before TLS begins on it. */
export class PlainText {
  readonly #conn: ConnLike;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** Reads from a connection, ahead of what is asked for. */
  constructor(conn: ConnLike) {
    this.#conn = conn;
  }

  /** What was read and is in no line or answer. */
  get rest(): Uint8Array<ArrayBuffer> {
    return this.#rest;
  }

  /** Reads some bytes more. */
  async #more(): Promise<void> {
    const buffer = new Uint8Array(4096);
    const length = await this.#conn.read(buffer);
    if (length === null) {
      throw new PlainTextError(
        this.#rest.length === 0
          ? "the server has closed the connection"
          : `the server has closed the connection after "${safe(this.#text())}"`,
      );
    }
    const joined = new Uint8Array(this.#rest.length + length);
    joined.set(this.#rest);
    joined.set(buffer.subarray(0, length), this.#rest.length);
    this.#rest = joined;
  }

  #text(): string {
    return new TextDecoder().decode(this.#rest.subarray(0, 200));
  }

  /** Takes some bytes. */
  async bytes(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#rest.length < length) await this.#more();
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }

  /** Takes a line, without its end. */
  async line(): Promise<string> {
    let end;
    while ((end = this.#rest.indexOf(10)) < 0) {
      if (this.#rest.length > MAX_LINE) {
        throw new PlainTextError(`the server sends a line of more than ${MAX_LINE} bytes`);
      }
      await this.#more();
    }
    const line = new TextDecoder().decode(this.#rest.subarray(0, end));
    this.#rest = this.#rest.slice(end + 1);
    return line.replace(/\r$/, "");
  }

  /** Takes text up to one of some words, which an XML stream has instead of lines. */
  async until(...words: readonly string[]): Promise<string> {
    const decode = () => new TextDecoder().decode(this.#rest);
    let text = decode();
    while (!words.some((word) => text.includes(word))) {
      if (this.#rest.length > MAX_LINE) {
        throw new PlainTextError(`the server sends no ${words[0]} in ${MAX_LINE} bytes`);
      }
      await this.#more();
      text = decode();
    }
    this.#rest = new Uint8Array(0);
    return text;
  }

  /**
   * Takes lines up to the last one of an answer.
   *
   * @param what What is waited for, for the error.
   * @param isLast Whether a line is the last one.
   */
  async lines(what: string, isLast: (line: string) => boolean): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < MAX_LINES) {
      const line = await this.line();
      lines.push(line);
      if (isLast(line)) return lines;
    }
    throw new PlainTextError(`${what} does not come in ${MAX_LINES} lines`);
  }

  /** Writes a line. */
  async send(line: string): Promise<void> {
    await this.write(new TextEncoder().encode(`${line}\r\n`));
  }

  /** Writes bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }
}
