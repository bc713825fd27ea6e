// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { Command, Done, PeerSpec, Visit } from "../process/commands.ts";
import { Pair } from "../process/pair.ts";
import type { Place } from "../process/remote.ts";
import type { Entry, Sample, Settings } from "./measure.ts";

/** Two ends that are measured. */
export interface Ends {
  readonly who: string;
  readonly client: PeerSpec;
  readonly server: PeerSpec;
}

/** What a client does to be measured. */
export interface Work {
  readonly command: Command;
  /** The first column's value. */
  readonly value: (done: Done) => number;
  /** How many units of work were done, of which each has its CPU time; default: `done.count`. */
  readonly units?: (done: Done) => number;
  /** What is done before the first round. */
  readonly before?: readonly Command[];
}

/**
 * As many handshakes as V8 wants to see before it has compiled what it will: the first six hundred
 * of a process take twice the time of the later ones.
 */
export function warmUp(visit: Visit, { ms }: Settings): Command {
  // Each resumption needs the ticket of the one before.
  const lanes = visit.handshake === "full" ? 4 : 1;
  return { do: "connect", ms, least: 4 * ms, lanes, visit };
}

/** Times a second. */
export function perSecond({ count, ms }: Done): number {
  return 1000 * count / ms;
}

/** Megabytes (of 1,000,000 bytes) a second. */
export function megabytes({ count, ms }: Done): number {
  return count / ms / 1000;
}

/** Makes the entry of two processes, client and server. */
export function pairEntry(ends: Ends, identity: Identity, place: Place, work: Work): Entry {
  return {
    who: ends.who,
    async start() {
      const pair = await Pair.start(ends, identity, place);
      try {
        for (const command of work.before ?? []) await pair.client.ask(command);
      } catch (error) {
        await pair[Symbol.asyncDispose]();
        throw error;
      }
      return {
        sample: () => sample(pair, work),
        [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
      };
    },
  };
}

async function sample({ client, server }: Pair, work: Work): Promise<Sample> {
  const before = await server.ask({ do: "nothing" });
  const done = await client.ask(work.command);
  const after = await server.ask({ do: "nothing" });
  const units = work.units?.(done) ?? done.count;
  return {
    value: work.value(done),
    client: done.spent / units,
    server: (after.cpu - before.cpu) / units,
    memory: done.rss / 2 ** 20,
  };
}
