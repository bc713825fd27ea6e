// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { change } from "../config/config.ts";
import { configOf } from "../config/config_registry.ts";
import { settlesWithin } from "../connection/bounds.ts";
import type { Connection } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { isReset } from "../connection/transport_error.ts";
import { type NodeAddress, nodeAddress } from "./addresses.ts";
import { IdleTimer } from "./idle_timer.ts";
import { codedError, toNodeError } from "./node_error.ts";

/** Where a socket of Node's gets its connection from. */
export type SocketSource = SslSocket | ((signal: AbortSignal) => Promise<SslSocket>);

/** The options of Node's that a socket has. */
export interface NodeSocketOptions {
  /** Whether this end may write on after the peer has ended; default `false`, as in Node. */
  readonly allowHalfOpen?: boolean | undefined;
  /** The number of bytes that are buffered in each direction before the other side waits. */
  readonly highWaterMark?: number | undefined;
  /** Destroys the socket. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Why the peer is not trusted although the handshake is complete; `null` if it is trusted. By
   * default what the `badCert` hook has accepted, and a client's certificate that was asked for and
   * not sent.
   */
  readonly authorizationError?: ((info: ChannelInfo) => Error | null) | undefined;
  /** Whether it is the server's end, where the source does not tell yet; default `false`. */
  readonly isServer?: boolean | undefined;
}

type Callback = (error?: Error | null) => void;

/** A chunk of a stream, with the encoding of a string. */
interface Chunk {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}

/**
 * The most bytes that are handed to the connection at once: what a stalled peer has not taken shows
 * after each of them, and small writes are joined up to it.
 */
const MAX_PIECE = 1 << 17;

/** The stream of a socket of Node's over one of ours, and its life. */
export abstract class NodeStream extends net.Socket {
  declare connecting: boolean;
  declare timeout?: number;
  /** Whether the handshake is not complete. */
  secureConnecting = true;
  readonly #connecting = new AbortController();
  readonly #idle = new IdleTimer(() => this.emit("timeout"));
  /** The connection, its handshake complete. */
  readonly #opened = Promise.withResolvers<Connection>();
  /** What is to be done with the socket of ours as soon as it is there. */
  #pending: ((socket: SslSocket) => void)[] = [];
  #socket: SslSocket | null = null;
  /** Whether the stream has asked for data before the handshake was complete. */
  #isWanted = false;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** The write in progress. */
  #writing: Promise<void> = Promise.resolve();

  constructor({ allowHalfOpen = false, highWaterMark, signal }: NodeSocketOptions) {
    super({
      allowHalfOpen,
      ...highWaterMark === undefined ? {} : { highWaterMark },
      ...signal === undefined ? {} : { signal },
    });
  }

  /** Called as soon as the socket of ours is there. */
  protected abstract onSocket(socket: SslSocket): void;

  /** Called before the handshake begins, if it has not. */
  protected abstract beforeHandshake(socket: SslSocket): void;

  /** Called when the handshake is complete; it emits the events. */
  protected abstract onHandshake(info: ChannelInfo): void;

  /** Begins in the next tick, so that listeners can be added. */
  protected start(source: SocketSource): void {
    if (typeof source === "function") this.connecting = true;
    else this.#use(source);
    const { promise, reject } = this.#opened;
    promise.catch((error) => this.destroy(this.inNode(error)));
    process.nextTick(() => this.#open(source).catch(reject));
  }

  /** The socket of ours; `null` while it is connecting. */
  get sslSocket(): SslSocket | null {
    return this.#socket;
  }

  /** The address of the peer. */
  get peerAddress(): NodeAddress {
    return nodeAddress(this.#socket?.remoteAddr);
  }

  /** The bytes of plain text, read and written. */
  get counts(): { readonly read: number; readonly written: number } {
    return { read: this.#bytesRead, written: this.#bytesWritten + this.writableLength };
  }

  /** Connects no more than it is: for drivers that are given a socket, and connect it once more. */
  override connect(...args: unknown[]): this {
    const callback = args.at(-1);
    if (typeof callback === "function") this.once("connect", () => callback());
    if (!this.connecting) process.nextTick(() => this.#emitConnect());
    return this;
  }

  override ref(): this {
    this.withSocket((socket) => socket.ref());
    return this;
  }

  override unref(): this {
    this.withSocket((socket) => socket.unref());
    return this;
  }

  override setNoDelay(noDelay = true): this {
    this.withSocket((socket) => {
      change(configOf(socket), { noDelay }); // the handshake sets it once more
      connectionOf(socket).transport.setNoDelay(noDelay);
    });
    return this;
  }

  /** The delay is that of the system: connections of Deno's have no other. */
  override setKeepAlive(
    given: boolean | { readonly enable?: boolean | undefined } = false,
    _initialDelay?: number,
  ): this {
    const enable = typeof given === "object" ? given.enable ?? false : given;
    this.withSocket((socket) => connectionOf(socket).transport.setKeepAlive(enable));
    return this;
  }

  override setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.#idle.set(milliseconds);
    this.timeout = milliseconds;
    if (callback !== undefined) {
      if (milliseconds === 0) this.removeListener("timeout", callback);
      else this.once("timeout", callback);
    }
    return this;
  }

  override address(): NodeAddress {
    return nodeAddress(this.#socket?.localAddr);
  }

  /** Destroys it: a socket of ours cannot send a reset by itself. */
  override resetAndDestroy(): this {
    return this.destroy();
  }

  override _read(): void {
    if (this.secureConnecting || this.#socket === null) {
      this.#isWanted = true;
      return;
    }
    connectionOf(this.#socket).readPiece().then(
      (piece) => this.#deliver(piece),
      (error) => this.destroy(this.inNode(error)),
    );
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: Callback): void {
    this._writev([{ chunk, encoding }], callback);
  }

  override _writev(chunks: Chunk[], callback: Callback): void {
    this.#writing = this.#send(chunks);
    this.#writing.then(() => callback(), (error) => callback(this.inNode(error)));
  }

  override _final(callback: Callback): void {
    this.#opened.promise.then((connection) => unlessGone(connection, connection.closeWrite()))
      .then(() => callback(), (error) => callback(this.inNode(error)));
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.connecting = false;
    this.#idle.set(0);
    this.#connecting.abort();
    this.#opened.reject(error ?? destroyedError()); // for writes that wait for it
    const emitClose = (hadError: boolean) => process.nextTick(() => this.emit("close", hadError));
    const closed = this.#socket === null ? Promise.resolve() : this.#close(this.#socket);
    if (error !== null) callback(error);
    closed.then(() => {
      if (error === null) callback();
      emitClose(error !== null);
    }, (lost) => {
      if (error === null) callback(this.inNode(lost));
      emitClose(true);
    });
  }

  /** Completes connection and handshake. */
  async #open(source: SocketSource): Promise<void> {
    if (this.destroyed) return;
    const socket = typeof source === "function" ? await this.#connect(source) : source;
    const connection = connectionOf(socket);
    if (connection.engine === null) this.beforeHandshake(socket);
    const info = await connection.handshake();
    // Not in this turn: what a listener throws is no failure of the handshake.
    process.nextTick(() => {
      if (this.destroyed) return;
      this.#opened.resolve(connection);
      this.#finishHandshake(info);
    });
  }

  async #connect(source: (signal: AbortSignal) => Promise<SslSocket>): Promise<SslSocket> {
    const socket = await source(this.#connecting.signal);
    if (this.destroyed) {
      socket[Symbol.dispose]();
      throw destroyedError();
    }
    this.#use(socket);
    this.connecting = false;
    return await new Promise((resolve) =>
      process.nextTick(() => {
        resolve(socket);
        this.#emitConnect();
      })
    );
  }

  #use(socket: SslSocket): void {
    this.#socket = socket;
    this.onSocket(socket);
    for (const action of this.#pending) action(socket);
    this.#pending = [];
  }

  #finishHandshake(info: ChannelInfo): void {
    this.secureConnecting = false;
    this.onHandshake(info);
    if (this.destroyed) return;
    if (this.#isWanted) this._read();
    else this.read(0);
  }

  #emitConnect(): void {
    if (this.destroyed) return;
    this.emit("connect");
    this.emit("ready");
  }

  /** Does something as soon as the socket of ours is there. */
  protected withSocket(action: (socket: SslSocket) => void): void {
    if (this.#socket !== null) action(this.#socket);
    else if (!this.destroyed) this.#pending.push(action);
  }

  /** Hands on what has been read; `null` at the end. */
  #deliver(piece: Uint8Array<ArrayBuffer> | null): void {
    this.#idle.touch();
    if (this.destroyed) return;
    if (piece === null) {
      this.push(null);
      this.read(0); // the end shows where nobody reads, as in Node
      return;
    }
    this.#bytesRead += piece.length;
    this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }

  async #send(chunks: readonly Chunk[]): Promise<void> {
    const connection = await this.#opened.promise;
    for (const piece of piecesOf(chunks)) {
      this.#idle.touch();
      await connection.write(piece);
      this.#bytesWritten += piece.length;
    }
    this.#idle.touch();
  }

  async #close(socket: SslSocket): Promise<void> {
    const connection = connectionOf(socket);
    if (this.writableFinished) return await unlessGone(connection, connection.close());
    // What has been written just before is to leave; what does not leave at once is dropped.
    if (!this.secureConnecting) await settlesWithin(this.#writing, 0);
    await connection.abort();
  }

  /** An error in the form of Node's. */
  protected inNode(error: unknown): Error {
    const connection = this.#socket === null ? null : connectionOf(this.#socket);
    return toNodeError(error, {
      chain: connection?.visible?.peerChain ?? [],
      handshaking: this.secureConnecting,
      host: this.#socket === null ? null : configOf(this.#socket).hostname,
    });
  }
}

/** A peer that has ended may be gone: only our close_notify is lost then. */
async function unlessGone({ engine }: Connection, ending: Promise<void>): Promise<void> {
  try {
    await ending;
  } catch (error) {
    if (!engine?.readClosed || !isReset(error)) throw error;
  }
}

function destroyedError(): Error {
  return codedError(new Error("Cannot connect: the socket was destroyed"), "ERR_STREAM_DESTROYED");
}

/** Joins small chunks and cuts large ones. */
function* piecesOf(chunks: readonly Chunk[]): Generator<Buffer> {
  let joined: Buffer[] = [];
  let length = 0;
  for (const { chunk, encoding } of chunks) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    if (length > 0 && length + bytes.length > MAX_PIECE) {
      yield joined.length === 1 ? joined[0]! : Buffer.concat(joined, length);
      [joined, length] = [[], 0];
    }
    if (bytes.length <= MAX_PIECE) {
      joined.push(bytes);
      length += bytes.length;
      continue;
    }
    for (let offset = 0; offset < bytes.length; offset += MAX_PIECE) {
      yield bytes.subarray(offset, offset + MAX_PIECE);
    }
  }
  if (length > 0) yield joined.length === 1 ? joined[0]! : Buffer.concat(joined, length);
}
