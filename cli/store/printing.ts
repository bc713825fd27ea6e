// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands about a token, which print what they have done. @module */

import type { Args, Option } from "../base/args.ts";
import type { Command, Example } from "../base/command.ts";
import type { Io } from "../base/io.ts";
import { STORE_OPTIONS } from "./store.ts";

/** A command about a token. */
export interface Printing {
  /** What is typed behind `nss`. */
  readonly name: string;
  /** What follows its name. */
  readonly args: string;
  /** What it does, in a line. */
  readonly text: string;
  /** Its options besides those that say which token. */
  readonly options: readonly Option[];
  /** How it is used. */
  readonly examples: readonly Example[];
  /** Runs it; gives what is printed. */
  readonly run: (args: Args, io: Io) => Promise<string>;
}

/** Makes a command. */
export function printing({ run, options, ...rest }: Printing): Command {
  return {
    ...rest,
    options: [...options, ...STORE_OPTIONS],
    run: async (args, io) => {
      const text = await run(args, io);
      if (text !== "") await io.out.line(text);
      return "good";
    },
  };
}
