// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server in a thread of its own, so that the two ends of a connection do not share an event loop:
 * as in life, and so that a bench's client is measured beside a server that has time for it.
 *
 * @module
 */

import { countSubtleCalls } from "../ssl/handshake/subtle.ts";
import {
  type Conn,
  type Identity,
  listen,
  type Listener,
  type Stack,
  writeAll,
} from "./_stacks.ts";

/** What a server does with its connections. */
export type Behaviour =
  /** Sends without end. */
  | "source"
  /** Reads without end. */
  | "sink"
  /** Sends back what it reads. */
  | "echo"
  /** Sends one byte and reads until the client closes. */
  | "greet";

/** What a server is told when it starts. */
export interface Start {
  readonly stack: Stack;
  readonly behaviour: Behaviour;
  readonly identity: Identity;
  /** Whether to say what each connection has cost in calls to WebCrypto. */
  readonly count?: boolean;
}

/** What a server says. */
export type Said =
  | { readonly port: number }
  | { readonly calls: Awaited<ReturnType<typeof countSubtleCalls>> };

const BUFFER_LENGTH = 1 << 17;

async function source(conn: Conn): Promise<void> {
  const chunk = new Uint8Array(BUFFER_LENGTH);
  for (;;) await writeAll(conn, chunk);
}

async function sink(conn: Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_LENGTH);
  while (await conn.read(buffer) !== null);
}

async function echo(conn: Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_LENGTH);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    await writeAll(conn, buffer.subarray(0, count));
  }
}

async function greet(conn: Conn): Promise<void> {
  await writeAll(conn, new Uint8Array(1));
  await sink(conn);
}

const BEHAVIOURS: Readonly<Record<Behaviour, (conn: Conn) => Promise<void>>> = {
  source,
  sink,
  echo,
  greet,
};

async function serve(conn: Conn, behaviour: Behaviour): Promise<void> {
  try {
    await BEHAVIOURS[behaviour](conn);
  } catch {
    // The client has gone, as it does at the end of each bench.
  } finally {
    try {
      conn.close();
    } catch {
      // It had been closed before.
    }
  }
}

async function run({ stack, behaviour, identity, count }: Start): Promise<void> {
  const listener: Listener = listen(stack, identity);
  say({ port: listener.port });
  for (;;) {
    const conn = await listener.accept();
    if (count) say({ calls: await countSubtleCalls(() => serve(conn, behaviour)) });
    else serve(conn, behaviour);
  }
}

function say(message: Said): void {
  Reflect.apply(Reflect.get(globalThis, "postMessage"), globalThis, [message]);
}

/** A server that runs. */
export interface Server {
  readonly port: number;
  /** The calls of the next connection that ends, from a server that counts. */
  calls(): Promise<Awaited<ReturnType<typeof countSubtleCalls>>>;
  /** Ends the server and its thread. */
  close(): void;
}

/** Starts a server in a thread of its own. */
export async function startServer(start: Start): Promise<Server> {
  const worker = new Worker(import.meta.url, { type: "module" });
  const next = () =>
    new Promise<Said>((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
      worker.addEventListener("error", ({ message }) => reject(new Error(message)), { once: true });
    });
  const started = next();
  worker.postMessage(start);
  const said = await started;
  if (!("port" in said)) throw new Error("Cannot start server: it says something else");
  return {
    port: said.port,
    async calls() {
      const said = await next();
      if (!("calls" in said)) throw new Error("Cannot count: the server says something else");
      return said.calls;
    },
    close: () => worker.terminate(),
  };
}

if ("WorkerGlobalScope" in globalThis) {
  globalThis.addEventListener("message", (event) => {
    if (event instanceof MessageEvent) run(event.data);
  }, { once: true });
}
