// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.
// This module uses node:

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type ConnLike, StreamTransport } from "../../ssl/connection/transports.ts";

/**
 * A TCP connection that can be reset, as Deno's own cannot: those end in order even where bytes are
 * unread.
 */
export class ResettableConn implements ConnLike<Deno.NetAddr> {
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: Socket;
  readonly #streams: StreamTransport;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#streams = new StreamTransport(
      // deno-lint-ignore no-explicit-any -- node's web streams have other types
      Duplex.toWeb(socket) as any,
    );
    const address = (port: number) => ({ transport: "tcp", hostname: "127.0.0.1", port } as const);
    this.localAddr = address(socket.localPort!);
    this.remoteAddr = address(socket.remotePort!);
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<ResettableConn> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.on("error", () => {}); // whoever reads or writes meets it
    return new ResettableConn(socket);
  }

  read(p: Uint8Array<ArrayBuffer>): Promise<number | null> {
    return this.#streams.read(p);
  }

  async write(p: Uint8Array<ArrayBuffer>): Promise<number> {
    await this.#streams.write(p);
    return p.length;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Resets the connection: the peer meets an error, not an end. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}
