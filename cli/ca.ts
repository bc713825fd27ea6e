// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss ca`: a private authority in a folder. @module */

import type { Command } from "./base/command.ts";
import { create } from "./ca/create.ts";
import { issue } from "./ca/issue.ts";
import { list } from "./ca/list.ts";
import { renew } from "./ca/renew.ts";
import { revoke } from "./ca/revoke.ts";
import { serveCrl } from "./ca/serve_crl.ts";
import { trust, untrust } from "./ca/trust/trust.ts";

/** In the order in which people need them. */
export const COMMANDS: readonly Command[] = [
  create,
  issue,
  trust,
  untrust,
  list,
  renew,
  revoke,
  serveCrl,
];
