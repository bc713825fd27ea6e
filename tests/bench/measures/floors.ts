// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { PeerSpec, Visit } from "../process/commands.ts";
import { Pair } from "../process/pair.ts";
import { Remote } from "../process/remote.ts";
import type { Script } from "../peers/recorder.ts";
import { CALLS, CALLS_AND_IO, referenceServer, SESSION_SERVER } from "./contenders.ts";
import type { Entry, Probe, Sample, Settings } from "./measure.ts";
import { perSecond, warmUp } from "./pairs.ts";

/** Whose floor it is. */
export interface Floor {
  readonly end: "client" | "server";
  readonly visit: Visit;
  readonly version: "1.2" | "1.3";
}

/**
 * What is below the handshakes of one end: exactly the WebCrypto calls that one of them made, as
 * many at once as then, alone and with its reads and writes of the socket.
 */
export function floorEntries(floor: Floor, identity: Identity, settings: Settings): Entry[] {
  const start = async (withIo: boolean): Promise<Probe> => {
    await using stack = new AsyncDisposableStack();
    const [place] = settings.places;
    const own: PeerSpec = { peer: "nss", version: floor.version, tapped: true };
    const resumed = floor.visit.handshake === "resumed";
    const ends = floor.end === "client"
      ? { client: own, server: resumed ? SESSION_SERVER : referenceServer(settings) }
      : { client: { peer: "native" } as const, server: own };
    const pair = stack.use(await Pair.start(ends, identity, place));
    const recorded = pair[floor.end];
    const script = await record(pair, recorded, floor.visit, settings);
    let replay: () => Promise<Sample>;
    if (!withIo) replay = () => replayCalls(recorded, floor.end, settings.ms);
    else {
      const other = floor.end === "client" ? "server" : "client";
      const player = stack.use(await Remote.start({}, other, place));
      replay = floor.end === "client"
        ? await replayClient(recorded, player, script, settings.ms)
        : await replayServer(recorded, player, script, settings.ms);
    }
    const all = stack.move();
    return { sample: replay, [Symbol.asyncDispose]: () => all.disposeAsync() };
  };
  return [
    { who: CALLS, start: () => start(false) },
    { who: CALLS_AND_IO, start: () => start(true) },
  ];
}

async function record(
  { client }: Pair,
  recorded: Remote,
  visit: Visit,
  settings: Settings,
): Promise<Script> {
  await client.ask(warmUp(visit, settings));
  await recorded.ask({ do: "record" });
  await client.ask({ do: "connect", ms: 0, lanes: 1, visit });
  const { script } = await recorded.ask({ do: "recorded" });
  return script!;
}

async function replayCalls(
  recorded: Remote,
  end: "client" | "server",
  ms: number,
): Promise<Sample> {
  const done = await recorded.ask({ do: "replay", ms });
  return { value: perSecond(done), [end]: done.spent / done.count };
}

async function replayClient(client: Remote, player: Remote, script: Script, ms: number) {
  const { port } = await player.ask({ do: "playServer", script });
  return async (): Promise<Sample> => {
    const done = await client.ask({ do: "replay", ms, port: port! });
    return { value: perSecond(done), client: done.spent / done.count };
  };
}

async function replayServer(server: Remote, player: Remote, script: Script, ms: number) {
  const { port } = await server.ask({ do: "replayServer" });
  return async (): Promise<Sample> => {
    const before = await server.ask({ do: "nothing" });
    const done = await player.ask({ do: "playClient", script, ms, port: port! });
    const after = await server.ask({ do: "nothing" });
    return { value: perSecond(done), server: (after.cpu - before.cpu) / done.count };
  };
}
