// Copyright 2026 the NSS for Deno authors. MIT license.

/** Runs a command line. @module */

import { importLazily } from "../cert/base/lazy_module.ts";
import { nearestName } from "../cert/base/options.ts";
import { Args, UsageError } from "./base/args.ts";
import { type Command, optionsOf, type Outcome } from "./base/command.ts";
import { failureOf } from "./base/fail.ts";
import { helpOf, overview, usageError } from "./base/help.ts";
import type { Io } from "./base/io.ts";
import { safe } from "./base/text.ts";
import { VERSION } from "./base/version.ts";
import { ENTRIES } from "./commands.ts";

/**
 * Runs a command line; errors are told on standard error, in a sentence.
 *
 * @param args What follows the program's name.
 * @param io Where it reads and writes.
 * @returns How it ended.
 */
export async function runCommandLine(args: readonly string[], io: Io): Promise<Outcome> {
  let name: string | null = null;
  try {
    const found = await find(args, io);
    if ("outcome" in found) return found.outcome;
    const { command, rest } = found;
    name = command.name;
    if (asksForHelp(rest)) {
      await io.out.line(helpOf(command, io.out.width));
      return "good";
    }
    const parsed = new Args(rest, optionsOf(command));
    checkCount(command, parsed);
    if (command.json !== undefined || !parsed.has("json")) return await command.run(parsed, io);
    const { outputAsJson } = await importLazily("--json", () => import("./base/output_as_json.ts"));
    return await outputAsJson(command, parsed, io);
  } catch (error) {
    const { says, outcome } = failureOf(error);
    // A closed pipe of standard error has nobody to be told
    const group = ENTRIES.find((entry) => entry.name === args[0])?.name ?? null;
    const text = error instanceof UsageError ? usageError(error, name ?? group) : says;
    if (text !== null) await io.err.line(lines(text)).catch(() => {});
    return outcome;
  }
}

/** Each line is made safe; the line ends are ours. */
function lines(text: string): string {
  return text.split("\n").map((line) => safe(line, 2000)).join("\n");
}

/** Whether `--help` is among the options. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).includes("--help");
}

type Found = { readonly command: Command; readonly rest: readonly string[] } | {
  readonly outcome: Outcome;
};

async function find([first, ...rest]: readonly string[], io: Io): Promise<Found> {
  const names = ENTRIES.map(({ name }) => name);
  if (first === undefined || first === "--help" || first === "help" || first === "-h") {
    const output = first === undefined ? io.err : io.out;
    await output.line(overview(ENTRIES.map(({ name, text }) => [name, text]), output.width));
    return { outcome: first === undefined ? "usage" : "good" };
  }
  if (first === "--version" || first === "version") {
    await io.out.line(`nss ${VERSION}`);
    return { outcome: "good" };
  }
  const entry = ENTRIES.find(({ name }) => name === first);
  if (entry === undefined) throw unknownCommand(first, names);
  const { COMMANDS: commands } = await entry.load();
  const [only] = commands;
  if (only !== undefined && only.name === entry.name) return { command: only, rest };
  return await findInGroup(entry.name, commands, rest, io);
}

async function findInGroup(
  group: string,
  commands: readonly Command[],
  [second, ...rest]: readonly string[],
  io: Io,
): Promise<Found> {
  const short = ({ name }: Command): string => name.slice(group.length + 1);
  if (second === undefined || second === "--help" || second === "help" || second === "-h") {
    const output = second === undefined ? io.err : io.out;
    const rows = commands.map((one) => [short(one), one.text] as const);
    await output.line(overview(rows, output.width, group));
    return { outcome: second === undefined ? "usage" : "good" };
  }
  const command = commands.find((one) => short(one) === second);
  if (command === undefined) throw unknownCommand(second, commands.map(short), `${group} `);
  return { command, rest };
}

function unknownCommand(given: string, names: readonly string[], prefix = ""): UsageError {
  if (given.startsWith("-")) {
    return new UsageError(`Cannot read "${safe(given, 40)}": options follow the command`);
  }
  const near = nearestName(given, names);
  return new UsageError(
    `Cannot run "nss ${prefix}${safe(given, 40)}": there is no such command` +
      (near === undefined ? `; there are ${names.join(", ")}` : `; did you mean ${near}?`),
  );
}

/** Checks how many arguments a command needs, and how many it takes. */
function checkCount({ args }: Command, { positional }: Args): void {
  const words = args === "" ? [] : args.split(" ");
  const takesMore = words.at(-1)?.endsWith("...]") || words.at(-1)?.endsWith("...");
  const needed = words.filter((word) => !word.startsWith("["));
  const missing = needed[positional.length];
  if (missing !== undefined) throw new UsageError(`Cannot go on: ${missing} is missing`);
  const extra = positional[words.length];
  if (extra !== undefined && !takesMore) {
    throw new UsageError(`Cannot read "${extra}": that is one argument too many`);
  }
}
