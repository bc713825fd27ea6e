// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * An echo server as an application would write it, with a listener of the default configuration and
 * an idle timeout of its own. A program of its own, so that its memory can be read from outside. It
 * prints a line for each connection that has ended, and its state whenever it reads a line.
 *
 * @module
 */

import {
  createCertificate,
  generateKeyPair,
  importFD,
  type ImportOptions,
  SslError,
  type SslSocket,
} from "@nss/nss";
import { encodePem } from "@nss/nss/cert";

/**
 * How a connection ended: `served` in the peer's close_notify, `idle` for want of data, or by an
 * error's name.
 */
export type Outcome = string;

/** The same, with the error's message where there is one. */
interface End {
  readonly outcome: Outcome;
  readonly message?: string;
}

/** What the server prints first. */
export interface Greeting {
  /** Where it listens. */
  readonly port: number;
  /** Its certificate, which is its own authority. */
  readonly pem: string;
}

/** What the server prints when it is asked. */
export interface State {
  /** The connections whose handlers have not ended. */
  readonly live: number;
  /** The most of them at once, so far. */
  readonly peak: number;
  /** The rejections that nobody has handled. */
  readonly unhandled: number;
  /** The bytes of JavaScript objects, garbage taken out. */
  readonly heap: number;
}

const READ_LENGTH = 16_384;

/**
 * Ends a connection on which nothing moves: TLS has no limit for that, since only the application
 * knows what is long.
 */
class IdleTimeout {
  expired = false;
  readonly #socket: SslSocket;
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: SslSocket, milliseconds: number) {
    this.#socket = socket;
    this.#milliseconds = milliseconds;
  }

  /** Begins anew. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.expired = true;
      this.#socket[Symbol.dispose]();
    }, this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function echo(socket: SslSocket, idle: IdleTimeout): Promise<End> {
  try {
    await socket.handshake(); // bounded by handshakeTimeout
    const buffer = new Uint8Array(READ_LENGTH);
    for (;;) {
      idle.restart();
      const count = await socket.read(buffer);
      if (count === null) return { outcome: "served" };
      await socket.write(buffer.subarray(0, count));
    }
  } catch (error) {
    if (idle.expired) return { outcome: "idle" };
    if (error instanceof SslError) return { outcome: error.name, message: error.message };
    throw error;
  } finally {
    idle.stop();
    await socket.close().catch(() => {}); // the first error has been told
  }
}

/** The objects that are left when garbage is taken out. */
function settledHeap(): number {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc === "function") gc({ type: "major", execution: "sync" });
  return Deno.memoryUsage().heapUsed;
}

async function say(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

async function main(idleTimeout: number, options: ImportOptions): Promise<void> {
  let [live, peak, unhandled] = [0, 0, 0];
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    unhandled++;
  });
  const keys = await generateKeyPair();
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
    ...options,
  });
  const greeting: Greeting = {
    port: listener.addr.port,
    pem: encodePem("CERTIFICATE", cert.der),
  };
  await say(JSON.stringify(greeting));

  const serve = async (socket: SslSocket<Deno.NetAddr>): Promise<void> => {
    const { port } = socket.remoteAddr;
    peak = Math.max(peak, ++live);
    const { outcome, message = "" } = await echo(socket, new IdleTimeout(socket, idleTimeout));
    live--;
    await say(`${port} ${outcome} ${message}`);
  };
  const accept = async (): Promise<void> => {
    for await (const socket of listener) serve(socket);
  };
  const accepting = accept();
  for await (const _ of Deno.stdin.readable) {
    const state: State = { live, peak, unhandled, heap: settledHeap() };
    await say(JSON.stringify(state));
  }
  listener.close();
  await accepting;
}

if (import.meta.main) {
  const [idleTimeout = "30000", json = "{}"] = Deno.args;
  const options = Object.entries(JSON.parse(json)).filter(([, value]) => value !== null);
  await main(Number(idleTimeout), Object.fromEntries(options));
}
