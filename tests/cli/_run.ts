// Copyright 2026 the NSS for Deno authors. MIT license.

/** Runs the program in this process. @module */

import { EXIT_CODES } from "../../cli/base/command.ts";
import { type Io, Output } from "../../cli/base/io.ts";
import { runCommandLine } from "../../cli/run.ts";

/** What came of it. */
export interface Result {
  /** The exit code. */
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** How it is run. */
export interface RunOptions {
  /** The columns of the terminal; without it the output is no terminal. */
  readonly columns?: number;
  /** Whether the terminal has colours. */
  readonly colours?: boolean;
  /** Standard input. */
  readonly input?: string | Uint8Array<ArrayBuffer>;
}

/** Runs a command line. */
export async function runNss(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { columns, colours = false, input = "" } = options;
  const terminal = columns === undefined ? null : { columns, colours };
  const written = { out: new Uint8Array(0), err: new Uint8Array(0) };
  const output = (which: "out" | "err") =>
    new Output((bytes) => {
      const joined = new Uint8Array(written[which].length + bytes.length);
      joined.set(written[which]);
      joined.set(bytes, written[which].length);
      written[which] = joined;
      return Promise.resolve(bytes.length);
    }, terminal);
  const io: Io = {
    in: new Blob([input]).stream(),
    out: output("out"),
    err: output("err"),
  };
  const outcome = await runCommandLine(args, io);
  const decoder = new TextDecoder();
  return {
    code: EXIT_CODES[outcome][0],
    out: decoder.decode(written.out),
    err: decoder.decode(written.err),
  };
}
