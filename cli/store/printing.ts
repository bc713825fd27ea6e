// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands about a store: a database, a token, files. @module */

import type { Command } from "../base/command.ts";
import { type Reporting, reporting } from "../base/reporting.ts";
import { STORE_OPTIONS } from "./store.ts";

/** Makes a command that has the options that say which store, besides its own. */
export function printing({ options, ...rest }: Reporting): Command {
  return reporting({ ...rest, options: [...options, ...STORE_OPTIONS] });
}
