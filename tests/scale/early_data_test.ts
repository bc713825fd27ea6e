// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) captures a thousand flights, otherwise a few.

import { assertEquals } from "@std/assert";
import { type ConnLike, importFD, NssContext, type SslSocket } from "@nss/nss";
import { writeEarlyData } from "@nss/nss/ssl";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";
import { openServers, type Servers } from "./_servers.ts";

const PROCESSES = 4;
const FLIGHTS = Deno.env.get("NSS_SOAK") === "1" ? 1000 : 8;

/** A client whose flights can be captured. */
class Victim {
  readonly #context = new NssContext({ trustAnchors: [] });
  readonly #servers: Servers;
  /** Sessions belong to an address. */
  #remoteAddr: Deno.Addr | null = null;

  constructor(servers: Servers) {
    this.#servers = servers;
  }

  /** Visits a process, and so gets a ticket. */
  async visit(index: number): Promise<void> {
    const port = await this.#servers.portOf(index);
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#remoteAddr = conn.remoteAddr;
    await using socket = this.#over(conn);
    await socket.write(new Uint8Array(1));
    await socket.read(new Uint8Array(1));
  }

  /**
   * Visits a process, and captures the first flight of the next connection, with early data, which
   * nobody has got yet. Where the store was too slow for a ticket that allows it, the visit is
   * repeated.
   */
  async capture(index: number): Promise<Uint8Array<ArrayBuffer>> {
    for (let visits = 0; visits < 5; visits++) {
      await this.visit(index);
      const flight = await this.#flight();
      if (flight !== null) return flight;
    }
    throw new Error("Cannot capture: there is no early data");
  }

  /** Captures a flight; `null` if it has no early data. */
  async #flight(): Promise<Uint8Array<ArrayBuffer> | null> {
    const sent: Uint8Array[] = [];
    const silence = Promise.withResolvers<null>();
    const socket = this.#over({
      read: () => silence.promise,
      write: (bytes) => {
        sent.push(bytes.slice());
        return Promise.resolve(bytes.length);
      },
      close: () => silence.resolve(null),
      localAddr: null,
      remoteAddr: this.#remoteAddr,
    });
    const writing = writeEarlyData(socket, new Uint8Array(1)).catch(() => {}); // nobody answers
    const isSent = () => typesOf(sent).includes(ContentType.applicationData);
    for (let turns = 0; turns < 500 && !isSent(); turns++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const flight = isSent() ? joined(sent) : null;
    socket[Symbol.dispose]();
    await writing;
    return flight;
  }

  #over(conn: ConnLike): SslSocket {
    return importFD(conn, {
      hostname: "localhost",
      caCerts: [this.#servers.certificate],
      context: this.#context,
    });
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((bytes) => [...bytes]));
}

/** The content types of records. */
function typesOf(pieces: readonly Uint8Array[]): number[] {
  const bytes = joined(pieces);
  const types: number[] = [];
  for (
    let place = 0;
    place < bytes.length;
    place += 5 + (bytes[place + 3]! << 8 | bytes[place + 4]!)
  ) {
    types.push(bytes[place]!);
  }
  return types;
}

/** Sends a flight to each process at once; returns how often its early data was taken. */
async function sendToAll(servers: Servers, flight: Uint8Array): Promise<number> {
  const count = async () => (await servers.states()).reduce((sum, { early }) => sum + early, 0);
  const before = await count();
  await Promise.all(servers.running.map(async (index) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: await servers.portOf(index) });
    await conn.write(flight);
    await conn.closeWrite();
    const buffer = new Uint8Array(4096);
    try {
      while (await conn.read(buffer) !== null) { /* until the process has given it up */ }
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }));
  return await count() - before;
}

async function captureAndReplay(): Promise<void> {
  await using redis = await RedisServer.start();
  await using servers = await openServers({ redis, maxEarlyData: 1024, ownPorts: true });
  await servers.startAll(PROCESSES);
  const victim = new Victim(servers);
  const taken: number[] = [];
  let last: Uint8Array = new Uint8Array(0);
  for (let i = 0; i < FLIGHTS; i++) {
    last = await victim.capture(i % PROCESSES);
    taken.push(await sendToAll(servers, last));
  }
  assertEquals(taken, taken.map(() => 1));
  assertEquals(await sendToAll(servers, last), 0);

  // What is taken now comes back with the snapshot
  const flights = [await victim.capture(0), await victim.capture(1)];
  using client = await redis.connect();
  assertEquals(await client.send(["SAVE"]), "OK");
  assertEquals(await sendToAll(servers, flights[0]!), 1);
  await redis.restart("SIGKILL");
  for (const index of servers.running) {
    for (let visits = 0; visits < 2; visits++) await new Victim(servers).visit(index);
  }
  const again = [await sendToAll(servers, flights[0]!), await sendToAll(servers, flights[1]!)];
  assertEquals(again, [0, 0]);
  // The store is used again, and only what is older is refused
  assertEquals(await sendToAll(servers, await new Victim(servers).capture(0)), 1);
  note(
    `${FLIGHTS} flights with early data sent to ${PROCESSES} processes at once: taken ` +
      `${taken.filter((count) => count === 1).length} times once; after Redis had its snapshot ` +
      `back: ${again.join(" and ")} times`,
  );
}

const TITLE =
  "captured early data that is sent to each of four processes at once is taken once, and not at all when Redis has its rows back";
const version = await redisVersion();
if (version.ok) Deno.test(TITLE, captureAndReplay);
else skip(TITLE, version.reason);
