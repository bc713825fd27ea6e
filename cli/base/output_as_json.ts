// Copyright 2026 the NSS for Deno authors. MIT license.

/** `--json` of commands that do something, and have only a text to say of it. @module */

import { concat } from "../../cert/base/bytes.ts";
import { toBase64 } from "../../cert/base/runtime.ts";
import type { Args } from "./args.ts";
import type { Command, Outcome } from "./command.ts";
import { type Io, Output } from "./io.ts";
import { FORMAT, jsonLine } from "./reporting.ts";

/** The members that it prints. */
export const OUTPUT_MEMBERS: Readonly<Record<string, string>> = {
  ...FORMAT,
  output: "what it prints without `--json`; null where that is no text",
  base64: "the same where it is no text; else null",
};

/** Runs such a command, and prints what it prints as JSON. */
export async function outputAsJson(command: Command, args: Args, io: Io): Promise<Outcome> {
  const pieces: Uint8Array[] = [];
  const out = new Output((bytes) => {
    pieces.push(bytes);
    return Promise.resolve(bytes.length);
  }, null);
  const outcome = await command.run(args, {
    get in() {
      return io.in;
    },
    out,
    err: io.err,
  });
  const bytes = concat(pieces);
  const output = textOf(bytes);
  const base64 = output === null ? toBase64(bytes) : null;
  await io.out.line(jsonLine({ format: 1, output, base64 }));
  return outcome;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
