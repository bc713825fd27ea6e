// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Keys and certificates in NSS databases, PKCS#11 tokens, Deno KV and PEM files: what NSS's
 * certutil and pk12util do, in words.
 *
 * An NSS database, which Firefox, curl and NSS's own tools share, needs its folder and nothing
 * else:
 *
 *     deno run --allow-read=db --allow-write=db examples/certutil.ts create --db db
 *     deno run --allow-read=db --allow-write=db examples/certutil.ts self-sign "My CA" --db db \
 *       --ca --trust CT,,
 *     deno run --allow-read=. --allow-write=. examples/certutil.ts request --db db \
 *       --dns example.com --out request.pem
 *     deno run --allow-read=. --allow-write=. examples/certutil.ts issue request.pem --db db \
 *       --issuer "My CA" --as-requested --name www
 *     deno run --allow-read=db examples/certutil.ts list --db db
 *     deno run --allow-read=db examples/certutil.ts verify www --db db --usage sslServer \
 *       --hostname example.com
 *     deno run --allow-read=db --allow-sys examples/certutil.ts verify www --db db --roots
 *
 * A PKCS#11 library is code of somebody else in this process; a Deno KV store is a file, beside
 * which it always writes:
 *
 *     deno run --allow-read --allow-ffi examples/certutil.ts list keys \
 *       --module /usr/lib/softhsm/libsofthsm2.so --token Card
 *     deno run --allow-read --allow-write --allow-ffi examples/certutil.ts generate-key \
 *       --module /usr/lib/softhsm/libsofthsm2.so
 *     deno run --allow-read=. --allow-write=. examples/certutil.ts create --kv keys.kv
 *     deno run --allow-read=. --allow-write=. examples/certutil.ts list --kv keys.kv
 *
 * @module
 */

import { NssError } from "@nss/nss/cert";
import { Args, type Option, UsageError } from "./_certutil/args.ts";
import { CHANGE } from "./_certutil/change.ts";
import { type Command, NegativeAnswer } from "./_certutil/command.ts";
import { ISSUE } from "./_certutil/issue.ts";
import { LOOK } from "./_certutil/look.ts";
import { MOVE } from "./_certutil/move.ts";
import { NoPasswordError } from "./_certutil/passwords.ts";
import { STORE_OPTIONS } from "./_certutil/store.ts";
import { table } from "./_certutil/text.ts";
import { clean } from "./_program.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ ...CHANGE, ...LOOK, ...ISSUE, ...MOVE }),
);

/** In the order in which people need them. */
const ORDER = [
  ...["create", "password", "list", "show", "verify", "add", "delete", "rename", "trust"],
  ...["generate-key", "delete-key", "self-sign", "request", "issue", "import", "export"],
] as const;

function usage(): string {
  const rows = ORDER.map((name) => {
    const { args, text } = COMMANDS.get(name)!;
    return [`  ${name} ${args}`, text];
  });
  return [
    "Usage: certutil.ts COMMAND [ARGUMENT...] [--OPTION...]",
    "       certutil.ts COMMAND --help",
    "",
    table(rows),
    "",
    "Which token, and its password:",
    optionTable(STORE_OPTIONS),
    "",
    "Exit code: 0 done or good, 1 failed or not good, 2 not understood.",
  ].join("\n");
}

function usageOf(name: string, { args, text, options }: Command): string {
  return [
    `Usage: certutil.ts ${`${name} ${args}`.trim()} [--OPTION...]`,
    "",
    text,
    "",
    optionTable([...options, ...STORE_OPTIONS]),
  ].join("\n");
}

function optionTable(options: readonly Option[]): string {
  return table(options.map(({ name, value, text }) => [`  --${name} ${value ?? ""}`, text]));
}

/** How many arguments a command needs, and how many it takes. */
function checkCount({ args }: Command, { positional }: Args): void {
  const words = args === "" ? [] : args.split(" ");
  const needed = words.filter((word) => !word.startsWith("["));
  const missing = needed[positional.length];
  if (missing !== undefined) throw new UsageError(`Cannot go on: ${missing} is missing`);
  const extra = positional[words.length];
  if (extra !== undefined) {
    throw new UsageError(`Cannot read "${extra}": that is one argument too many`);
  }
}

/** What people can do about an error of the file system or of Deno's permissions. */
function explain(error: unknown): string | null {
  if (error instanceof NssError) return `${error.message} (${error.name})`;
  if (error instanceof NoPasswordError) return error.message;
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
    return `Cannot use file: ${error.message}`;
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return `Cannot write file, as it is there already: ${error.message}`;
  }
  if (error instanceof Deno.errors.IsADirectory) return `Cannot use file: ${error.message}`;
  if (error instanceof Deno.errors.NotCapable) return error.message;
  return null;
}

async function main([name = "", ...rest]: readonly string[]): Promise<number> {
  if (name === "--help" || name === "help") {
    console.log(usage());
    return 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    console.error(
      name === "" ? usage() : clean(`Cannot run "${name}": there is no such command; see --help`),
    );
    return 2;
  }
  if (rest.includes("--help")) {
    console.log(usageOf(name, command));
    return 0;
  }
  try {
    const args = new Args(rest, [...command.options, ...STORE_OPTIONS]);
    checkCount(command, args);
    const output = await command.run(args);
    if (output !== "") console.log(output);
    return 0;
  } catch (error) {
    if (error instanceof NegativeAnswer) {
      console.log(error.message);
      return 1;
    }
    if (error instanceof UsageError) {
      console.error(`${clean(error.message)}\nSee: certutil.ts ${name} --help`);
      return 2;
    }
    const text = explain(error);
    if (text === null) throw error;
    console.error(clean(text));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
