// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { Place } from "../process/remote.ts";
import type { Measure } from "./measure.ts";
import { clients } from "./contenders.ts";
import { type Ends, pairEntry } from "./pairs.ts";
import type { Settings } from "./settings.ts";

const TITLES = {
  receive: "Receive over one connection",
  send: "Send over one connection",
} as const;

const PLACES = {
  pinned: "a core for each end",
  shared: "all cores for both ends",
} as const;

/** Bulk transfers of a client, with Deno's own TLS as the server. */
export function transfers(identity: Identity, settings: Settings): Measure[] {
  const ends: Ends[] = clients(settings).map(({ who, spec }) => ({
    who,
    client: spec,
    server: { peer: spec.peer === "tcp" ? "tcp" : "native" },
  }));
  return (["receive", "send"] as const).flatMap((way) =>
    settings.places.map((place: Place): Measure => ({
      id: `${way}-${place}`,
      title: `${TITLES[way]}, ${PLACES[place]}`,
      unit: "MB/s",
      better: "more",
      entries: ends.map((one) =>
        pairEntry(one, identity, place, {
          command: { do: way, ms: settings.ms },
          value: ({ count, ms }) => count / ms / 1000,
          units: ({ count }) => count / 1e6,
        })
      ),
    }))
  );
}
