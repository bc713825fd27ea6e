// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss module`: PKCS#11 libraries, their slots and tokens. @module */

import type { Command } from "./base/command.ts";
import * as change from "./store/change_modules.ts";
import { list, show } from "./store/look_at_modules.ts";
import { mechanisms, tokens } from "./store/tokens.ts";

/** In the order in which people need them. */
export const COMMANDS: readonly Command[] = [
  list,
  show,
  tokens,
  mechanisms,
  change.add,
  change.remove,
  change.enable,
  change.disable,
  change.setDefault,
  change.unsetDefault,
];
