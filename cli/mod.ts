// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The program `nss` shows what TLS does, says what is wrong with a server and what would fix it,
 * and keeps certificates and keys.
 *
 * ```sh
 * deno run -A jsr:@nss/nss/cli client example.com
 * deno run -A jsr:@nss/nss/cli --help
 * ```
 *
 * `docs/cli.md` has its commands. It exports nothing, and does nothing where it is imported.
 *
 * ```ts
 * import * as program from "@nss/nss/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(Object.keys(program), []);
 * ```
 *
 * @module
 */

import { endChildren } from "./base/children.ts";
import { EXIT_CODES, type Outcome } from "./base/command.ts";
import { deleteUnfinished } from "./base/files.ts";
import { standardIo } from "./base/io.ts";
import { runCommandLine } from "./run.ts";

function end(outcome: Outcome): never {
  deleteUnfinished();
  endChildren();
  Deno.exit(EXIT_CODES[outcome][0]);
}

if (import.meta.main) {
  Deno.addSignalListener("SIGINT", () => end("interrupted"));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => end("terminated"));
  end(await runCommandLine(Deno.args, standardIo()));
}
