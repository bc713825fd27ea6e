// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Standard input, output and error: nothing else of the package prints. @module */

import { type Colour, coloured, layOut } from "./text.ts";

/** What reads the output has ended, as `head` does: the program ends, too, and says nothing. */
export class ClosedPipe extends Error {
  /** What it is called. */
  override readonly name = "ClosedPipe";
}

/** The user has pressed Ctrl-C at a question: the program ends, and says nothing. */
export class Interrupted extends Error {
  /** What it is called. */
  override readonly name = "Interrupted";
}

/** Where text goes. */
export class Output {
  /** Whether a person reads it. */
  readonly isTerminal: boolean;
  /** How many columns a line has. */
  readonly width: number;
  readonly #hasColours: boolean;
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  #last: Promise<void> = Promise.resolve();

  /**
   * Makes an output.
   *
   * @param write Writes some of the bytes; returns how many.
   * @param terminal The columns of the terminal, and whether it shows colours; `null` for a file
   * or a pipe.
   */
  constructor(
    write: (bytes: Uint8Array) => Promise<number>,
    terminal: { readonly columns: number; readonly colours: boolean } | null,
  ) {
    this.#write = write;
    this.isTerminal = terminal !== null;
    // Longer lines are hard to read; a terminal of a few columns is too narrow for anything
    this.width = terminal === null ? 100 : Math.min(120, Math.max(40, terminal.columns));
    this.#hasColours = terminal?.colours ?? false;
  }

  /** Writes text or bytes, whole: what others write at the same time comes before or behind it. */
  write(content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const written = this.#last.then(() => this.#writeAll(bytes));
    this.#last = written.catch(() => {}); // told to who has written it
    return written;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      for (let sent = 0; sent < bytes.length;) sent += await this.#write(bytes.subarray(sent));
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) {
        throw new ClosedPipe("Cannot write: the pipe is closed", { cause });
      }
      throw cause;
    }
  }

  /** Writes a line, or several. */
  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Colours a text where colours are shown. */
  paint(text: string, colour: Colour): string {
    return this.#hasColours ? coloured(text, colour) : text;
  }

  /** Lays out a table; for programs, its columns are separated by tabs. */
  table(rows: readonly (readonly string[])[], indent = ""): string {
    if (this.isTerminal) return layOut(rows, this.width, indent);
    return rows.map((row) => row.join("\t")).join("\n");
  }
}

/** What a command reads and writes. */
export interface Io {
  /** Standard input. */
  readonly in: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Standard output: the result. */
  readonly out: Output;
  /** Standard error: everything else. */
  readonly err: Output;
}

/** The standard streams of this process. */
export function standardIo(): Io {
  const output = (stream: typeof Deno.stdout | typeof Deno.stderr): Output => {
    const terminal = stream.isTerminal()
      ? { columns: columnsOfTerminal(), colours: !Deno.noColor }
      : null;
    return new Output((bytes) => stream.write(bytes), terminal);
  };
  return {
    get in() {
      return Deno.stdin.readable;
    },
    out: output(Deno.stdout),
    err: output(Deno.stderr),
  };
}

function columnsOfTerminal(): number {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : 80;
  } catch {
    return 80; // a terminal that has no size, as some of CI systems
  }
}
