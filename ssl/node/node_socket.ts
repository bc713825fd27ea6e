// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

/**
 * A socket of ours as a `tls.TLSSocket` of Node's: the class behind `toNodeSocket()`, and behind
 * `connect()` and `createServer()`.
 *
 * The contract for those that build on {@linkcode NodeTlsSocket}:
 *
 * - It is made of a {@linkcode SocketSource}: an `SslSocket` that is connected already, or a
 *   function that gives one. The function is called in the next tick, so that listeners can be
 *   added; until its promise resolves the socket is `connecting`, and then emits `connect` and
 *   `ready`. A rejection destroys the socket with that error, as it is unless it is one of ours.
 *   The signal that it is passed aborts when the socket is destroyed first: what comes then is
 *   closed.
 * - The handshake begins by itself. Then come `secure` and, on a client, `secureConnect`; nothing
 *   is read before, and writes wait.
 * - Hooks are those of the `SslSocket`. A `keylog` or `session` listener that is there when the
 *   handshake begins is served besides the hooks that are set.
 * - {@linkcode TlsFacts.authorizationError} is asked when the handshake is complete.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { configOf } from "../config/config_registry.ts";
import type { Connection } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { toNodeError } from "./node_error.ts";

/** Where a socket of Node's gets its connection from. */
export type SocketSource = SslSocket | ((signal: AbortSignal) => Promise<SslSocket>);

/** The options of Node's that a socket has. */
export interface NodeSocketOptions {
  /** Whether this end may write on after the peer has ended; default `false`, as in Node. */
  readonly allowHalfOpen?: boolean | undefined;
  /** The number of bytes that are buffered in each direction before the other side waits. */
  readonly highWaterMark?: number | undefined;
  /** Why the peer is not trusted, although the handshake is complete; `null` if it is trusted. */
  readonly authorizationError?: ((info: ChannelInfo) => Error | null) | undefined;
  /** Whether it is the server's end, where the source does not tell yet; default `false`. */
  readonly isServer?: boolean | undefined;
}

type Callback = (error?: Error | null) => void;

/** A `tls.TLSSocket` over a socket of ours. */
export class NodeTlsSocket extends net.Socket {
  readonly encrypted = true as const;
  declare connecting: boolean;
  declare timeout?: number;
  authorized = false;
  /** In Node a code or `null`, although the types say otherwise. */
  declare authorizationError: Error;
  alpnProtocol: string | false | null = null;
  servername: string | false | null = null;
  /** Whether the handshake is not complete. */
  secureConnecting = true;
  readonly #authorizationErrorOf: (info: ChannelInfo) => Error | null;
  readonly #connecting = new AbortController();
  /** The connection, its handshake complete. */
  readonly #opened: Promise<Connection>;
  #socket: SslSocket | null = null;
  #info: ChannelInfo | null = null;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** Whether the stream has asked for data before the handshake was complete. */
  #isWanted = false;
  #isServer: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastActive = 0;

  constructor(source: SocketSource, options: NodeSocketOptions = {}) {
    const { allowHalfOpen = false, highWaterMark, authorizationError, isServer = false } = options;
    super({ allowHalfOpen, ...highWaterMark === undefined ? {} : { highWaterMark } });
    this.#authorizationErrorOf = authorizationError ?? badCertificate;
    this.#refuse(null);
    this.#isServer = isServer;
    if (typeof source === "function") this.connecting = true;
    else this.#use(source);
    this.#opened = new Promise((resolve) => process.nextTick(() => resolve(this.#open(source))));
    this.#opened.catch((error) => this.destroy(toNodeError(error)));
  }

  /** The socket of ours; `null` while it is connecting. */
  get sslSocket(): SslSocket | null {
    return this.#socket;
  }

  /** What has been negotiated; `null` before the handshake is complete. */
  get channelInfo(): ChannelInfo | null {
    return this.#info;
  }

  override connect(...args: unknown[]): this {
    const callback = args.at(-1);
    if (typeof callback === "function") this.once("connect", () => callback());
    // A driver that was given a connected socket connects it once more.
    if (!this.connecting) process.nextTick(() => this.#emitConnect());
    return this;
  }

  override ref(): this {
    this.#socket?.ref();
    return this;
  }

  override unref(): this {
    this.#socket?.unref();
    return this;
  }

  override setNoDelay(): this {
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }

  override setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this;
    clearTimeout(this.#timer);
    this.timeout = milliseconds;
    if (callback !== undefined) {
      if (milliseconds === 0) this.removeListener("timeout", callback);
      else this.once("timeout", callback);
    }
    this.#startTimer();
    return this;
  }

  override address(): net.AddressInfo | Record<string, never> {
    return nodeAddress(this.#socket?.localAddr);
  }

  /** The address of the peer. */
  get peerAddress(): net.AddressInfo | Record<string, never> {
    return nodeAddress(this.#socket?.remoteAddr);
  }

  /** The bytes of plain text, read and written. */
  get counts(): { readonly read: number; readonly written: number } {
    return { read: this.#bytesRead, written: this.#bytesWritten + this.writableLength };
  }

  getProtocol(): string | null {
    return this.#info?.version ?? null;
  }

  isSessionReused(): boolean {
    return this.#info?.resumed ?? false;
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const leaf = this.#info?.peerCertificates[0];
    return leaf && new X509Certificate(leaf.der);
  }

  getX509Certificate(): X509Certificate | undefined {
    const leaf = this.#info?.localCertificates[0];
    return leaf && new X509Certificate(leaf.der);
  }

  override _read(): void {
    if (this.#info === null || this.#socket === null) {
      this.#isWanted = true;
      return;
    }
    connectionOf(this.#socket).readPiece().then(
      (piece) => this.#deliver(piece),
      (error) => this.destroy(toNodeError(error)),
    );
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: Callback): void {
    this.#send(toBuffer(chunk, encoding)).then(() => callback(), callback);
  }

  override _writev(
    chunks: { chunk: Buffer | string; encoding: BufferEncoding }[],
    callback: Callback,
  ): void {
    const buffers = chunks.map(({ chunk, encoding }) => toBuffer(chunk, encoding));
    this.#send(Buffer.concat(buffers)).then(() => callback(), callback);
  }

  override _final(callback: Callback): void {
    this.#opened.then((connection) => connection.closeWrite())
      .then(() => callback(), (error) => callback(toNodeError(error)));
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.connecting = false;
    clearTimeout(this.#timer);
    this.#connecting.abort();
    const closed = this.#close();
    const emitClose = (hadError: boolean) =>
      process.nextTick(() => process.nextTick(() => this.emit("close", hadError)));
    if (error !== null) callback(error);
    closed.then(() => {
      if (error === null) callback();
      emitClose(error !== null);
    }, (lost) => {
      if (error === null) callback(toNodeError(lost));
      emitClose(true);
    });
  }

  async #close(): Promise<void> {
    if (this.#socket === null) return;
    if (this.writableFinished) await this.#socket.close();
    else await connectionOf(this.#socket).abort();
  }

  async #send(data: Buffer): Promise<void> {
    const connection = await this.#opened;
    this.#noteActivity();
    try {
      await connection.write(data);
    } catch (error) {
      throw toNodeError(error);
    }
    this.#bytesWritten += data.length;
  }

  #deliver(piece: Uint8Array<ArrayBuffer> | null): void {
    this.#noteActivity();
    if (this.destroyed) return;
    if (piece === null) {
      this.push(null);
      return;
    }
    this.#bytesRead += piece.length;
    this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }

  /** Completes connection and handshake. */
  async #open(source: SocketSource): Promise<Connection> {
    const socket = typeof source === "function" ? await this.#connect(source) : source;
    const connection = connectionOf(socket);
    const info = await connection.handshake();
    // Not in this turn: what a listener throws is no failure of the handshake.
    return await new Promise((resolve) =>
      process.nextTick(() => {
        resolve(connection);
        this.#finishHandshake(info);
      })
    );
  }

  async #connect(source: (signal: AbortSignal) => Promise<SslSocket>): Promise<SslSocket> {
    const socket = await source(this.#connecting.signal);
    if (this.destroyed) {
      socket[Symbol.dispose]();
      throw this.errored ?? new Error("Cannot connect: the socket was destroyed");
    }
    this.#use(socket);
    this.connecting = false;
    process.nextTick(() => this.#emitConnect());
    return socket;
  }

  /** Starts the timer that tells of inactivity, which keeps no process alive. */
  #startTimer(): void {
    if (!this.timeout) return;
    this.#lastActive = performance.now();
    this.#watch(this.timeout);
  }

  #watch(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const left = (this.timeout ?? 0) - (performance.now() - this.#lastActive);
      if (left > 0) return this.#watch(left);
      this.#timer = undefined;
      this.emit("timeout");
    }, milliseconds).unref();
  }

  #noteActivity(): void {
    if (!this.timeout) return;
    if (this.#timer === undefined) this.#startTimer();
    else this.#lastActive = performance.now();
  }

  #use(socket: SslSocket): void {
    this.#socket = socket;
    this.#isServer = configOf(socket).role === "server";
  }

  #refuse(error: Error | null): void {
    const code = error !== null && "code" in error ? error.code : error?.message ?? null;
    Object.assign(this, { authorizationError: code });
  }

  #emitConnect(): void {
    if (this.destroyed) return;
    this.emit("connect");
    this.emit("ready");
  }

  #finishHandshake(info: ChannelInfo): void {
    if (this.destroyed) return;
    this.#info = info;
    this.secureConnecting = false;
    this.alpnProtocol = info.alpnProtocol ?? false;
    this.servername = info.serverName ?? false;
    const refusal = this.#authorizationErrorOf(info);
    this.#refuse(refusal);
    this.authorized = refusal === null && info.peerCertificates.length > 0;
    this.emit("secure");
    if (!this.#isServer && !this.destroyed) this.emit("secureConnect");
    if (this.#isWanted) this._read();
    else this.read(0);
  }
}

function badCertificate({ badCertAccepted }: ChannelInfo): Error | null {
  return badCertAccepted ? new Error("the certificate was accepted by the hook badCert") : null;
}

function toBuffer(chunk: Buffer | string, encoding: BufferEncoding): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}

function nodeAddress(address: unknown): net.AddressInfo | Record<string, never> {
  if (typeof address !== "object" || address === null) return {};
  if (!("hostname" in address) || !("port" in address)) return {};
  const { hostname, port } = address;
  if (typeof hostname !== "string" || typeof port !== "number") return {};
  return { address: hostname, port, family: hostname.includes(":") ? "IPv6" : "IPv4" };
}

/** Getters in place of net.Socket's, which ask a handle; TypeScript takes those for properties. */
const GETTERS: { readonly [name: string]: (this: NodeTlsSocket) => unknown } = {
  bytesRead() {
    return this.counts.read;
  },
  bytesWritten() {
    return this.counts.written;
  },
  bufferSize() {
    return this.writableLength;
  },
  pending() {
    return this.connecting;
  },
  localAddress() {
    return this.address().address;
  },
  localPort() {
    return this.address().port;
  },
  localFamily() {
    return this.address().family;
  },
  remoteAddress() {
    return this.peerAddress.address;
  },
  remotePort() {
    return this.peerAddress.port;
  },
  remoteFamily() {
    return this.peerAddress.family;
  },
};

for (const [name, get] of Object.entries(GETTERS)) {
  Object.defineProperty(NodeTlsSocket.prototype, name, { get, configurable: true });
}

// Drivers ask for `instanceof tls.TLSSocket`. Its constructor would open a handle; that of
// net.Socket, which stays the class's parent, does not.
Object.setPrototypeOf(NodeTlsSocket.prototype, tls.TLSSocket.prototype);
