// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a command is. @module */

import type { Args, Option } from "./args.ts";
import type { Io } from "./io.ts";

/** How a command is called, and what for. */
export interface Example {
  /** What follows `nss`. */
  readonly line: string;
  /** What it shows or does. */
  readonly text: string;
}

/** The exit codes, with what each means. */
export const EXIT_CODES = {
  good: [0, "done, and what was looked at is good"],
  negative: [1, "done, and what was looked at is not good: the output says why"],
  usage: [2, "the command line was not understood; nothing was done"],
  unreachable: [3, "the peer could not be reached, or did not answer in time"],
  failed: [4, "this machine could not do it: a file, a password, a permission, a database"],
  defect: [70, "a defect of this tool"],
  interrupted: [130, "Ctrl-C"],
  closedPipe: [141, "what read the output has ended"],
  terminated: [143, "the signal SIGTERM"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

/** How a command ended. */
export type Outcome = keyof typeof EXIT_CODES;

/** A command. */
export interface Command {
  /** What is typed behind `nss`, as `cert list`. */
  readonly name: string;
  /** What follows its name, as `NAME [FILE]`; what stands in brackets may be left out. */
  readonly args: string;
  /** What it does, in a line. */
  readonly text: string;
  /** What else is to be known, in paragraphs. */
  readonly more?: readonly string[];
  /** Its options, those apart that every command has. */
  readonly options: readonly Option[];
  /** How it is used. */
  readonly examples: readonly Example[];
  /** What `--json` prints: its members, each with what it is; by default its text. */
  readonly json?: Readonly<Record<string, string>>;
  /** Whether `--json` prints such a line for each event, and not one for all. */
  readonly hasEvents?: boolean;
  /** What it answers to others as JSON: when, and its members, each with what it is. */
  readonly answers?: {
    readonly where: string;
    readonly members: Readonly<Record<string, string>>;
  };
  /** Runs it. */
  readonly run: (args: Args, io: Io) => Promise<Outcome>;
}

/** The option of every command. */
export const HELP: Option = { name: "help", text: "print this" };

/** The option of commands that end. */
export const JSON_OPTION: Option = {
  name: "json",
  text: "print the result as one line of JSON, whose members docs/cli.md lists",
};

/** That of commands which tell of things while they happen. */
const EVENTS_OPTION: Option = {
  name: "json",
  text: "print each event as a line of JSON, whose members docs/cli.md lists",
};

/** All options of a command. */
export function optionsOf({ options, hasEvents }: Command): readonly Option[] {
  return [...options, hasEvents ? EVENTS_OPTION : JSON_OPTION, HELP];
}

/** Where the result goes. */
export const OUT: Option = {
  name: "out",
  value: "FILE",
  text: "where to write; - or nothing for standard output",
  example: "out.pem",
};

/** In which form it is written. */
export const AS_DER: Option = { name: "as-der", text: "as DER instead of PEM" };
