// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a command is. @module */

import type { Args, Option } from "./args.ts";

/** A command. */
export interface Command {
  /** What follows its name, as `NAME [FILE]`; what stands in brackets may be left out. */
  readonly args: string;
  /** What it does, in a line. */
  readonly text: string;
  /** Its options besides those that say which token. */
  readonly options: readonly Option[];
  /** Runs it; gives what is printed. */
  readonly run: (args: Args) => Promise<string>;
}

/** What was asked for is found not to be so; it is told on standard output, with exit code 1. */
export class NegativeAnswer extends Error {
  /** What it is called. */
  override readonly name = "NegativeAnswer";
}

/** Where the result goes. */
export const OUT: Option = {
  name: "out",
  value: "FILE",
  text: "where to write; - or nothing for standard output",
};
