// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss crl`: certificate revocation lists. @module */

import type { Command } from "./base/command.ts";
import * as database from "./store/crls_of_database.ts";
import { show, verify } from "./store/look_at_crl.ts";
import { create } from "./store/make_crl.ts";

/** In the order in which people need them. */
export const COMMANDS: readonly Command[] = [
  create,
  show,
  verify,
  database.list,
  database.importCommand,
  database.exportCommand,
  database.remove,
];
