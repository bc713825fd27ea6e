// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

// This module uses node: modules, statically: it answers the requests of node:http and node:http2.

import type { IncomingMessage } from "node:http";
import { constants, type Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { kindOf } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { configOf } from "../config/config_registry.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { startTimer } from "../connection/liveness.ts";
import type { StallWatch } from "./http_connection.ts";
import { RequestBody } from "./request_body.ts";
import { answerTo, createRequestInfo, type RequestInfo } from "./request_info.ts";
import {
  emitterOf,
  isOpen,
  onceGone,
  type Outgoing,
  resetResponse,
  sendResponse,
  wasReset,
} from "./send_response.ts";
import { isForHost, type Refusal, type RequestHead, targetUrl } from "./target.ts";
import type { Waste } from "./waste.ts";

/**
 * The time in milliseconds by which an early answer of HTTP/2 precedes the reset that ends the
 * upload: curl 7.88 drops an answer that it meets together with the reset.
 */
export const ANSWER_LEAD = 200;

/** A request of `node:http` or `node:http2`. */
export type Incoming = IncomingMessage | Http2ServerRequest;

/**
 * Answers a request; a handler in the form of `Deno.serve`, such as `app.fetch` of Hono.
 *
 * @typeParam A The type of the connection's addresses.
 *
 * @category HTTP
 */
export type ServeHandler<A = unknown> = (
  request: Request,
  info: RequestInfo<A>,
) => Response | Promise<Response>;

/** What an exchange needs to know of its server. */
export interface ExchangeOptions<A> {
  readonly handler: ServeHandler<A>;
  readonly onError: (error: unknown) => Response | Promise<Response>;
  readonly checkHost: boolean;
  readonly idleTimeout: number;
  readonly maxHeaderSize: number;
  /** Whether the connection ends with the response that is sent next. */
  readonly isLast: () => boolean;
  /** The connection, as far as a response has to do with it. */
  readonly connection: {
    readonly delivered: number;
    readonly stalls: StallWatch;
    readonly waste: Waste;
    room(): Promise<void> | null;
    isRefused: boolean;
  };
  /** Ends the connection with the requests in progress. */
  readonly end: () => void;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Called when handler and response are through. */
  readonly done: () => void;
}

/** Answers a failed request as `Deno.serve` does: the console tells, the client learns nothing. */
export function reportAndAnswer(error: unknown): Response {
  console.error(error);
  return new Response("Internal Server Error", { status: 500 });
}

/** Reads the head of a request. */
export function readHead(incoming: Incoming): RequestHead {
  const { rawHeaders, httpVersion, headers, method = "GET" } = incoming;
  const authority = headers[":authority"];
  const hosts: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (isHostField(rawHeaders[i]!)) hosts.push(rawHeaders[i + 1]!);
  }
  const isHttp2 = "stream" in incoming;
  return {
    target: incoming.url ?? "/",
    authorities: isHttp2 && typeof authority === "string"
      ? [...new Set([authority, ...hosts])]
      : hosts,
    version: isHttp2 || httpVersion !== "2.0" ? httpVersion : "",
    method,
    coding: headers["transfer-encoding"],
  };
}

function isHostField(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === "host";
}

/** Finds out what a request asks for, or why it must not be answered on this connection. */
export function findTarget(
  incoming: Incoming,
  socket: SslSocket,
  checkHost: boolean,
): URL | Refusal {
  const url = targetUrl(readHead(incoming), () => authorityOf(socket.localAddr));
  if (!(url instanceof URL) || !checkHost) return url;
  const choosesByName = configOf(socket).sniSocketConfig !== null;
  // What was agreed, also if the client has gone meanwhile: getChannelInfo() would throw then, and
  // makes an object for applications each time.
  const { engine } = connectionOf(socket);
  if (engine !== null) {
    const { serverName, local } = engine.negotiated;
    if (isForHost(url, { serverName, chain: local.chain, choosesByName })) return url;
  }
  return {
    status: 421,
    why: "This connection was made for another host name; connect anew for this one.",
  };
}

/**
 * Answers a request by the application's handler. It never rejects: whatever fails is answered, or
 * resets the request.
 */
export function answer<A>(
  incoming: Incoming,
  outgoing: Outgoing,
  socket: SslSocket<A>,
  options: ExchangeOptions<A>,
): Promise<void> {
  return new Exchange(incoming, outgoing, socket, options).run();
}

class Exchange<A> {
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #socket: SslSocket<A>;
  readonly #options: ExchangeOptions<A>;
  readonly #isHttp2: boolean;
  readonly #body: RequestBody | null;
  readonly #abort = new AbortController();
  #mayContinue: boolean;

  constructor(
    incoming: Incoming,
    outgoing: Outgoing,
    socket: SslSocket<A>,
    options: ExchangeOptions<A>,
  ) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#socket = socket;
    this.#options = options;
    this.#isHttp2 = outgoing instanceof Http2ServerResponse;
    this.#mayContinue = options.expectsContinue;
    this.#body = hasBody(incoming)
      ? new RequestBody(incoming, {
        onStart: () => this.#continue(),
        stalls: options.connection.stalls,
        timeout: options.idleTimeout,
        onPiece: (length) => options.connection.waste.read(length),
        isCut: () => wasReset(outgoing),
        onStall: () => resetResponse(outgoing, "NGHTTP2_CANCEL"),
      })
      : null;
    let isFinished = false;
    emitterOf(outgoing).once("finish", () => {
      isFinished = true;
      if (this.#body !== null && !incoming.complete) this.#leaveBody(this.#body);
    });
    onceGone(outgoing, () => {
      if (!isFinished || wasReset(outgoing)) this.#abort.abort(clientGone());
    });
    outgoing.on("error", () => {}); // the client is gone, which `close` tells
  }

  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      // Nobody awaits it: a rejection would end the process
      reportAndAnswer(error);
      resetResponse(this.#outgoing, "NGHTTP2_INTERNAL_ERROR");
    } finally {
      this.#options.done();
    }
  }

  async #run(): Promise<void> {
    const { checkHost, maxHeaderSize } = this.#options;
    const target = this.#isHttp2 && headLength(this.#incoming) > maxHeaderSize
      ? { status: 431, why: `The fields of this request have more than ${maxHeaderSize} bytes.` }
      : findTarget(this.#incoming, this.#socket, checkHost);
    if (!(target instanceof URL) && !this.#isHttp2) this.#options.connection.isRefused = true;
    const response = target instanceof URL
      ? await this.#ask(target)
      : new Response(`${target.why}\n`, {
        status: target.status,
        headers: { connection: "close" }, // its client and this server do not read it alike
      });
    if (response === null) return;
    try {
      await this.#send(response);
    } catch (error) {
      const isGone = !isOpen(this.#outgoing);
      if (isGone) return;
      const instead = await this.#onError(error);
      if (this.#outgoing.headersSent) {
        return resetResponse(this.#outgoing, "NGHTTP2_INTERNAL_ERROR");
      }
      await this.#send(instead).catch(() =>
        resetResponse(this.#outgoing, "NGHTTP2_INTERNAL_ERROR")
      );
    }
  }

  /** Asks the handler; `null` if the request was reset. */
  async #ask(url: URL): Promise<Response | null> {
    const { handler } = this.#options;
    try {
      const info = createRequestInfo(this.#socket, this.#httpVersion, this.#body);
      const response: unknown = await handler(this.#makeRequest(url), info);
      if (!(response instanceof Response)) {
        throw new TypeError(
          `Cannot answer request: the handler must return a Response, not ${kindOf(response)}`,
        );
      }
      if (response.bodyUsed || response.body?.locked) {
        throw new TypeError(
          "Cannot answer request: the body of the handler's Response is used already; return a " +
            "new Response for each request, or its clone()",
        );
      }
      if (response.status === 0) {
        throw new TypeError("Cannot answer request: the handler returned Response.error()");
      }
      return response;
    } catch (error) {
      const known = answerTo(error);
      if (known === 413) {
        // The client may answer the request for its certificate still: not into a next request.
        const headers = { connection: "close" };
        return new Response("Content Too Large\n", { status: 413, headers });
      }
      if (known === undefined) return await this.#onError(error);
      resetResponse(this.#outgoing, "NGHTTP2_HTTP_1_1_REQUIRED");
      return null;
    }
  }

  async #onError(error: unknown): Promise<Response> {
    try {
      const response: unknown = await this.#options.onError(error);
      if (response instanceof Response && response.status !== 0) return response;
      throw new TypeError(
        `Cannot answer request: onError must return a Response, not ${kindOf(response)}`,
      );
    } catch (failure) {
      return reportAndAnswer(failure);
    }
  }

  async #send(response: Response): Promise<void> {
    if (!isOpen(this.#outgoing)) {
      await response.body?.cancel(clientGone());
      return;
    }
    const { connection } = this.#options;
    // A body that nobody has asked for is not waited for, so the connection cannot go on.
    const isUnread = !this.#isHttp2 && (this.#body?.isUntouched ?? false);
    if (isUnread) this.#options.end();
    // node:http2 would reset at once what nobody has begun to read
    if (this.#isHttp2 && this.#body?.isUntouched) this.#incoming.pause();
    await sendResponse(this.#outgoing, response, {
      isHead: this.#incoming.method === "HEAD",
      isLast: isUnread || this.#options.isLast(),
      isHttp2: this.#isHttp2,
      stalls: connection.stalls,
      progress: () => this.#isHttp2 ? 0 : connection.delivered,
      room: () => this.#isHttp2 ? connection.room() : null,
    });
  }

  #makeRequest(url: URL): Request {
    const { method = "GET", rawHeaders } = this.#incoming;
    const takesBody = method !== "GET" && method !== "HEAD";
    const body = takesBody ? this.#body?.stream ?? null : null;
    const init = { method, body, signal: this.#abort.signal, duplex: "half" };
    const request = new Request(url, init);
    // Headers of our own would be copied field by field
    const { headers } = request;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!;
      if (!name.startsWith(":")) headers.append(name, rawHeaders[i + 1]!);
    }
    if (this.#isHttp2 && !headers.has("host")) headers.set("host", url.host);
    return request;
  }

  get #httpVersion(): RequestInfo["httpVersion"] {
    if (this.#isHttp2) return "2";
    return this.#incoming.httpVersion === "1.0" ? "1.0" : "1.1";
  }

  #continue(): void {
    if (!this.#mayContinue || this.#outgoing.headersSent) return;
    this.#mayContinue = false;
    this.#outgoing.writeContinue();
  }

  /** What is left of a body when its request is answered is not waited for, unless it is read. */
  #leaveBody(body: RequestBody): void {
    if (!("stream" in this.#outgoing)) return this.#options.end();
    const { stream } = this.#outgoing;
    let read = body.read;
    const watch = () => {
      if (body.isAwaited || body.read > read) {
        read = body.read;
        timer = startTimer(watch, ANSWER_LEAD);
      } else {
        body.drop();
        stream.close(constants.NGHTTP2_NO_ERROR); // RFC 9113, Section 8.1
      }
    };
    let timer = startTimer(watch, ANSWER_LEAD);
    onceGone(this.#outgoing, () => clearTimeout(timer));
    if (!body.isOpen) body.drop();
  }
}

/** The length of a head as RFC 9113, Section 6.5.2, counts it; not every node:http2 does. */
function headLength({ rawHeaders }: Incoming): number {
  let length = 0;
  for (const text of rawHeaders) length += text.length + 16;
  return length;
}

function hasBody(incoming: Incoming): boolean {
  const { headers, method } = incoming;
  if ("stream" in incoming && incoming.httpVersionMajor === 2) {
    if (incoming.stream.endAfterHeaders === true) return false;
    return headers["content-length"] !== "0" && method !== "GET" && method !== "HEAD";
  }
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function authorityOf(address: unknown): string {
  if (typeof address !== "object" || address === null) return "localhost";
  if (!("hostname" in address) || !("port" in address)) return "localhost";
  const { hostname, port } = address;
  return `${String(hostname).includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

function clientGone(): SslError {
  return new SslError(
    "PR_CONNECT_RESET_ERROR",
    "Cannot answer request: the client ended it before it was answered",
  );
}
