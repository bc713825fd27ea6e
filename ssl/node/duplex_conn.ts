// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import net from "node:net";
import type { Duplex } from "node:stream";
import { isLike } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { ConnLike } from "../connection/transports.ts";

/**
 * The address of a stream's end, in the form of Deno's.
 *
 * @category Node
 */
export type DuplexAddr =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "stream" };

/**
 * A stream of Node's as a transport: a `net.Socket`, a socket of TLS, or any duplex stream.
 *
 * From its creation on the stream's bytes are the transport's. As when Node's TLS takes a socket
 * over, listeners that read a `net.Socket` get nothing more.
 */
export class DuplexConn implements ConnLike<DuplexAddr> {
  readonly #duplex: Duplex;
  #error: Error | null = null;
  #isClosed = false;
  /** Whether a write is in progress, or has failed. */
  #isWriting = false;
  #wake: () => void = () => {};

  /**
   * Creates a transport, which owns the stream.
   *
   * @param duplex The stream.
   */
  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    if (duplex instanceof net.Socket) {
      // A driver's listeners for the plain part of the connection must not see records
      for (const event of ["data", "readable"]) duplex.removeAllListeners(event);
    }
    readBytes(duplex);
    // Deno's stops reading when it is paused, as by unpipe(), and for good
    if (duplex instanceof net.Socket && Reflect.get(duplex, "_handle")) duplex._read(0);
    // The peer's end of the stream leaves ours open: close_notify is to be answered
    duplex.allowHalfOpen = true;
    keepListeners(duplex, {
      error: (error) => {
        this.#error ??= error;
        this.#wake();
      },
      close: () => {
        this.#isClosed = true;
        this.#wake();
      },
      readable: () => this.#wake(),
      end: () => this.#wake(),
    });
  }

  get localAddr(): DuplexAddr {
    const { localAddress, localPort } = this.#asSocket() ?? {};
    return addressOf(localAddress, localPort);
  }

  get remoteAddr(): DuplexAddr {
    const { remoteAddress, remotePort } = this.#asSocket() ?? {};
    return addressOf(remoteAddress, remotePort);
  }

  async read(p: Uint8Array): Promise<number | null> {
    const duplex = this.#duplex;
    for (;;) {
      const length = Math.min(duplex.readableLength, p.length);
      // Without a length it asks for more, or emits the end
      const chunk: unknown = length > 0 ? duplex.read(length) : duplex.read();
      if (chunk instanceof Uint8Array) {
        if (chunk.length > p.length) {
          duplex.unshift(chunk.subarray(p.length));
        }
        p.set(chunk.subarray(0, p.length));
        return Math.min(chunk.length, p.length);
      }
      if (chunk !== null) throw new TypeError("the stream gave text or objects instead of bytes");
      if (this.#error !== null) throw this.#error;
      if (duplex.readableEnded || this.#isClosed || duplex.destroyed) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(p: Uint8Array): Promise<number> {
    // A socket has passed on what it calls back for; another stream may keep it
    const bytes = this.#asSocket() === null ? p.slice() : p;
    this.#isWriting = true;
    await new Promise<void>((resolve, reject) => {
      this.#duplex.write(bytes, (error) => {
        if (!error) return resolve();
        keepReadable(this.#duplex, error);
        reject(error);
      });
    });
    this.#isWriting = false;
    return p.length;
  }

  async closeWrite(): Promise<void> {
    this.#duplex.end();
    await Promise.resolve();
  }

  close(): void {
    const duplex = this.#duplex;
    this.ref(); // where nobody reads it is not held: the process would end before its `close` event
    // What the peer does not take now, it may never take
    if (this.#isWriting || duplex.destroyed) duplex.destroy();
    else if (duplex.writableFinished) duplex.destroy();
    else duplex.end(() => duplex.destroy());
  }

  setNoDelay(noDelay?: boolean): void {
    this.#asSocket()?.setNoDelay(noDelay);
  }

  ref(): void {
    this.#asSocket()?.ref();
  }

  unref(): void {
    this.#asSocket()?.unref();
  }

  #asSocket(): net.Socket | null {
    return this.#duplex instanceof net.Socket ? this.#duplex : null;
  }
}

const isStream = isLike("a duplex stream", "on", "read", "write", "end", "destroy");

function isDuplex(value: unknown): value is Duplex {
  return isStream(value, "") === null;
}

/**
 * Checks that what an application has given is a duplex stream.
 *
 * @param attempt What fails: "Cannot ...".
 * @param name What was given.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is none.
 */
export function checkStream(attempt: string, given: unknown, name: string): Duplex {
  if (isDuplex(given)) return given;
  throw new SslError("SEC_ERROR_INVALID_ARGS", `${attempt}: ${isStream(given, name)}`);
}

type Listeners = { readonly [event: string]: (error: Error) => void };

/**
 * Listens to a stream whatever its driver does with it from now on: after STARTTLS some resume the
 * plain socket or remove all listeners, which with Node's TLS, that reads below it, has no effect.
 */
function keepListeners(duplex: Duplex, listeners: Listeners): void {
  const listen = () => {
    for (const [event, listener] of Object.entries(listeners)) {
      if (!duplex.listeners(event).includes(listener)) duplex.on(event, listener);
    }
  };
  const removeAll = duplex.removeAllListeners;
  const same = () => duplex;
  Object.assign(duplex, {
    pause: same,
    resume: same,
    setEncoding: same,
    removeAllListeners(...events: [event?: string]) {
      Reflect.apply(removeAll, duplex, events);
      listen();
      return duplex;
    },
  });
  listen();
}

/** The codes of a write to a peer that has gone, whose last bytes may be there to be read. */
const GONE: readonly unknown[] = ["EPIPE", "ECONNRESET", "ECONNABORTED"];

/**
 * Keeps a socket from destroying itself for a failed write: what the peer has sent before, such as
 * the alert that says why it has gone, is lost by that. Whoever closes the connection destroys it.
 */
function keepReadable(duplex: Duplex, failure: Error): void {
  if (!(duplex instanceof net.Socket) || duplex.destroyed) return;
  if (!("code" in failure) || !GONE.includes(failure.code)) return;
  const { destroy } = duplex;
  duplex.destroy = (error) => {
    if (error === failure) return duplex;
    duplex.destroy = destroy;
    return duplex.destroy(error ?? failure);
  };
  // A stream that has failed reads no more
  const state: unknown = Reflect.get(duplex, "_readableState");
  if (typeof state === "object" && state !== null) Reflect.set(state, "errored", null);
}

/** Takes back a driver's `setEncoding()`, for which streams have no function. */
function readBytes(duplex: Duplex): void {
  if (duplex.readableEncoding === null) return;
  const state: unknown = Reflect.get(duplex, "_readableState");
  if (typeof state !== "object" || state === null) return;
  for (const member of ["decoder", "encoding"]) Reflect.set(state, member, null);
}

function addressOf(hostname: string | undefined, port: number | undefined): DuplexAddr {
  return hostname === undefined || port === undefined
    ? { transport: "stream" }
    : { transport: "tcp", hostname, port };
}
