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
import type { Client, Peer, PeerConn, Server } from "../peers/peer.ts";
import { Application } from "./application.ts";
import type { Command, Done, PeerSpec } from "./commands.ts";

type Result = Partial<Pick<Done, "count" | "ms" | "port" | "median">>;

const spec: PeerSpec = JSON.parse(process.argv[2]!);
const peer: Peer = await loadPeer(spec.peer);

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

/** How many bytes the first transfer moves. */
const PROBE = 1 << 20;

let client: Client | undefined;
let steady: Promise<Application> | undefined;

function connect(handshake: "full" | "resumed"): Promise<PeerConn> {
  if (client === undefined) throw new Error("Cannot connect: no target was given");
  return client.connect(handshake);
}

/** The one connection of bulk transfers and pings. */
function steadyConnection(): Promise<Application> {
  return steady ??= connect("full").then((conn) => new Application(conn));
}

async function connectOnce(handshake: "full" | "resumed", echo: boolean): Promise<void> {
  const conn = await connect(handshake);
  if (handshake === "resumed" && !conn.resumed) throw new Error("The session was not resumed");
  if (echo) await new Application(conn).pingPong(1);
  await conn.close();
}

/** Whether a session is there that can be resumed. */
let primed = false;

async function connectMany(command: Command & { do: "connect" }): Promise<Result> {
  const { ms, lanes, handshake, echo } = command;
  if (handshake === "resumed" && !primed) {
    const conn = await connect("resumed");
    await new Application(conn).pingPong(1);
    await conn.close();
    primed = true;
  }
  const end = performance.now() + ms;
  let count = 0;
  const lane = async () => {
    do {
      await connectOnce(handshake, echo);
      count++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { count };
}

/** Bytes a millisecond, of the first transfer. */
let rate: number | undefined;

/** Moves as many bytes as about fill the time. */
async function move(command: Command & { do: "receive" | "send" }): Promise<Result> {
  const application = await steadyConnection();
  const transfer = (count: number) =>
    command.do === "receive" ? application.receive(count) : application.send(count);
  if (rate === undefined) {
    await transfer(PROBE);
    const start = performance.now();
    await transfer(PROBE);
    rate = PROBE / (performance.now() - start);
  }
  const count = Math.max(PROBE, Math.round(rate * command.ms));
  await transfer(count);
  return { count };
}

async function ping({ ms }: Command & { do: "ping" }): Promise<Result> {
  const application = await steadyConnection();
  const times: number[] = [];
  const end = performance.now() + ms;
  do {
    await application.pingPong(25, (time) => times.push(time));
  } while (performance.now() < end);
  times.sort((a, b) => a - b);
  return { count: times.length, median: times[times.length >> 1]! };
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
      client = await peer.client(command.target, spec);
      return {};
    case "connect":
      return await connectMany(command);
    case "receive":
    case "send":
      return await move(command);
    case "ping":
      return await ping(command);
    case "nothing":
      return {};
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const command: Command = JSON.parse(line);
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc === "function" && command.do !== "nothing") gc();
  const start = performance.now();
  const before = cpu();
  try {
    const result = await obey(command);
    const after = cpu();
    const ms = performance.now() - start;
    const { rss } = process.memoryUsage();
    say({ count: 0, ms, cpu: after, spent: after - before, rss, ...result });
  } catch (error) {
    steady = undefined;
    say({ failed: error instanceof Error ? error.message : String(error) });
  }
}
process.exit(0);
