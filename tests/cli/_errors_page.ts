// Copyright 2026 the NSS for Deno authors. MIT license.

/** The page of errors, made from the table of errors and the rows of their causes. @module */

import { ERRORS } from "@nss/nss/cert";
import type { ErrorName } from "@nss/nss/cert";
import { adviceRow } from "../../cli/base/advice.ts";
import { readSources, type Source } from "../structure/_source.ts";
import { table } from "../support/generated_page.ts";

const NAMES = Object.keys(ERRORS) as ErrorName[];

/** The errors that published code names, the table and the causes themselves apart. */
export async function thrownErrors(): Promise<readonly ErrorName[]> {
  const named = (await readSources())
    .filter(({ path }) => path !== "cert/base/error_table.ts" && !path.startsWith("cli/"))
    .map(namesIn);
  return NAMES.filter((name) => named.some((names) => names.has(name)));
}

/** The errors that a file names outside of comments. */
function namesIn({ text }: Source): ReadonlySet<string> {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  return new Set(code.match(/\b(?:SEC|SSL|PR)_[A-Z0-9_]+\b/g));
}

/** Text as a cell of a table. */
function cell(text: string): string {
  return text.replaceAll(/[\\|*_<>`\[\]]/g, "\\$&");
}

/** The page. */
export async function errorsPage(): Promise<string> {
  const thrown = await thrownErrors();
  const rows = (prefix: RegExp) =>
    thrown.filter((name) => prefix.test(name)).map((name) => {
      const [code, message] = ERRORS[name];
      const [cause, cure] = adviceRow(name) ?? ["", ""];
      return [`\`${name}\``, `${code}`, cell(message), cell(cause), cell(cure)];
    });
  const head = ["error", "code", "what it says", "likely cause", "what fixes it"];
  const rest = NAMES.filter((name) => !thrown.includes(name));
  return [
    "# Errors, their causes and cures",
    "Written by `deno task errors-page` from the table of errors and from the causes that the " +
    "program `nss` tells; a test holds it to the code. Every error of this package is an " +
    "`NssError` with one of these names in `name` and its number in `code`; `message` says what " +
    "failed, and often more of the cause than is known here. `nss client HOST` and `nss verify` " +
    "([cli.md](./cli.md)) tell cause and cure of a server or a certificate.",
    "## Handshakes and connections",
    table(head, rows(/^SSL_/)),
    "## Certificates, keys and tokens",
    table(head, rows(/^SEC_/)),
    "## Transport and runtime",
    table(head, rows(/^PR_/)),
    "## Errors of NSS's that this package does not throw",
    "They are in the table, so that their numbers have names: " +
    `${rest.map((name) => `\`${name}\``).join(", ")}.`,
  ].join("\n\n") + "\n";
}
