// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Two sockets and somebody between them who reads, changes, drops, doubles and makes up what
 * passes.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { SslError } from "../../ssl/base/errors.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { assertTyped, type Bytes, join, settles, turn } from "./_support.ts";

/** What stands on one direction of the wire: gets what is written, gives what arrives. */
export type Attack = (written: Bytes) => readonly Bytes[];

/** How long the wire is quiet before both ends are told that it has ended. */
const QUIET = 4;

/** One end of an attacked wire. */
export class WireEnd implements ConnLike<Deno.NetAddr> {
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 2 };
  /** Whether its owner has closed it. */
  closed = false;
  readonly #wire: Wire;
  readonly #queue: Bytes[] = [];
  #ended = false;
  #wake = Promise.withResolvers<void>();
  peer!: WireEnd;
  attack: Attack = (written) => [written];

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.closed) throw new Deno.errors.BadResource("Cannot read: closed");
      const first = this.#queue[0];
      if (first !== undefined) {
        this.#wire.busy();
        const piece = first.subarray(0, into.length);
        into.set(piece);
        if (piece.length === first.length) this.#queue.shift();
        else this.#queue[0] = first.subarray(piece.length);
        return piece.length;
      }
      if (this.#ended) return null;
      await this.#wake.promise;
    }
  }

  // deno-lint-ignore require-await
  async write(bytes: Uint8Array): Promise<number> {
    if (this.closed) throw new Deno.errors.BadResource("Cannot write: closed");
    if (this.peer.closed) throw new Deno.errors.BrokenPipe("Cannot write: the peer is gone");
    for (const arriving of this.attack(new Uint8Array(bytes))) this.peer.push(arriving);
    return bytes.length;
  }

  /** Lets bytes arrive here. */
  push(bytes: Bytes): void {
    if (bytes.length === 0 || this.#ended) return;
    this.#wire.busy();
    this.#queue.push(bytes.slice());
    this.#woken();
  }

  /** Lets the wire end here, after what has arrived. */
  end(): void {
    this.#ended = true;
    this.#woken();
  }

  // deno-lint-ignore require-await
  async closeWrite(): Promise<void> {
    this.peer.end();
  }

  close(): void {
    this.closed = true;
    this.#woken();
    this.peer.end();
  }

  #woken(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** A wire between a client's end and a server's. */
export class Wire {
  readonly client: WireEnd;
  readonly server: WireEnd;
  #activity = 0;

  constructor() {
    this.client = new WireEnd(this);
    this.server = new WireEnd(this);
    this.client.peer = this.server;
    this.server.peer = this.client;
  }

  /** Notes that something happens. */
  busy(): void {
    this.#activity++;
  }

  /**
   * Waits until nothing happens any more, or `done`; then the wire ends for both. An end may come
   * at any time, so time decides nothing.
   */
  async endWhenQuiet(done: Promise<unknown>): Promise<void> {
    let over = false;
    const finished = done.then(() => over = true, () => over = true);
    for (let seen = -1; seen !== this.#activity && !over;) {
      seen = this.#activity;
      await Promise.race([turn(QUIET), finished]);
    }
    this.client.end();
    this.server.end();
  }
}

/** How one end of a connection went. */
export interface Story {
  /** What it read. */
  readonly read: Bytes;
  /** The error that ended it; `null` for the peer's close_notify. */
  readonly error: SslError | null;
  /** Whether its handshake completed. */
  readonly connected: boolean;
}

/**
 * Lives the life of a socket: handshake, write, read to the end, close. Fails on foreign errors and
 * on sockets left open.
 */
export async function live(
  socket: SslSocket<unknown>,
  end: WireEnd,
  data: Bytes,
  act: (socket: SslSocket<unknown>) => Promise<void> = async () => {},
): Promise<Story> {
  const pieces: Bytes[] = [];
  let error: SslError | null = null;
  let connected = false;
  try {
    await socket.handshake();
    connected = true;
    const writing = (async () => {
      await socket.write(data);
      await act(socket);
      await socket.closeWrite();
    })();
    writing.catch(() => {}); // awaited below, after what could be read
    for (;;) {
      const buffer = new Uint8Array(3000);
      const count = await socket.read(buffer);
      if (count === null) break;
      pieces.push(buffer.slice(0, count));
    }
    await writing;
  } catch (thrown) {
    assertTyped(thrown, SslError);
    error = thrown as SslError;
    // Whoever comes later meets the same error, at once; and nothing stays half open.
    if (connected) {
      const again = await socket.read(new Uint8Array(1)).catch((later) => later);
      if (typeof again !== "number" && again !== null) assertTyped(again, SslError);
    } else {
      assertEquals(await socket.handshake().catch((later) => later), error);
      assert(end.closed, "a failed handshake leaves its transport open");
    }
  }
  await socket.close().catch((thrown) => assertTyped(thrown, SslError));
  assert(end.closed, "a closed socket leaves its transport open");
  return { read: join(pieces), error, connected };
}

/** Lives both lives over an attacked wire. */
export async function liveBoth(
  wire: Pick<Wire, "client" | "server" | "endWhenQuiet">,
  client: SslSocket<unknown>,
  server: SslSocket<unknown>,
  data: { readonly client: Bytes; readonly server: Bytes },
  act?: (socket: SslSocket<unknown>) => Promise<void>,
): Promise<{ readonly client: Story; readonly server: Story }> {
  const lives = Promise.all([
    live(client, wire.client, data.client, act),
    live(server, wire.server, data.server, act),
  ]);
  lives.catch(() => {}); // awaited below
  await wire.endWhenQuiet(lives);
  const [clientStory, serverStory] = await settles("a connection", lives);
  return { client: clientStory, server: serverStory };
}

/**
 * Asserts that what an end read is what the other wrote, or its beginning where an error says that
 * there is more.
 */
export function assertIntact(story: Story, written: Bytes): void {
  const { read, error } = story;
  assertEquals(read.length <= written.length, true, "more came than was written");
  assertEquals(read, written.subarray(0, read.length), "something else came than was written");
  if (error === null) assertEquals(read.length, written.length, "a truncation passed for the end");
}
