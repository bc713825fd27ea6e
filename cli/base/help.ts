// Copyright 2026 the NSS for Deno authors. MIT license.

/** What `--help` prints, from what commands declare. @module */

import type { Option, UsageError } from "./args.ts";
import { type Command, EXIT_CODES, optionsOf } from "./command.ts";
import { layOut, wrap, wrapIndented } from "./text.ts";

/** How an option is written. */
export function optionForm({ name, value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** What an option does, with its words and its example. */
export function optionText({ text, words, example }: Option): string {
  const extra = [
    ...words === undefined ? [] : [words.join(", ")],
    ...example === undefined ? [] : [`as ${example}`],
  ];
  return extra.length === 0 ? text : `${text} (${extra.join("; ")})`;
}

/** How a command is called. */
export function usageOf({ name, args }: Command): string {
  return `nss ${name} ${args === "" ? "" : `${args} `}[--OPTION...]`;
}

/** The help of a command. */
export function helpOf(command: Command, width: number): string {
  const { text, more = [], examples } = command;
  return [
    wrapIndented("Usage: ", usageOf(command), width),
    "",
    ...wrap(`${text}.`, width),
    ...more.flatMap((paragraph) => ["", ...wrap(paragraph, width)]),
    "",
    "Options:",
    layOut(
      optionsOf(command).map((option) => [optionForm(option), optionText(option)]),
      width,
      "  ",
    ),
    "",
    "Examples:",
    ...examples.flatMap((example) => [
      `  nss ${example.line}`,
      wrapIndented("      ", example.text, width),
    ]),
  ].join("\n");
}

/** The help of the program, or of a group of commands. */
export function overview(
  rows: readonly (readonly [name: string, text: string])[],
  width: number,
  group?: string,
): string {
  const prefix = group === undefined ? "nss" : `nss ${group}`;
  return [
    `Usage: ${prefix} COMMAND [ARGUMENT...] [--OPTION...]`,
    `       ${prefix} COMMAND --help`,
    "",
    layOut(rows, width, "  "),
    "",
    "Exit codes:",
    layOut(Object.values(EXIT_CODES).map(([code, text]) => [`${code}`, text]), width, "  "),
  ].join("\n");
}

/** What is said of a command line that was not understood. */
export function usageError(error: UsageError, name: string | null): string {
  return `${error.message}\nSee: nss ${name === null ? "" : `${name} `}--help`;
}
