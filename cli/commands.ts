// Copyright 2026 the NSS for Deno authors. MIT license.

/** The commands, each loaded when it is run. @module */

import { importLazily } from "../cert/base/lazy_module.ts";
import type { Command } from "./base/command.ts";

/** A command, or a group of them: `nss cert list`. */
export interface Entry {
  /** The word behind `nss`. */
  readonly name: string;
  /** What it does, in a line. */
  readonly text: string;
  /** Loads the command, or those of the group. */
  readonly load: () => Promise<{ readonly COMMANDS: readonly Command[] }>;
}

/** In the order in which people need them. */
export const ENTRIES: readonly Entry[] = [
  {
    name: "client",
    text: "connect to a server, and show who it is, what was negotiated, and what is wrong",
    load: () => importLazily("nss client", () => import("./client.ts")),
  },
];
