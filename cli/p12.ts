// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss p12`: keys that move with their certificates, as PKCS#12 or PEM. @module */

import type { Command } from "./base/command.ts";
import { list } from "./store/list_pkcs12.ts";
import { exportCommand, importCommand } from "./store/move.ts";

/** The commands. */
export const COMMANDS: readonly Command[] = [list, importCommand, exportCommand];
