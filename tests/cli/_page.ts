// Copyright 2026 the NSS for Deno authors. MIT license.

/** The page of the program's commands, made from what they declare. @module */

import { type Command, EXIT_CODES, optionsOf } from "../../cli/base/command.ts";
import { optionForm, optionText, usageOf } from "../../cli/base/help.ts";
import { OUTPUT_MEMBERS } from "../../cli/base/output_as_json.ts";
import { ENTRIES } from "../../cli/commands.ts";
import { table } from "../support/generated_page.ts";
import { MKCERT } from "./ca/_mkcert.ts";
import { toolSections } from "./_tool_options.ts";

/** All commands, in order. */
export async function allCommands(): Promise<readonly Command[]> {
  return (await Promise.all(ENTRIES.map((entry) => entry.load()))).flatMap(({ COMMANDS }) =>
    COMMANDS
  );
}

/** Text as a cell of a table. */
function cell(text: string): string {
  return text.replaceAll(/[\\|*_<>`\[\]]/g, "\\$&");
}

/** The members of an object of JSON. */
function members(how: string, json: Readonly<Record<string, string>>): string[] {
  return [
    `${how} with these members. Members may be added; where one goes or ` +
    "means something else, `format` is another number.",
    table(
      ["member", "what it is"],
      Object.entries(json).map(([member, what]) => [`\`${member}\``, cell(what)]),
    ),
  ];
}

function section(command: Command): string[] {
  const { name, text, more = [], examples, json = OUTPUT_MEMBERS, hasEvents, answers } = command;
  return [
    `### \`nss ${name}\``,
    `${text}.`,
    ...more,
    "```\n" + usageOf(command) + "\n```",
    table(
      ["option", "what it does"],
      optionsOf(command).map((option) => [`\`${optionForm(option)}\``, cell(optionText(option))]),
    ),
    "```sh\n" + examples.map((one) => `# ${one.text}\nnss ${one.line}`).join("\n\n") + "\n```",
    ...members(
      `\`--json\` prints ${
        hasEvents ? "each event as an object on a line of its own" : "one object on one line"
      },`,
      json,
    ),
    ...answers === undefined
      ? []
      : members(`${cell(answers.where)} with one object on one line,`, answers.members),
  ];
}

/** The page. */
export async function commandsPage(): Promise<string> {
  return [
    "# The program `nss`",
    "This page is written from the commands' own declarations by `deno task cli-page`; a test holds " +
    "it to them.",
    "`nss` shows what TLS does, says why a server is not good and what would fix it, and keeps " +
    "certificates and keys. It needs no installation:",
    "```sh\ndeno run -A jsr:@nss/nss/cli client example.com\n" +
    "deno install -A -g -n nss jsr:@nss/nss/cli # then: nss client example.com\n```",
    "In a checkout, `deno task nss` runs it. Instead of `-A`, `client`, `verify` and `scan` need " +
    "`--allow-net`, and `--allow-sys` for the authorities of the platform; what reads or writes " +
    "files, `--allow-read` and `--allow-write`; NSS databases nothing besides; a PKCS#11 library " +
    "`--allow-ffi`.",
    "The result goes to standard output, all else to standard error. Colours are for terminals, " +
    "and none are used where `NO_COLOR` is set; lists are tables on terminals, and columns " +
    "separated by tabs elsewhere. What comes from peers and files is printed with control " +
    "characters escaped, and shortened where it is long. Files are written whole or not at all. " +
    "Passwords come from the terminal, a file or the environment; one on the command line is " +
    "taken with a warning. [errors.md](./errors.md) lists all errors with causes and cures.",
    "## Exit codes",
    table(
      ["code", "meaning"],
      Object.values(EXIT_CODES).map(([code, text]) => [`${code}`, cell(text)]),
    ),
    "## Commands",
    ...(await allCommands()).flatMap(section),
    "## `nss ca` beside mkcert",
    "A test holds the table to the options of both.",
    table(["mkcert", "`nss ca`"], MKCERT.map(({ mkcert, ours }) => [cell(mkcert), ours])),
    ...toolSections(cell),
    "## Beside other tools",
    "[broken_servers.md](./broken_servers.md) has what `nss client`, OpenSSL, curl, GnuTLS and NSS " +
    "say of ten broken servers.",
  ].join("\n\n") + "\n";
}
