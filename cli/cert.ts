// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss cert`: certificates and keys in databases and tokens. @module */

import type { Command } from "./base/command.ts";
import * as change from "./store/change.ts";
import { selfSign } from "./store/issue.ts";
import { list, show } from "./store/look.ts";

/** In the order in which people need them. */
export const COMMANDS: readonly Command[] = [
  change.create,
  list,
  show,
  change.add,
  change.trust,
  change.rename,
  change.remove,
  selfSign,
  change.generateKey,
  change.removeKey,
  change.password,
];
