// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/**
 * The program of each process of the benchmark, in Deno and (bundled) in Node: one end of
 * connections of one stack. Its argument is the stack; commands come by its standard input.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { loadPeer } from "../peers/all.ts";
import type { Peer, PeerConn, Server } from "../peers/peer.ts";
import { Application } from "./application.ts";
import { longestBlock, watchBlocks } from "./block.ts";
import { inLanes, timesOf, Visitor } from "./client.ts";
import type { Command, Done, PeerSpec } from "./commands.ts";

type Result = Partial<Pick<Done, "count" | "port" | "times" | "script">>;

const spec: PeerSpec = JSON.parse(process.argv[2]!);
const peer: Peer = spec.peer === undefined ? {} : await loadPeer(spec.peer);
let visitor: Visitor | undefined;

async function serve(server: Server): Promise<never> {
  for (;;) {
    try {
      serveOne(await server.accept());
    } catch {
      // A handshake that failed is the client's to report.
    }
  }
}

async function serveOne(conn: PeerConn): Promise<void> {
  try {
    await new Application(conn).serve();
  } catch {
    // The client has gone without a word, as some stacks do.
  } finally {
    await conn.close().catch(() => {});
  }
}

function client(): Visitor {
  if (visitor === undefined) throw new Error("Cannot connect: no target was given");
  return visitor;
}

async function obey(command: Command): Promise<Result> {
  switch (command.do) {
    case "listen": {
      if (!peer.server) throw new Error(`${spec.peer} is no server`);
      const server = await peer.server(command.identity, spec);
      serve(server);
      return { port: server.port };
    }
    case "target":
      if (!peer.client) throw new Error(`${spec.peer} is no client`);
      visitor = new Visitor(await peer.client(command.target, spec));
      return {};
    case "connect": {
      const { visit, lanes, ms, least } = command;
      return { count: await client().visits(visit, lanes, ms, least) };
    }
    case "receive":
    case "send":
      return { count: await client().move(command.do, command.ms) };
    case "ping": {
      const times = await client().ping(command.ms);
      return { count: times.length, times: timesOf(times) };
    }
    case "keep":
      await client().keep(command.count);
      return {};
    case "receiveKept":
      return { count: await client().receiveKept(command.ms) };
    case "requestKept": {
      const times = await client().requestKept(command.ms, command.lanes);
      return { count: times.length, times: timesOf(times) };
    }
    case "settle":
      visitor?.idle();
      await settle();
      return {};
    case "prepare":
    case "task": {
      const { runTask } = await import("./tasks.ts");
      return { count: await runTask(command.task, command.do, spec) };
    }
    case "nothing":
      return {};
    default:
      return await obeyOnDeno(command);
  }
}

/** What only this package's own stack is asked for. */
async function obeyOnDeno(command: Command): Promise<Result> {
  const recorder = await import("../peers/recorder.ts");
  const { playClient, playServer } = await import("./script.ts");
  switch (command.do) {
    case "record":
      recorder.startRecording();
      return {};
    case "recorded":
      return { script: recorder.stopRecording() };
    case "replay": {
      const { port, ms } = command;
      return { count: await inLanes(1, ms, () => recorder.replayClient(port)) };
    }
    case "replayServer":
      return { port: recorder.replayServer() };
    case "playServer":
      return { port: playServer(command.script) };
    case "playClient": {
      const { script, port, ms } = command;
      const buffer = new Uint8Array(1 << 16);
      return { count: await inLanes(1, ms, () => playClient(script, port, buffer)) };
    }
    default:
      throw new Error(`Cannot do ${command.do}`);
  }
}

function collectGarbage(): void {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc === "function") gc();
}

/** Gives back memory as where it becomes scarce. */
async function settle(): Promise<void> {
  const gc: unknown = Reflect.get(globalThis, "gc");
  for (let i = 0; i < 5; i++) {
    if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

if (spec.watch) watchBlocks();
for await (const line of createInterface({ input: process.stdin })) {
  const command: Command = JSON.parse(line);
  if (command.do !== "nothing") {
    collectGarbage();
    longestBlock();
  }
  const start = performance.now();
  const before = cpu();
  try {
    const result = await obey(command);
    const after = cpu();
    const ms = performance.now() - start;
    const { rss } = process.memoryUsage();
    const cost = { ms, cpu: after, spent: after - before, rss, block: longestBlock() };
    say({ count: 0, ...cost, ...result });
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) });
  }
}
process.exit(0);
