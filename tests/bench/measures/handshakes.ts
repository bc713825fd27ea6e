// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { Measure } from "./measure.ts";
import { clients } from "./contenders.ts";
import { pairEntry } from "./pairs.ts";
import type { Settings } from "./settings.ts";

/** Full handshakes of clients, with Deno's own TLS as the server. */
export function handshakes(identity: Identity, settings: Settings): Measure[] {
  return [1, 16].map((lanes): Measure => ({
    id: `handshake-client-${lanes}`,
    title: `Full handshakes of a client, ${lanes === 1 ? "one by one" : `${lanes} at once`}`,
    unit: "a second",
    better: "more",
    entries: clients(settings).map(({ who, spec }) =>
      pairEntry(
        { who, client: spec, server: { peer: spec.peer === "tcp" ? "tcp" : "native" } },
        identity,
        settings.places[0]!,
        {
          command: { do: "connect", ms: settings.ms, lanes, handshake: "full", echo: false },
          value: ({ count, ms }) => count / ms * 1000,
        },
      )
    ),
  }));
}
