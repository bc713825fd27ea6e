// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import { Pair } from "../process/pair.ts";
import {
  DENO,
  LEMON,
  NODE,
  NODE_ON_DENO,
  ours,
  RECORDS,
  rivals,
  SUBTLS,
  TCP,
} from "./contenders.ts";
import type { Entry, Measure, Settings } from "./measure.ts";
import { pairEntry } from "./pairs.ts";

/** How many requests are under way at once. */
const LANES = 16;

/** Small messages: over one connection, and over many that are kept. */
export function messages(identity: Identity, settings: Settings): Measure[] {
  const [place] = settings.places;
  const pingers = [
    ...ours(settings),
    { who: RECORDS, spec: { peer: "records" } as const },
    ...rivals(settings, [DENO, NODE_ON_DENO, NODE, SUBTLS, LEMON]),
    { who: TCP, spec: { peer: "tcp" } as const },
  ];
  const ping: Measure = {
    id: "ping",
    title: "A byte there and back, Deno as the server",
    columns: [
      { key: "value", title: "us, the median" },
      { key: "client", title: "client, us of CPU" },
      { key: "server", title: "server, us of CPU" },
    ],
    better: "less",
    entries: pingers.map(({ who, spec }) =>
      pairEntry(
        { who, client: spec, server: { peer: spec.peer === "tcp" ? "tcp" : "native" } },
        identity,
        place,
        {
          command: { do: "ping", ms: settings.ms },
          value: ({ times }) => 1000 * times!.median,
        },
      )
    ),
  };
  const { busy } = settings.many;
  const requests: Measure = {
    id: "requests",
    title:
      `Requests of 16 KiB over ${busy} connections, ${LANES} at once; both ends of the same stack`,
    columns: [
      { key: "value", title: "p99, ms" },
      { key: "median", title: "median, ms" },
      { key: "clientBlock", title: "client, longest block, ms" },
      { key: "serverBlock", title: "server, longest block, ms" },
    ],
    better: "less",
    entries: [...ours(settings), ...rivals(settings, [DENO, NODE_ON_DENO])]
      .map(({ who, spec }) => requestEntry(who, { ...spec, watch: true }, identity, settings)),
  };
  return [ping, requests];
}

function requestEntry(
  who: string,
  spec: Parameters<typeof Pair.start>[0]["client"],
  identity: Identity,
  settings: Settings,
): Entry {
  return {
    who,
    async start() {
      await using stack = new AsyncDisposableStack();
      const ends = { client: spec, server: spec };
      const { client, server } = stack.use(await Pair.start(ends, identity, settings.places[0]));
      await client.ask({ do: "keep", count: settings.many.busy });
      const all = stack.move();
      return {
        async sample() {
          await server.ask({ do: "nothing" });
          const { times, block } = await client.ask({
            do: "requestKept",
            ms: 2 * settings.ms,
            lanes: LANES,
          });
          const { block: serverBlock } = await server.ask({ do: "nothing" });
          const { median, p99 } = times!;
          return { value: p99, median, clientBlock: block, serverBlock };
        },
        [Symbol.asyncDispose]: () => all.disposeAsync(),
      };
    },
  };
}
