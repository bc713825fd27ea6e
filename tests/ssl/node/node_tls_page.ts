// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes the tables of docs/node.md: `deno task node-tls`. @module */

import { withText } from "../../support/generated_page.ts";
import { PAGE, tables, WRITER } from "./_node_tls_page.ts";

await Deno.writeTextFile(PAGE, withText(await Deno.readTextFile(PAGE), WRITER, tables()));
