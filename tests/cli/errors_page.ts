// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/errors.md: `deno task errors-page`. @module */

import { errorsPage } from "./_errors_page.ts";

await Deno.writeTextFile(new URL("../../docs/errors.md", import.meta.url), await errorsPage());
