// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { Command, Done, PeerSpec } from "../process/commands.ts";
import { Pair, type Place } from "../process/remote.ts";
import type { Entry, Sample } from "./measure.ts";

/** Two ends that are measured. */
export interface Ends {
  readonly who: string;
  readonly client: PeerSpec;
  readonly server: PeerSpec;
}

/** What a client does to be measured. */
export interface Work {
  readonly command: Command;
  /** The value, in the measure's unit. */
  readonly value: (done: Done) => number;
  /** How many units of work were done, of which each has its CPU time; default: `done.count`. */
  readonly units?: (done: Done) => number;
}

/** Makes the entry of two processes, client and server. */
export function pairEntry(ends: Ends, identity: Identity, place: Place, work: Work): Entry {
  return {
    who: ends.who,
    async start() {
      const pair = await Pair.start(ends, identity, place);
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
  const units = (work.units ?? (({ count }) => count))(done);
  return {
    value: work.value(done),
    client: done.spent / units,
    server: (after.cpu - before.cpu) / units,
  };
}
