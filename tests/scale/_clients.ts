// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Many clients of one port, each with sessions of its own. @module */

import {
  type Certificate,
  importFD,
  NssContext,
  parseCertificatesPem,
  type SslSocket,
} from "@nss/nss";

/** How many of them shake hands at once: more would starve each other. */
const HANDSHAKES_AT_ONCE = 32;

/** What has come of the visits of clients. */
export class Tally {
  /** The visits in which the client had no session yet. */
  first = 0;
  /** The visits that a session should have made short. */
  eligible = 0;
  /** Of these, the ones that resumed it. */
  resumed = 0;
  /** Of those that resumed, the ones in another process than the one before. */
  elsewhere = 0;
  /** What connections failed of before they were up. */
  readonly refused: Error[] = [];
  /** The connections that were up and failed, by the process that had them. */
  readonly lost: { readonly by: number; readonly error: Error }[] = [];

  /** The share of eligible visits that resumed. */
  get share(): number {
    return this.resumed / this.eligible;
  }
}

/** A client that comes again and again. */
export class Client {
  readonly #context = new NssContext({ trustAnchors: [] });
  readonly #port: number;
  readonly #authority: Certificate;
  readonly #tally: Tally;
  /** The process that answered last; `null` if the client has no session. */
  #by: number | null = null;
  #socket: SslSocket | null = null;

  constructor(port: number, authority: Certificate, tally: Tally) {
    this.#port = port;
    this.#authority = authority;
    this.#tally = tally;
  }

  /** Connects, and asks who answers; a connection that fails is counted. */
  async connect(): Promise<void> {
    const before = this.#by;
    let socket: SslSocket;
    let isUp = false;
    try {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      socket = importFD(conn, {
        hostname: "localhost",
        caCerts: [this.#authority],
        context: this.#context,
      });
      const { resumed } = await socket.handshake();
      isUp = true;
      const by = await ask(socket);
      this.#by = by;
      this.#socket = socket;
      if (before === null) this.#tally.first++;
      else this.#tally.eligible++;
      if (resumed && before !== null) this.#tally.resumed++;
      if (resumed && before !== null && by !== before) this.#tally.elsewhere++;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#by = null; // what the client has tried it does not try again
      this.#tally.refused.push(isUp ? new Error("up, and no answer", { cause: error }) : error);
    }
  }

  /** Says something on a connection that is up. */
  async talk(): Promise<void> {
    const [socket, by] = [this.#socket, this.#by];
    if (socket === null || by === null) return;
    try {
      await ask(socket);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#socket = null;
      this.#tally.lost.push({ by, error });
    }
  }

  /** Ends the connection, if there is one. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    await socket?.close().catch(() => {}); // its process may have been killed
  }
}

/** Sends a byte; returns the answer. */
async function ask(socket: SslSocket): Promise<number> {
  const buffer = new Uint8Array(1);
  await socket.write(buffer);
  if (await socket.read(buffer) === null) throw new Error("It has ended without an answer");
  return buffer[0]!;
}

/** Clients of one port. */
export class Clients implements AsyncDisposable {
  readonly tally = new Tally();
  readonly #clients: readonly Client[];

  /** Makes clients, none of which is connected. */
  constructor(count: number, port: number, certificate: string) {
    const [authority] = parseCertificatesPem(certificate);
    this.#clients = Array.from({ length: count }, () => new Client(port, authority!, this.tally));
  }

  /** Has each do something, a bounded number of them at once. */
  async each(run: (client: Client, index: number) => Promise<void>): Promise<void> {
    const entries = this.#clients.entries();
    const work = async (): Promise<void> => {
      for (const [index, client] of entries) await run(client, index);
    };
    await Promise.all(Array.from({ length: HANDSHAKES_AT_ONCE }, work));
  }

  /** Has each end its connection and come again. */
  async reconnect(): Promise<void> {
    await this.each(async (client) => {
      await client.close();
      await client.connect();
    });
  }

  /** Has each end its connection and come again, until it is over. */
  async reconnectUntil(over: Promise<unknown>): Promise<void> {
    let isOver = false;
    over.then(() => isOver = true, () => isOver = true);
    while (!isOver) {
      await this.each(async (client) => {
        if (isOver) return;
        await client.close();
        await client.connect();
      });
    }
  }

  /** Has each talk on its connection. */
  async talk(): Promise<void> {
    await this.each((client) => client.talk());
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.each((client) => client.close());
  }
}
