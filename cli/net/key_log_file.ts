// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A key log that another program writes while it is read. @module */

import { type KeySource, Secrets } from "../explain/key_source.ts";

/** How long a connection waits for its lines, altogether, in milliseconds. */
export const PATIENCE = 2000;

/** How often the file is looked at meanwhile, in milliseconds. */
const INTERVAL = 20;

/** The longest line of a key log, in bytes; what is longer is none. */
const MAX_LINE = 1024;

const CHUNK = 64 * 1024;

/** A key log, read as far as it is written. */
export class KeyLogFile {
  readonly #path: string;
  readonly #secrets = new Secrets();
  #offset = 0;
  #line = "";
  #reading: Promise<void> | null = null;

  /** Reads a file that may not be there yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the lines that were appended; one reading serves all who wait. */
  read(): Promise<void> {
    return this.#reading ??= this.#read().finally(() => this.#reading = null);
  }

  /**
   * The secrets of one connection, which waits for its lines: whoever writes them does so when the
   * keys are made, while the first records are on their way.
   *
   * @param isUrgent Whether there is no time to wait, as much else waits already.
   */
  connection(isUrgent: () => boolean): KeySource {
    let left = PATIENCE;
    return {
      secret: async (label, clientRandom) => {
        const found = () => this.#secrets.find(label, clientRandom);
        await this.read();
        for (let secret; left > 0 && !isUrgent(); left -= INTERVAL) {
          if ((secret = found()) !== undefined) return secret;
          await new Promise((resolve) => setTimeout(resolve, INTERVAL));
          await this.read();
        }
        return found() ?? `the key log has no ${label} of this connection`;
      },
    };
  }

  async #read(): Promise<void> {
    let file;
    try {
      file = await Deno.open(this.#path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return; // not yet
      throw error;
    }
    using opened = file;
    const { size } = await opened.stat();
    // It was emptied, or is another one
    if (size < this.#offset) this.#begin();
    await opened.seek(this.#offset, Deno.SeekMode.Start);
    const buffer = new Uint8Array(CHUNK);
    for (let length; (length = await opened.read(buffer)) !== null;) {
      this.#offset += length;
      this.#take(new TextDecoder("latin1").decode(buffer.subarray(0, length)));
    }
  }

  #begin(): void {
    this.#offset = 0;
    this.#line = "";
  }

  #take(text: string): void {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop()!.slice(0, MAX_LINE);
    lines.forEach((line) => this.#secrets.add(line));
  }
}
