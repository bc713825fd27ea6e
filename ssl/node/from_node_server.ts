// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import type { Server, Socket } from "node:net";
import { isLike } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { ListenerLike } from "../connection/transports.ts";
import { type DuplexAddr, DuplexConn } from "./duplex_conn.ts";

/**
 * The most connections that wait to be accepted; more are closed, as a system does whose queue is
 * full. It is Node's default for that of the system.
 */
export const MAX_WAITING = 511;

/**
 * Returns a server of `node:net` as a listener for `importFD`, and so for `serve()` of
 * `@nss/nss/http`, in Node and Bun.
 *
 * From now on its connections are the listener's: up to 511 wait to be accepted.
 *
 * @param server The server, which listens; the listener then owns it.
 * @returns The listener.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is no server, or does not listen.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { connect, fromNodeServer } from "@nss/nss/node";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { createServer } from "node:net";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const server = createServer().listen(0, "127.0.0.1");
 * await once(server, "listening");
 * const listener = importFD(fromNodeServer(server), {
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 *
 * const { port } = Object(listener.addr);
 * const client = connect({ port, host: "localhost", ca: cert.toPem() });
 * await using socket = await listener.accept();
 * await socket.write(new TextEncoder().encode("hello"));
 * const [data] = await once(client, "data");
 * assertEquals(String(data), "hello");
 * client.destroy();
 * listener.close();
 * ```
 *
 * @category Node
 */
export function fromNodeServer(server: Server): ListenerLike<DuplexAddr> {
  const problem = isLike("a server of node:net", "on", "address", "close")(server, "the server") ??
    (server.address() === null ? "the server does not listen; wait for its event listening" : null);
  if (problem === null) return new ServerListener(server);
  throw new SslError("SEC_ERROR_INVALID_ARGS", `Cannot take server: ${problem}`);
}

class ServerListener implements ListenerLike<DuplexAddr> {
  readonly addr: DuplexAddr;
  readonly #server: Server;
  /** Connections that nobody has accepted, or calls of `accept()` that wait: never both. */
  readonly #waiting = new Set<{ readonly conn: DuplexConn; readonly socket: Socket }>();
  readonly #accepting: PromiseWithResolvers<DuplexConn>[] = [];
  #error: Error | null = null;
  #isClosed = false;

  constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    this.addr = typeof address === "object" && address !== null
      ? { transport: "tcp", hostname: address.address, port: address.port }
      : { transport: "stream" };
    server.on("connection", (socket) => this.#take(socket));
    server.on("error", (error) => this.#fail(error));
    server.on("close", () => this.#end());
  }

  accept(): Promise<DuplexConn> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#error !== null) {
      const error = this.#error;
      this.#error = null;
      return Promise.reject(error);
    }
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      return Promise.resolve(next.conn);
    }
    const call = Promise.withResolvers<DuplexConn>();
    this.#accepting.push(call);
    return call.promise;
  }

  close(): void {
    this.#server.close(); // waits for those that were accepted, and says so by its event
    this.#end();
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }

  #take(socket: Socket): void {
    if (this.#isClosed || this.#waiting.size >= MAX_WAITING) {
      socket.on("error", () => {}).destroy();
      return;
    }
    const conn = new DuplexConn(socket);
    const call = this.#accepting.shift();
    if (call === undefined) this.#waiting.add({ conn, socket });
    else call.resolve(conn);
  }

  /** A system that can accept no more, as without descriptors. */
  #fail(error: Error): void {
    const call = this.#accepting.shift();
    if (call === undefined) this.#error ??= error;
    else call.reject(error);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const call of this.#accepting.splice(0)) call.reject(closedError());
    for (const { socket } of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }
}

/** The error of Deno's listeners, by whose name loops of `accept()` end. */
function closedError(): Error {
  const error = new Error("Cannot accept: the listener is closed");
  error.name = "BadResource";
  return error;
}
