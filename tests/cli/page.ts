// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/cli.md from what the commands declare: `deno task cli-page`. @module */

import { commandsPage } from "./_page.ts";

await Deno.writeTextFile(new URL("../../docs/cli.md", import.meta.url), await commandsPage());
