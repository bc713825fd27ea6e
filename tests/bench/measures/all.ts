// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import { handshakes } from "./handshakes.ts";
import type { Measure, Settings } from "./measure.ts";
import { memory } from "./memory.ts";
import { messages } from "./messages.ts";
import { imports, tasks } from "./programs.ts";
import { manyTransfers, transfers } from "./transfers.ts";

/** Everything that is measured, in the order of the run. */
export function allMeasures(identity: Identity, settings: Settings): Measure[] {
  return [
    ...transfers(identity, settings),
    ...manyTransfers(identity, settings),
    ...handshakes(identity, settings),
    ...messages(identity, settings),
    memory(identity, settings),
    imports(settings),
    ...tasks(settings),
  ];
}
