// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import {
  DENO,
  LEMON,
  NODE,
  NODE_ON_DENO,
  ours,
  RECLAIM,
  RECORDS,
  rivals,
  SUBTLS,
  TCP,
} from "./contenders.ts";
import type { Column, Measure, Settings } from "./measure.ts";
import { megabytes, pairEntry } from "./pairs.ts";

const COLUMNS: readonly Column[] = [
  { key: "value", title: "MB/s" },
  { key: "client", title: "client, us of CPU a MB" },
  { key: "server", title: "server, us of CPU a MB" },
];

const TITLES = { receive: "Receive", send: "Send" } as const;

/** How the places are called. */
export const PLACES = {
  pinned: "a core for each end",
  shared: "both ends on all cores",
} as const;

const megabytesOf = ({ count }: { readonly count: number }) => count / 1e6;

/** Bulk transfers of a client, with Deno's own TLS as the server. */
export function transfers(identity: Identity, settings: Settings): Measure[] {
  const names = [DENO, NODE_ON_DENO, NODE, SUBTLS, LEMON, RECLAIM];
  const clients = [
    ...ours(settings),
    { who: RECORDS, spec: { peer: "records" } as const },
    ...rivals(settings, names),
    { who: TCP, spec: { peer: "tcp" } as const },
  ];
  return (["receive", "send"] as const).flatMap((way) =>
    settings.places.map((place): Measure => ({
      id: `${way}-${place}`,
      title: `${TITLES[way]} over one connection, ${PLACES[place]}`,
      columns: COLUMNS,
      better: "more",
      entries: clients.map(({ who, spec }) =>
        pairEntry(
          { who, client: spec, server: { peer: spec.peer === "tcp" ? "tcp" : "native" } },
          identity,
          place,
          { command: { do: way, ms: settings.ms }, value: megabytes, units: megabytesOf },
        )
      ),
    }))
  );
}

/** Receiving over many connections at once. */
export function manyTransfers(identity: Identity, settings: Settings): Measure[] {
  const clients = [
    ...ours(settings),
    { who: RECORDS, spec: { peer: "records" } as const },
    ...rivals(settings, [DENO]),
  ];
  const { busy } = settings.many;
  return [1, busy].map((connections): Measure => ({
    id: connections === 1 ? "receive-of-one" : "receive-of-many",
    title: `Receive over ${connections} kept connection${connections === 1 ? "" : "s at once"}`,
    columns: [...COLUMNS, { key: "memory", title: "client, MiB" }],
    better: "more",
    entries: clients.map(({ who, spec }) =>
      pairEntry({ who, client: spec, server: { peer: "native" } }, identity, settings.places[0], {
        before: [{ do: "keep", count: connections }],
        command: { do: "receiveKept", ms: 2 * settings.ms },
        value: megabytes,
        units: megabytesOf,
      })
    ),
  }));
}
