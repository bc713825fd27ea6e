// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes what RFC 9846 changes into docs/conformance.md: `deno task rfc9846`. @module */

import { withText } from "../support/generated_page.ts";
import { rfc9846Table, WRITER } from "./_rfc9846_rows.ts";

const PAGE = new URL("../../docs/conformance.md", import.meta.url);
await Deno.writeTextFile(PAGE, withText(await Deno.readTextFile(PAGE), WRITER, rfc9846Table()));
