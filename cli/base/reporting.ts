// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands whose result is a text, or with `--json` an object. @module */

import type { Args } from "./args.ts";
import type { Command, Outcome } from "./command.ts";
import type { Io } from "./io.ts";

/** What a command has to say. */
export interface Result {
  /** For people; nothing is printed where it is empty. */
  readonly text: string;
  /** For programs: the members that the command declares, but for `format`. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** How it ended; `good` by default. */
  readonly outcome?: Outcome;
}

/** A command that gives a result. */
export interface Reporting extends Omit<Command, "run"> {
  /** Runs it. */
  readonly run: (args: Args, io: Io) => Promise<Result | string>;
}

/** The member that all have: what they declare besides may grow, and means the same under it. */
export const FORMAT = { format: "1; another number where a member goes or means something else" };

/** Makes a command. */
export function reporting({ run, json: members, ...rest }: Reporting): Command {
  return {
    ...rest,
    ...members !== undefined && { json: { ...FORMAT, ...members } },
    run: async (args, io) => {
      const given = await run(args, io);
      const { text, json, outcome = "good" } = typeof given === "string" ? { text: given } : given;
      if (args.has("json") && json !== undefined) {
        await io.out.line(jsonLine({ format: 1, ...json }));
      } else if (text !== "") await io.out.line(text);
      return outcome;
    },
  };
}

/**
 * Encodes data as JSON of one line, in which what could steer a terminal is escaped: the data are
 * the same.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from(
        { length: character.length },
        (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
}
