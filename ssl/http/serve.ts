// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: node:http and node:http2 parse what it serves.

import type { Buffer } from "node:buffer";
import { createServer as createHttp1, type IncomingMessage, STATUS_CODES } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { Duplex } from "node:stream";
import { isBoolean, isFunction, isInteger, type Shape } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { SslListener } from "../base/socket_type.ts";
import { requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import {
  answer,
  findTarget,
  type Incoming,
  reportAndAnswer,
  type ServeHandler,
} from "./exchange.ts";
import { createRequestInfo, type RequestInfo } from "./request_info.ts";
import { type Outgoing, resetResponse } from "./send_response.ts";
import {
  CONNECTION_OPTIONS,
  type ConnectionOptions,
  type HttpServer,
  HttpServing,
  IDLE_TIMEOUT,
  isSslListener,
} from "./serve_node.ts";

/**
 * The options of {@linkcode serve}.
 *
 * @typeParam A The type of the connections' addresses.
 *
 * @category HTTP
 */
export interface ServeOptions<A = unknown> extends ConnectionOptions<A> {
  /**
   * Answers a request whose handler has thrown, or has returned no `Response`; by default the
   * console tells of it, and the client gets status 500. It is also called, and its answer dropped,
   * when a response's body fails that is on its way: the request is then reset.
   */
  readonly onError?: (error: unknown) => Response | Promise<Response>;
  /**
   * Takes over a connection of HTTP/1.1 whose client asks for another protocol, such as WebSocket.
   * Without it such requests are answered by the handler, as if they had not asked.
   */
  readonly onUpgrade?: UpgradeHandler<A>;
  /**
   * Whether a request is answered with status 421 (Misdirected Request) that names another host
   * than the connection was made for; default `true`. The names may differ where the certificate
   * covers both, and the listener has no hook that chooses by name.
   */
  readonly checkHost?: boolean;
  /** The most bytes of a request's head; default 16,384. HTTP/2 counts 32 more for each field. */
  readonly maxHeaderSize?: number;
  /**
   * The most requests at once on a connection; default 100. They count until their handlers have
   * ended, also if the client has given them up: handlers listen to `request.signal`. What is more
   * is refused by HTTP/2 with REFUSED_STREAM; by HTTP/1.1, where only a client comes so far that
   * sends requests ahead of the responses, the connection ends.
   */
  readonly maxConcurrentStreams?: number;
}

/**
 * Takes over a connection: `head` is what the client has sent after the head of its request.
 *
 * @typeParam A The type of the connection's addresses.
 *
 * @category HTTP
 */
export type UpgradeHandler<A = unknown> = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  info: RequestInfo<A>,
) => void;

const SERVE_OPTIONS: Shape<ServeOptions> = {
  ...CONNECTION_OPTIONS,
  onError: isFunction,
  onUpgrade: isFunction,
  checkHost: isBoolean,
  maxHeaderSize: isInteger(256, 2 ** 24),
  maxConcurrentStreams: isInteger(1, 2 ** 31 - 1),
};

/**
 * Serves HTTP/1.1 and HTTP/2 over the connections of a listener, in the form of `Deno.serve`, with
 * a handler that knows who is calling. `node:http` and `node:http2` parse it.
 *
 * Unless the listener has been given application protocols, clients are offered both versions.
 *
 * @typeParam A The type of the listener's address.
 * @param listener The listener, which the server then owns.
 * @param handler Answers each request.
 * @param options See {@linkcode ServeOptions}.
 * @returns The running server.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for what is no listener, no handler, or an invalid
 * option.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { createAgent, serve } from "@nss/nss/http";
 * import { assertEquals } from "@std/assert";
 * import { get } from "node:https";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * await using server = serve(listener, (request, info) => {
 *   const caller = info.peerCertificates[0]?.subject ?? "somebody";
 *   return new Response(`${caller} asked for ${new URL(request.url).pathname}`);
 * });
 *
 * const agent = createAgent({ caCerts: [cert] });
 * const answer = Promise.withResolvers<string>();
 * get(`https://localhost:${server.addr.port}/page`, { agent }, async (response) => {
 *   answer.resolve((await response.setEncoding("utf8").toArray()).join(""));
 * }).on("error", answer.reject);
 * assertEquals(await answer.promise, "somebody asked for /page");
 * agent.destroy();
 * ```
 *
 * @example Hono
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { serve } from "@nss/nss/http";
 * import { Hono } from "npm:hono@4";
 *
 * declare const certificates: { cert: string; key: string }[];
 * const app = new Hono();
 * app.get("/", (c) => c.text("Hello"));
 * const listener = importFD(Deno.listen({ port: 8443 }), { certificates, clientAuth: "request" });
 * await serve(listener, (request, info) => app.fetch(request, info)).finished;
 * ```
 *
 * @category HTTP
 */
export function serve<A>(
  listener: SslListener<A>,
  handler: ServeHandler<A>,
  options: ServeOptions<A> = {},
): HttpServer<A> {
  const attempt = "Cannot serve HTTP";
  requireSslArgs(attempt, isSslListener(listener), isFunction(handler, "handler"));
  const {
    onError = reportAndAnswer,
    onUpgrade,
    checkHost = true,
    maxHeaderSize = 16_384,
    maxConcurrentStreams = 100,
    ...connectionOptions
  } = takeSslOptions(attempt, options, SERVE_OPTIONS);
  // The times are those of HttpConnection, which need no listening server.
  const http1 = createHttp1({
    maxHeaderSize,
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
  });
  // The head's length bounds the number of its fields: more than these Node would drop in silence.
  http1.maxHeadersCount = 0;
  const http2 = createHttp2({
    maxHeaderListPairs: Math.ceil(maxHeaderSize / 32),
    maxSendHeaderBlockLength: 2 ** 16,
    settings: { maxConcurrentStreams, maxHeaderListSize: maxHeaderSize, enablePush: false },
  });
  const exchange = (expectsContinue: boolean) => (incoming: Incoming, outgoing: Outgoing) => {
    const connection = serving.connectionOf(incoming);
    if (connection === undefined) {
      outgoing.destroy();
      return;
    }
    if (connection.isRefused) return; // the refusal ends it
    if (connection.handlers >= maxConcurrentStreams) {
      if ("stream" in outgoing) resetResponse(outgoing, "NGHTTP2_REFUSED_STREAM");
      else serving.fail(connection, tooManyRequests(maxConcurrentStreams));
      return;
    }
    connection.handlers++;
    answer(incoming, outgoing, connection.sslSocket, {
      handler,
      onError,
      checkHost,
      maxHeaderSize,
      idleTimeout: connectionOptions.idleTimeout ?? IDLE_TIMEOUT,
      isLast: () => connection.isEnding,
      connection,
      end: () => connection.end(),
      expectsContinue,
      done: () => connection.handlers--,
    });
  };
  for (const server of [http1, http2]) {
    server.on("request", exchange(false));
    server.on("checkContinue", exchange(true));
  }
  if (onUpgrade !== undefined) {
    http1.on("upgrade", (incoming, socket, head) => {
      const sslSocket = serving.connectionOf(incoming)?.sslSocket;
      if (sslSocket === undefined) {
        socket.destroy();
        return;
      }
      const target = findTarget(incoming, sslSocket, checkHost);
      if (!(target instanceof URL)) {
        const { status, why } = target;
        const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`;
        socket.end(`${head}${why}\n`, () => socket.destroy());
        return;
      }
      try {
        onUpgrade(incoming, socket, head, createRequestInfo(sslSocket, "1.1", null));
      } catch (error) {
        socket.destroy();
        connectionOptions.onConnectionError?.(error, sslSocket.remoteAddr);
      }
    });
  }
  const serving: HttpServing<A> = new HttpServing(listener, { http1, http2 }, connectionOptions);
  return serving;
}

function tooManyRequests(limit: number): SslError {
  return new SslError(
    "PR_BUFFER_OVERFLOW_ERROR",
    `Cannot serve HTTP: a client of HTTP/1.1 has sent more than ${limit} requests ahead of their ` +
      "responses (maxConcurrentStreams)",
  );
}
