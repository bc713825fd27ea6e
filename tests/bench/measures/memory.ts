// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { PeerSpec } from "../process/commands.ts";
import { Pair } from "../process/pair.ts";
import { DENO, NODE, NODE_ON_DENO, ours, rivals, TCP } from "./contenders.ts";
import type { Entry, Measure, Sample, Settings } from "./measure.ts";

const KIB = 1024;
/** Code is compiled and pools have grown when these are open. */
const FIRST = 100;
/** How much an application reads at once. */
const READ_LENGTH = 4096;

/** What idle connections take. */
export function memory(identity: Identity, settings: Settings): Measure {
  const { idle } = settings.many;
  const options = { readLength: READ_LENGTH };
  const contenders = [
    ...ours(settings, options),
    ...rivals(settings, [DENO, NODE_ON_DENO, NODE], options),
    { who: TCP, spec: { peer: "tcp", ...options } as const },
  ];
  return {
    id: "idle",
    title: `Memory of an idle connection; both ends of the same stack`,
    columns: [
      { key: "value", title: `client, KiB at ${idle}` },
      { key: "server", title: `server, KiB at ${idle}` },
      { key: "clientSlope", title: `client, KiB, ${idle} to ${3 * idle}` },
      { key: "serverSlope", title: `server, KiB, ${idle} to ${3 * idle}` },
    ],
    better: "less",
    once: true,
    entries: contenders.map(({ who, spec }) => memoryEntry(who, spec, identity, settings)),
  };
}

function memoryEntry(who: string, spec: PeerSpec, identity: Identity, settings: Settings): Entry {
  return {
    who,
    async start() {
      const pair = await Pair.start({ client: spec, server: spec }, identity, "shared");
      return {
        sample: () => measure(pair, settings.many.idle),
        [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
      };
    },
  };
}

async function measure({ client, server }: Pair, idle: number): Promise<Sample> {
  const keep = async (count: number) => {
    await client.ask({ do: "keep", count });
    const rss = [];
    for (const end of [client, server]) rss.push((await end.ask({ do: "settle" })).rss / KIB);
    return rss;
  };
  const [before, at, after] = [await keep(FIRST), await keep(idle), await keep(2 * idle)];
  const grown = (end: 0 | 1) => (at[end]! - before[end]!) / idle;
  const slope = (end: 0 | 1) => (after[end]! - at[end]!) / (2 * idle);
  return { value: grown(0), server: grown(1), clientSlope: slope(0), serverSlope: slope(1) };
}
