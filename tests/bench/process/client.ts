// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a client of the benchmark does with its connections. @module */

import type { Client, PeerConn } from "../peers/peer.ts";
import { Application } from "./application.ts";
import type { Times, Visit } from "./commands.ts";

/** How long is waited for a least number, in milliseconds: some stacks take 50 for each. */
const MAX_TIME = 10_000;
/** How many bytes the first transfer moves. */
const PROBE = 1 << 20;
/** How many connections are opened at once. */
const LANES = 16;
/** How long a client waits for a session after its first byte. */
const TICKET_TIME = 30;
const REQUEST_LENGTH = 1 << 14;
/**
 * How much a kept connection asks for at once: endless streams would fill the memory that the
 * kernel gives all TCP, and measure that.
 */
const ANSWER_LENGTH = 1 << 18;

/**
 * Runs something again and again in lanes until time is up, and so often at least, within ten
 * seconds.
 *
 * @returns How often.
 */
export async function inLanes(
  lanes: number,
  ms: number,
  act: () => Promise<void>,
  least = 0,
): Promise<number> {
  const start = performance.now();
  let count = 0;
  const lane = async () => {
    let time: number;
    do {
      await act();
      count++;
      time = performance.now() - start;
    } while (time < ms || (count < least && time < MAX_TIME));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return count;
}

/** How long the middle one took, and the one of a hundred that took longest. */
export function timesOf(all: number[]): Times {
  all.sort((a, b) => a - b);
  return { median: all[all.length >> 1]!, p99: all[Math.floor(all.length * 0.99)]! };
}

/** The client's end of a benchmark. */
export class Visitor {
  readonly #client: Client;
  readonly #kept: Application[] = [];
  #steady: Promise<Application> | undefined;
  /** Whether there is a session to be resumed. */
  #primed = false;
  /** Bytes a millisecond, of the first transfer. */
  #rate: number | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Connects, and closes. */
  async visit({ handshake, echo }: Visit): Promise<void> {
    const conn = await this.#client.connect(handshake);
    if (handshake === "resumed" && !conn.resumed) throw new Error("The session was not resumed");
    if (echo) await new Application(conn).pingPong(1);
    await conn.close();
  }

  /** Connects again and again. */
  async visits(visit: Visit, lanes: number, ms: number, least?: number): Promise<number> {
    if (visit.handshake === "resumed" && !this.#primed) await this.#prime();
    return await inLanes(lanes, ms, () => this.visit(visit), least);
  }

  /** Gets the first session. */
  async #prime(): Promise<void> {
    const conn = await this.#client.connect("resumed");
    await new Application(conn).pingPong(1);
    conn.read().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, TICKET_TIME));
    await conn.close();
    this.#primed = true;
  }

  /** Moves as many bytes as about fill the time, and returns how many. */
  async move(way: "receive" | "send", ms: number): Promise<number> {
    const application = await this.#steadyConnection();
    const transfer = (count: number) =>
      way === "receive" ? application.receive(count) : application.send(count);
    if (this.#rate === undefined) {
      await transfer(PROBE);
      const start = performance.now();
      await transfer(PROBE);
      this.#rate = PROBE / (performance.now() - start);
    }
    const count = Math.max(PROBE, Math.round(this.#rate * ms));
    await transfer(count);
    return count;
  }

  /** Sends a byte there and back for some time. */
  async ping(ms: number): Promise<number[]> {
    const application = await this.#steadyConnection();
    const times: number[] = [];
    await inLanes(1, ms, () => application.pingPong(25, (time) => times.push(time)));
    return times;
  }

  /** Opens so many more connections, on which a byte has gone there and back, and keeps them. */
  async keep(count: number): Promise<void> {
    let left = count;
    const lane = async () => {
      while (left-- > 0) {
        const application = new Application(await this.#client.connect("full"));
        await application.pingPong(1);
        this.#kept.push(application);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /** Lets all that is kept wait for data. */
  idle(): void {
    for (const application of this.#kept) application.wait();
  }

  /** Receives over all that is kept at once, for some time; returns how many bytes. */
  async receiveKept(ms: number): Promise<number> {
    const end = performance.now() + ms;
    const counts = await Promise.all(
      this.#kept.map((application) => application.receiveUntil(end, ANSWER_LENGTH)),
    );
    return counts.reduce((all, count) => all + count, 0);
  }

  /** Asks for a record's length over one kept connection after the other, in lanes. */
  async requestKept(ms: number, lanes: number): Promise<number[]> {
    const times: number[] = [];
    const free = [...this.#kept];
    await inLanes(lanes, ms, async () => {
      const application = free.shift()!;
      const start = performance.now();
      await application.receive(REQUEST_LENGTH);
      times.push(performance.now() - start);
      free.push(application);
    });
    return times;
  }

  /** The one connection of transfers and pings. */
  #steadyConnection(): Promise<Application> {
    return this.#steady ??= this.#client.connect("full")
      .then((conn: PeerConn) => new Application(conn));
  }
}
