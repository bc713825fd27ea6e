// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it feeds servers of node:http and node:http2.

import type { Server, ServerResponse } from "node:http";
import type { Http2Server, Http2ServerResponse, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { isFunction, isInstance, isLike, type Shape } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { SslListener, SslSocket } from "../base/socket_type.ts";
import { configOf } from "../config/config_registry.ts";
import { isMilliseconds, requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { setNextProtoNego } from "../nss/next_proto.ts";
import { HttpConnection, HttpSocket, ReadSocket } from "./http_connection.ts";
import type { Incoming } from "./exchange.ts";
import { onceGone } from "./send_response.ts";

/**
 * The options of a server besides what answers its requests.
 *
 * @typeParam A The type of the connections' addresses.
 *
 * @category HTTP
 */
export interface ConnectionOptions<A = unknown> {
  /** Ends the server and all its connections at once, as that of `Deno.serve`. */
  readonly signal?: AbortSignal;
  /** Called when the server takes connections, before `serve` returns. */
  readonly onListen?: (addr: A) => void;
  /**
   * Told of connections that fail without a request: handshakes, a listener that cannot accept,
   * what is no HTTP. Not of clients that merely go away. Nobody is told by default.
   */
  readonly onConnectionError?: (error: unknown, remoteAddr: A | null) => void;
  /**
   * The milliseconds in which a client must come with a whole head of a request, after the
   * handshake or the last response; in which it must send something of a body that is read, and
   * take what is written; default 60,000, `Infinity` for no limit.
   */
  readonly idleTimeout?: number;
}

/**
 * How a server ends.
 *
 * @category HTTP
 */
export interface ShutdownOptions {
  /** The milliseconds after which connections end whose requests are still in progress. */
  readonly grace?: number;
}

/**
 * A running server, as that of `Deno.serve`.
 *
 * @typeParam A The type of the listener's address.
 *
 * @category HTTP
 */
export interface HttpServer<A = unknown> extends AsyncDisposable {
  /** The address on which it listens. */
  readonly addr: A;
  /** Resolves when the server has ended, and all its connections. */
  readonly finished: Promise<void>;

  /**
   * Takes no more connections, ends those that are idle, and the others when they have answered
   * the requests in progress. Connections that were handed over by an upgrade are the
   * application's, and are waited for.
   *
   * @param options `grace` bounds the wait.
   * @returns A promise that settles with `finished`.
   */
  shutdown(options?: ShutdownOptions): Promise<void>;

  /** Keeps the process alive while it listens, which is the default. */
  ref(): void;

  /** Lets the process end while it listens. */
  unref(): void;
}

/** The checks of {@linkcode ConnectionOptions}. */
export const CONNECTION_OPTIONS: Shape<ConnectionOptions> = {
  signal: isInstance(AbortSignal),
  onListen: isFunction,
  onConnectionError: isFunction,
  idleTimeout: isMilliseconds,
};

const SHUTDOWN_OPTIONS: Shape<ShutdownOptions> = { grace: isMilliseconds };

/** The default of `idleTimeout`, in milliseconds. */
export const IDLE_TIMEOUT = 60_000;

/**
 * Feeds the connections of a listener to a server of `node:http`, such as that of an Express
 * application. The requests' `socket` is a `tls.TLSSocket`, whose `getPeerCertificate()` tells who
 * is calling.
 *
 * Unless the listener has been given application protocols, clients are offered HTTP/1.1.
 *
 * @typeParam A The type of the listener's address.
 * @param listener The listener, which the server then owns.
 * @param server The server, which is not to listen itself.
 * @param options See {@linkcode ConnectionOptions}.
 * @returns The running server.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for what is no listener, no server, or an invalid
 * option.
 *
 * @example Express
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { serveNode } from "@nss/nss/http";
 * import { createServer } from "node:http";
 * import express from "npm:express@5";
 *
 * declare const certificates: { cert: string; key: string }[];
 * const app = express();
 * app.use(express.static("public"));
 * const listener = importFD(Deno.listen({ port: 8443 }), { certificates });
 * await serveNode(listener, createServer(app)).finished;
 * ```
 *
 * @category HTTP
 */
export function serveNode<A>(
  listener: SslListener<A>,
  server: Server,
  options: ConnectionOptions<A> = {},
): HttpServer<A> {
  const attempt = "Cannot serve HTTP";
  requireSslArgs(
    attempt,
    isSslListener(listener),
    isLike("a server of node:http", "emit", "on", "listenerCount")(server, "server"),
  );
  const own = takeSslOptions(attempt, options, CONNECTION_OPTIONS);
  return new HttpServing(listener, { http1: server, http2: null }, own);
}

/** Checks that a value is a listener of this package. */
export function isSslListener(value: unknown): string | null {
  const problem = isLike("an SslListener of importFD", "accept", "close")(value, "listener");
  if (problem !== null || typeof value !== "object" || value === null) return problem;
  try {
    configOf(value);
    return null;
  } catch {
    return "listener must be an SslListener: wrap it with importFD, with certificates";
  }
}

/** The servers that parse a protocol each. */
export interface ProtocolServers {
  readonly http1: Server;
  readonly http2: Http2Server | null;
}

/** The protocols of a parser of HTTP/1.1, as ALPN names them. */
const HTTP1: readonly string[] = ["http/1.1", "http/1.0"];

/** How long an accept that has failed is not repeated, in milliseconds. */
const ACCEPT_PAUSE = 100;

/** The connections of a listener, fed to servers of Node's. */
export class HttpServing<A> implements HttpServer<A> {
  readonly finished: Promise<void>;
  readonly #listener: SslListener<A>;
  readonly #servers: ProtocolServers;
  readonly #options: ConnectionOptions<A>;
  readonly #connections = new Map<object, HttpConnection<A>>();
  /** The sockets whose handshakes are not complete. */
  readonly #shaking = new Set<SslSocket<A>>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #allGone = Promise.withResolvers<void>();
  #isStopping = false;

  constructor(listener: SslListener<A>, servers: ProtocolServers, options: ConnectionOptions<A>) {
    this.#listener = listener;
    this.#servers = servers;
    this.#options = options;
    offerProtocols(listener, servers.http2 === null ? HTTP1 : ["h2", ...HTTP1]);
    prepareServer(servers.http1);
    this.#watch(servers);
    this.finished = this.#run();
    const { signal, onListen } = options;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort, { once: true });
    onListen?.(listener.addr);
  }

  get addr(): A {
    return this.#listener.addr;
  }

  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { grace = Infinity } = takeSslOptions("Cannot shut down", options, SHUTDOWN_OPTIONS);
    this.#stop();
    for (const connection of this.#connections.values()) connection.end();
    const timer = grace === Infinity ? undefined : setTimeout(this.#abort, grace);
    await this.finished;
    clearTimeout(timer);
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** The connection of a request; `undefined` if that has ended meanwhile. */
  connectionOf(incoming: Incoming): HttpConnection<A> | undefined {
    const key = "stream" in incoming && incoming.httpVersionMajor === 2
      ? incoming.stream.session
      : incoming.socket;
    return key && this.#connections.get(key);
  }

  /** Ends a connection for what its client has done. */
  fail(connection: HttpConnection<A>, error: Error): void {
    if (connection.isGone) return;
    this.#tell(error, connection.sslSocket.remoteAddr);
    connection.destroy();
  }

  readonly #abort = (): void => {
    this.#stop();
    for (const connection of this.#connections.values()) connection.destroy();
  };

  #stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#listener.close();
    for (const socket of this.#shaking) socket[Symbol.dispose]();
    this.#stopped.resolve();
    this.#settle();
  }

  #settle(): void {
    if (this.#isStopping && this.#connections.size === 0) this.#allGone.resolve();
  }

  async #run(): Promise<void> {
    for (;;) {
      let socket;
      try {
        socket = await this.#listener.accept();
      } catch (error) {
        if (this.#isStopping) break;
        if (error instanceof Error && error.name === "BadResource") {
          this.#stop(); // the application has closed the listener
          for (const connection of this.#connections.values()) connection.end();
          break;
        }
        // A process that has no descriptor left, or a client that is gone: others will come.
        this.#tell(error, null);
        await this.#pause();
        continue;
      }
      if (this.#isStopping) socket[Symbol.dispose]();
      else this.#open(socket);
    }
    await this.#allGone.promise;
    this.#options.signal?.removeEventListener("abort", this.#abort);
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ACCEPT_PAUSE);
    await Promise.race([promise, this.#stopped.promise]);
    clearTimeout(timer);
  }

  async #open(socket: SslSocket<A>): Promise<void> {
    this.#shaking.add(socket);
    try {
      const { alpnProtocol } = await socket.handshake();
      if (this.#isStopping) return socket[Symbol.dispose]();
      this.#feed(socket, alpnProtocol);
    } catch (error) {
      socket.close().catch(() => {}); // the first error is told
      if (!this.#isStopping) this.#tell(error, socket.remoteAddr);
    } finally {
      this.#shaking.delete(socket);
    }
  }

  #feed(sslSocket: SslSocket<A>, protocol: string | null): void {
    const { http1, http2 } = this.#servers;
    const isHttp2 = protocol === "h2";
    if (
      (isHttp2 && http2 === null) || (!isHttp2 && !/^http\/1\.[01]$/.test(protocol ?? "http/1.1"))
    ) {
      throw new SslError(
        "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
        `Cannot serve HTTP: the client and the listener have agreed on "${protocol}"; the ` +
          `listener's alpnProtocols must be of ${http2 === null ? "" : '"h2", '}"http/1.1"`,
      );
    }
    const socket = new (isHttp2 ? ReadSocket : HttpSocket)(sslSocket, {
      allowHalfOpen: true,
      isServer: true,
    });
    const idleTimeout = this.#options.idleTimeout ?? IDLE_TIMEOUT;
    const connection = new HttpConnection(sslSocket, socket, idleTimeout);
    // What a server of the application's reads of a body, only that knows
    if (http2 !== null) connection.boundWaste(() => this.fail(connection, tooMuchWaste()));
    const keys: object[] = [socket];
    this.#connections.set(socket, connection);
    let isTold = false; // an error of the session is one of its socket, too
    const onError = (error: Error) => {
      if (!isTold) this.#tellUnlessGone(error, sslSocket.remoteAddr);
      isTold = true;
    };
    socket.on("error", onError);
    socket.once("close", () => {
      for (const key of keys) this.#connections.delete(key);
      this.#settle();
    });
    // Node's servers take a socket whose handshake is complete.
    socket.once("secure", () => {
      if (!isHttp2) {
        http1.emit("connection", socket);
        return;
      }
      http2?.once("session", (session: ServerHttp2Session) => {
        keys.push(session);
        this.#connections.set(session, connection);
        connection.useSession(session);
        session.on("error", onError);
        session.once("close", () => socket.destroySoon());
      });
      http2?.emit("connection", socket);
    });
  }

  /** Sees when requests begin and end, and connections become the application's. */
  #watch({ http1, http2 }: ProtocolServers): void {
    const begin = (incoming: Incoming, outgoing: ServerResponse | Http2ServerResponse) => {
      const end = this.connectionOf(incoming)?.begin();
      if (end !== undefined) onceGone(outgoing, end);
    };
    for (const server of [http1, http2]) {
      server?.prependListener("request", begin);
      if (server !== null && server.listenerCount("checkContinue") > 0) {
        server.prependListener("checkContinue", begin);
      }
    }
    if (http1.listenerCount("upgrade") > 0) {
      http1.prependListener("upgrade", (incoming) => this.connectionOf(incoming)?.upgrade());
    }
    http1.on("clientError", (error: Error, socket: Socket) => this.#refuse(error, socket));
  }

  /** Answers what is no HTTP/1.1, where no response is on its way. */
  #refuse(error: Error, socket: Socket): void {
    const connection = this.#connections.get(socket);
    this.#tellUnlessGone(error, connection?.sslSocket.remoteAddr ?? null);
    const code = "code" in error ? String(error.code) : "";
    if (!socket.writable || connection?.isBusy || code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const status = code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
    socket.destroySoon();
  }

  /** A client that goes away, even without close_notify, has said so by the framing of HTTP. */
  #tellUnlessGone(error: unknown, remoteAddr: A | null): void {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ECONNRESET" || code === "EPIPE") return;
    this.#tell(error, remoteAddr);
  }

  #tell(error: unknown, remoteAddr: A | null): void {
    this.#options.onConnectionError?.(error, remoteAddr);
  }
}

function tooMuchWaste(): SslError {
  return new SslError(
    "PR_BUFFER_OVERFLOW_ERROR",
    "Cannot serve HTTP: the client sends too much that is neither a request nor its body, such as " +
      "extensions of chunks, or frames of HTTP/2 that are ignored",
  );
}

/** Offers protocols where the application has chosen none. */
function offerProtocols(listener: SslListener, protocols: readonly string[]): void {
  const { chosen, nextProtoCallback } = configOf(listener);
  const hasChosen = chosen.has("alpnProtocols") || chosen.has("alpn") || nextProtoCallback !== null;
  if (!hasChosen) setNextProtoNego(listener, [...protocols]);
}

/** Deno closes a connection after each response of a server that does not listen. */
function prepareServer(server: Server): void {
  if (!server.listening) Object.defineProperty(server, "listening", { value: true });
}
