// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss cert`: certificates and keys in databases and tokens. @module */

import type { Command } from "./base/command.ts";
import * as change from "./store/change.ts";
import { issueOwn, selfSign } from "./store/issue.ts";
import { chain, list, show } from "./store/look.ts";
import { merge } from "./store/merge.ts";

/** In the order in which people need them. */
export const COMMANDS: readonly Command[] = [
  change.create,
  list,
  show,
  chain,
  change.add,
  change.trust,
  change.rename,
  change.remove,
  selfSign,
  issueOwn,
  change.generateKey,
  change.removeKey,
  change.password,
  merge,
];
