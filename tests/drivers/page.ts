// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/recipes.md from the recipes that the tests run, and from what they show. @module */

import { table } from "../support/generated_page.ts";
import { type Driver, DRIVERS, OTHER_RECIPES } from "./_drivers.ts";

const PAGE = new URL("../../docs/recipes.md", import.meta.url);

/** The text of a recipe. */
export function readRecipe(file: string): string {
  return Deno.readTextFileSync(new URL(`recipes/${file}`, import.meta.url));
}

const drivers: readonly Driver[] = Object.values(DRIVERS);

/** How many lines of code a recipe has. */
export function linesOf(file: string): number {
  return readRecipe(file).split("\n").filter((line) => line.trim() !== "").length;
}

/** The page. */
export function recipesPage(): string {
  return [
    INTRODUCTION,
    "## What was tried",
    ALL_SHOW,
    table(
      ["driver", "version", "with", "lines", "TLS by", "STARTTLS", "also shown"],
      drivers.map(driverRow),
    ),
    ...drivers.map((driver) => section(driver.job, driver.note, driver.recipes)),
    ...OTHER_RECIPES.map(({ job, note, recipe }) => section(job, note, [recipe])),
    OUT_OF_REACH,
  ].join("\n\n") + "\n";
}

function driverRow(driver: Driver): readonly string[] {
  return [
    driver.package,
    driver.version,
    driver.server,
    driver.recipes.map(linesOf).join(", "),
    driver.way,
    driver.startTls,
    driver.also.join(", "),
  ];
}

function section(job: string, note: string | undefined, files: readonly string[]): string {
  const code = files.map((file) => `\`\`\`ts ignore\n${readRecipe(file)}\`\`\``);
  return [`## ${job}`, ...note === undefined ? [] : [note], ...code].join("\n\n");
}

const INTRODUCTION = `# Recipes

Each recipe is a file that a test runs against the real software, and is copied here by
\`deno task recipes\`: the tests are in \`tests/drivers/\`.

## Any driver of npm's, in one line

Drivers that are written for Node begin TLS by \`tls.connect()\` of \`node:tls\`. A program may put
another function there; from then on everything in the program that calls it has our TLS. Do it in a
module of its own, imported before the driver: some, such as tedious, copy the functions as soon as
they are loaded, and would go on with Node's.

\`\`\`ts
import tls from "node:tls";
import { connect, createSecureContext } from "@nss/nss/node";
import { assertEquals } from "@std/assert";

Object.assign(tls, { connect, createSecureContext });
assertEquals(tls.connect, connect);
\`\`\`

The driver's own options of TLS stay what its manual says (\`ca\`, \`cert\`, \`key\`, \`servername\`),
and certificates are verified unless they say otherwise. Where a driver has an option for this, its
recipe uses that, and nothing is replaced. \`Deno.connectTls\`, \`fetch\` and \`Deno.serve\` are never
touched.

An import map in \`deno.json\` (\`"node:tls": "@nss/nss/node"\`) counts for the program's own modules
only: Deno does not apply it inside packages of npm's.`;

const ALL_SHOW =
  `Every driver shows, with its recipe: that the server knows it by its certificate; an error, and
no hang, where it has no certificate of its own, and where the server's is for another name, of an
unknown root, or has expired; answers of 16 MiB and requests of 4 MiB, where its protocol has them;
twenty clients at the same time; and that a server that ends is noticed, and found again when it is
back. "TLS by" says what the recipe uses: \`node:tls\`, in which it puts our functions, an option of the
driver's, or \`relay()\`, which makes a Unix socket of a connection. "STARTTLS" says whether TLS begins after words in the clear.`;

const OUT_OF_REACH = `## Out of reach

| what | why | the way around |
| --- | --- | --- |
| \`import { connect } from "node:tls"\`, \`import * as tls\` in a module of ECMAScript | these bindings are fixed when the module is loaded; Node's \`syncBuiltinESMExports()\` changes them, Deno's does not | an option of the driver's, as \`createSecureConnection\` of ldapts; a file of its own that the import map names instead |
| packages that call \`Deno.connectTls\` or \`Deno.startTls\` (\`@nats-io/transport-deno\`) | they ask the runtime, not a module | the package's version for Node |
| \`fetch()\` and \`WebSocket\` of Deno | they have no option for a connection | undici's \`fetch\`, ws |
| software that only dials | it has no option for a socket either | \`relay()\`, for one connection, as [for redis](#redis-with-redis-over-a-connection-of-yours) |
| MongoDB itself | Debian has none, and its binaries are not on npm | tested behind stunnel, with answers of the test's own |
| SQL Server itself | there is none for Debian | tedious is tested up to its login, with a server of the test's own |`;

if (import.meta.main) await Deno.writeTextFile(PAGE, recipesPage());
