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
  referenceServer,
  rivals,
  SESSION_SERVER,
  SUBTLS,
  TCP,
} from "./contenders.ts";
import { floorEntries } from "./floors.ts";
import type { Column, Entry, Measure, Settings } from "./measure.ts";
import { type Ends, pairEntry, perSecond, warmUp } from "./pairs.ts";
import type { Visit } from "../process/commands.ts";

const COLUMNS: readonly Column[] = [
  { key: "value", title: "a second" },
  { key: "client", title: "client, us of CPU" },
  { key: "server", title: "server, us of CPU" },
];

const FULL: Visit = { handshake: "full", echo: false };
const FULL_AND_ECHO: Visit = { handshake: "full", echo: true };
const RESUMED: Visit = { handshake: "resumed", echo: true };

/** Everything about handshakes. */
export function handshakes(identity: Identity, settings: Settings): Measure[] {
  const [place] = settings.places;
  const measure = (
    id: string,
    title: string,
    visit: Visit,
    ends: readonly Ends[],
    { lanes = 1, floors = [] }: { lanes?: number; floors?: readonly Entry[] } = {},
  ): Measure => ({
    id,
    title,
    columns: COLUMNS,
    better: "more",
    twice: true,
    entries: [
      ...ends.map((pair) =>
        pairEntry(pair, identity, place, {
          before: [warmUp(visit, settings)],
          command: { do: "connect", ms: settings.ms, lanes, visit },
          value: perSecond,
        })
      ),
      ...floors,
    ],
  });

  const reference = referenceServer(settings);
  const tcp: Ends = { who: TCP, client: { peer: "tcp" }, server: { peer: "tcp" } };
  const asClients = [
    ...ours(settings),
    ...rivals(settings, [DENO, NODE_ON_DENO, NODE, SUBTLS, LEMON, RECLAIM]),
  ].map(({ who, spec }): Ends => ({ who, client: spec, server: reference }));
  const asServers = [
    ...ours(settings),
    ...rivals(settings, [DENO, NODE_ON_DENO, NODE, LEMON]),
  ].map(({ who, spec }): Ends => ({ who, client: { peer: "native" }, server: spec }));
  const resuming = (version: "1.2" | "1.3", names: readonly string[]) =>
    [...ours(settings, { version }), ...rivals(settings, names, { version })]
      .map(({ who, spec }): Ends => ({ who, client: spec, server: SESSION_SERVER }));
  const floors = (end: "client" | "server", visit: Visit, version: "1.2" | "1.3" = "1.3") =>
    floorEntries({ end, visit, version }, identity, settings);

  return [
    measure("client-1", "Full handshakes of a client, one by one", FULL, [...asClients, tcp], {
      floors: floors("client", FULL),
    }),
    measure("client-16", "Full handshakes of a client, 16 at once", FULL, [...asClients, tcp], {
      lanes: 16,
    }),
    measure("server-1", "Full handshakes of a server, one by one", FULL, asServers, {
      floors: floors("server", FULL),
    }),
    measure("server-16", "Full handshakes of a server, 16 at once", FULL, asServers, {
      lanes: 16,
    }),
    measure(
      "resumed-1.3",
      "Resumed handshakes of a client with a byte echoed, TLS 1.3",
      RESUMED,
      resuming("1.3", [NODE, RECLAIM]),
      { floors: floors("client", RESUMED) },
    ),
    measure(
      "resumed-1.2",
      "Resumed handshakes of a client with a byte echoed, TLS 1.2",
      RESUMED,
      resuming("1.2", [NODE]),
      { floors: floors("client", RESUMED, "1.2") },
    ),
    measure(
      "echo",
      "Connect, full handshake, a byte echoed; both ends of the same stack",
      FULL_AND_ECHO,
      [...ours(settings), ...rivals(settings, [DENO, NODE_ON_DENO, NODE, LEMON])]
        .map(({ who, spec }) => ({ who, client: spec, server: spec })),
    ),
    measure(
      "echo-client",
      `The same, with ${settings.hasNode ? NODE : NODE_ON_DENO} as the server`,
      FULL_AND_ECHO,
      asClients,
    ),
    measure("echo-server", "The same, with Deno as the client", FULL_AND_ECHO, asServers),
  ];
}
