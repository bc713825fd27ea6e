// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ConnLike } from "@nss/nss";

/** Nobody needs longer lines; a peer that never ends one must not fill the memory. */
const MAX_LINE = 8192;
/** The most lines of one answer. */
const MAX_LINES = 100;

/**
 * A connection of text lines that end in CR LF, as SMTP's and those of HTTP's headers, with TLS or
 * without.
 */
export class Lines {
  readonly #conn: ConnLike;
  #rest: Uint8Array = new Uint8Array(0);

  /** Reads from a connection, ahead of what is asked for. */
  constructor(conn: ConnLike) {
    this.#conn = conn;
  }

  /** The bytes that have been read from the connection and are in no line yet. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** Reads a line, without its end; `null` at the end of the connection. */
  async read(): Promise<string | null> {
    let end;
    while ((end = this.#rest.indexOf(10)) < 0) {
      if (this.#rest.length > MAX_LINE) throw new Error("Cannot read a line: it is too long");
      const buffer = new Uint8Array(this.#rest.length + 4096);
      const length = await this.#conn.read(buffer.subarray(this.#rest.length));
      if (length === null) return null;
      buffer.set(this.#rest);
      this.#rest = buffer.subarray(0, this.#rest.length + length);
    }
    const line = new TextDecoder().decode(this.#rest.subarray(0, end));
    this.#rest = this.#rest.subarray(end + 1);
    return line.replace(/\r$/, "");
  }

  /**
   * Reads lines up to one that is the last; a peer that never sends it is given up after a hundred.
   */
  async readTo(isLast: (line: string) => boolean): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < MAX_LINES) {
      const line = await this.read();
      if (line === null) throw new Error("Cannot read lines: the connection has ended");
      lines.push(line);
      if (isLast(line)) return lines;
    }
    throw new Error(`Cannot read lines: after ${MAX_LINES} the last one has not come`);
  }

  /** Writes lines. */
  async write(...lines: string[]): Promise<void> {
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join(""));
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }
}
