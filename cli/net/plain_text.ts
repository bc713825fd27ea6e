// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The plain text before TLS: bounded lines and bytes of a peer. @module */

import { concat } from "../../cert/base/bytes.ts";
import type { ConnLike } from "../../ssl/mod.ts";
import { safe } from "../base/text.ts";

/** The longest line, in bytes: longer ones are no part of a greeting. */
export const MAX_LINE = 8192;
/** The most lines of one answer. */
export const MAX_LINES = 200;

/** What is wrong with the plain text. */
export type PlainTextFault =
  /** The server does not offer TLS, or has it switched off. */
  | "notOffered"
  /** It offers TLS, or might, and refuses to start it. */
  | "refused"
  /** It speaks another protocol. */
  | "otherProtocol"
  /** It ends the connection. */
  | "ended"
  /** It sends more than it should before TLS. */
  | "injected";

/** The plain text is not what the protocol has before TLS: a verdict about the peer. */
export class PlainTextError extends Error {
  /** What it is called. */
  override readonly name = "PlainTextError";
  /** What is wrong. */
  readonly fault: PlainTextFault;
  /** What the server has sent first. */
  readonly received: Uint8Array<ArrayBuffer>;

  /** Says what is wrong. */
  constructor(
    fault: PlainTextFault,
    message: string,
    received: Uint8Array<ArrayBuffer> = new Uint8Array(0),
  ) {
    super(message);
    this.fault = fault;
    this.received = received;
  }
}

/** How many of the first bytes are remembered, by which another protocol is recognized. */
const MAX_BEGINNING = 300;

/** A connection before TLS begins on it. */
export class PlainText {
  readonly #conn: ConnLike;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #beginning: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** Reads from a connection, ahead of what is asked for. */
  constructor(conn: ConnLike) {
    this.#conn = conn;
  }

  /** What was read and is in no line or answer. */
  get rest(): Uint8Array<ArrayBuffer> {
    return this.#rest;
  }

  /** The first bytes that the server has sent. */
  get beginning(): Uint8Array<ArrayBuffer> {
    return this.#beginning;
  }

  /** Reads some bytes more. */
  async #more(): Promise<void> {
    const buffer = new Uint8Array(4096);
    const length = await this.#conn.read(buffer).catch(endOf);
    if (length === null) {
      throw new PlainTextError(
        "ended",
        this.#rest.length === 0
          ? "the server has closed the connection"
          : `the server has closed the connection after "${safe(this.#text())}"`,
      );
    }
    const read = buffer.subarray(0, length);
    this.#rest = concat([this.#rest, read]);
    const room = MAX_BEGINNING - this.#beginning.length;
    if (room > 0) this.#beginning = concat([this.#beginning, read.subarray(0, room)]);
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
        throw new PlainTextError(
          "otherProtocol",
          `the server sends a line of more than ${MAX_LINE} bytes`,
        );
      }
      await this.#more();
    }
    const line = new TextDecoder().decode(this.#rest.subarray(0, end));
    this.#rest = this.#rest.slice(end + 1);
    return line.replace(/\r$/, "");
  }

  /**
   * Takes text up to the end of what a pattern matches, which an XML stream has instead of lines.
   *
   * @param what What is waited for, for the error.
   * @param pattern The pattern.
   */
  async until(what: string, pattern: RegExp): Promise<string> {
    for (;;) {
      // Each byte is a character, so that the end is found again among the bytes
      const text = new TextDecoder("latin1").decode(this.#rest);
      const match = pattern.exec(text);
      if (match !== null) {
        const end = match.index + match[0].length;
        const taken = this.#rest.subarray(0, end);
        this.#rest = this.#rest.slice(end);
        return new TextDecoder().decode(taken);
      }
      if (this.#rest.length > MAX_LINE) {
        throw new PlainTextError("otherProtocol", `${what} does not come in ${MAX_LINE} bytes`);
      }
      await this.#more();
    }
  }

  /**
   * Takes lines up to the last one of an answer.
   *
   * @param what What is waited for, for the error.
   * @param isLast Whether a line is the last one; it may throw where it is none of an answer.
   */
  async lines(
    what: string,
    isLast: (line: string, index: number) => boolean,
  ): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < MAX_LINES) {
      const line = await this.line();
      lines.push(line);
      if (isLast(line, lines.length - 1)) return lines;
    }
    throw new PlainTextError("otherProtocol", `${what} does not come in ${MAX_LINES} lines`);
  }

  /** Writes a line. */
  async send(line: string): Promise<void> {
    await this.write(new TextEncoder().encode(`${line}\r\n`));
  }

  /** Writes bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      const length = await this.#conn.write(bytes.subarray(sent)).catch(endOf);
      if (length === null) {
        throw new PlainTextError("ended", "the server has closed the connection");
      }
      sent += length;
    }
  }
}

/** A connection that the other end has reset or closed has ended, and has not failed. */
function endOf(error: unknown): null {
  const { ConnectionReset, ConnectionAborted, BrokenPipe } = Deno.errors;
  for (const End of [ConnectionReset, ConnectionAborted, BrokenPipe]) {
    if (error instanceof End) return null;
  }
  throw error;
}
