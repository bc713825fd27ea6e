// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it writes responses by node:http and node:http2.

import type { ServerResponse } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import { bytesOf } from "../../cert/base/bytes.ts";
import { kindOf } from "../../cert/base/options.ts";
import { printable } from "../../cert/base/printable.ts";
import { deferred } from "../../cert/base/runtime.ts";
import type { StallWatch } from "./http_connection.ts";

/** A response of `node:http` or `node:http2`. */
export type Outgoing = ServerResponse | Http2ServerResponse;

/** How a response is sent. */
export interface SendOptions {
  /** Whether it is the response to HEAD, which has no body. */
  readonly isHead: boolean;
  /** Whether the connection ends with it: HTTP/1.1 says so. */
  readonly isLast: boolean;
  /** Whether it is one of HTTP/2. */
  readonly isHttp2: boolean;
  /** Finds out that the client does not take what was written. */
  readonly stalls: StallWatch;
  /**
   * A count that grows as the connection takes bytes: a response of HTTP/1.1 waits for those before
   * it, of HTTP/2 only for its own.
   */
  readonly progress: () => number;
  /** Waits until the connection has room for more; `null` if it has. */
  readonly room: () => Promise<void> | null;
}

/** The most bytes that are written at once, of which the client has taken some when more are. */
const MAX_PIECE = 65_536;

/** Fields that belong to the connection, which node:http sets (RFC 9110, Section 7.6.1). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Returns whether a client is still there for a response, or for what is left of one. */
export function isOpen(outgoing: Outgoing, state: "open" | "ended" = "open"): boolean {
  if ("stream" in outgoing && (outgoing.stream.destroyed || wasReset(outgoing))) return false;
  if (outgoing.destroyed) return false;
  return state === "open" ? !outgoing.writableEnded : !outgoing.writableFinished;
}

/**
 * Returns whether a stream of HTTP/2 was reset: node:http2 lets both its halves end as if they were
 * complete.
 */
export function wasReset(outgoing: Outgoing): boolean {
  if (!("stream" in outgoing)) return false;
  const { aborted, rstCode = 0 } = outgoing.stream;
  return aborted || rstCode !== 0;
}

/** Why a request is reset. */
export type ResetCode =
  | "NGHTTP2_CANCEL"
  | "NGHTTP2_HTTP_1_1_REQUIRED"
  | "NGHTTP2_INTERNAL_ERROR"
  | "NGHTTP2_REFUSED_STREAM";

/**
 * Ends a request, and with HTTP/1.1 its connection, so that nobody takes it for answered: HTTP/2
 * would by itself say NO_ERROR, which ends a complete response.
 */
export function resetResponse(outgoing: Outgoing, code: ResetCode): void {
  if ("stream" in outgoing) outgoing.stream.close(constants[code]);
  else outgoing.destroy();
}

/**
 * Returns what tells when a response is finished, and gone: the compatible API of node:http2 says
 * the one only when its request has ended, and the other when the handler next uses it.
 */
export function emitterOf(outgoing: Outgoing): ServerResponse | Http2ServerResponse["stream"] {
  return "stream" in outgoing ? outgoing.stream : outgoing;
}

/**
 * Calls a function once a response has ended, or cannot be sent any more.
 *
 * @returns A function that forgets it.
 */
export function onceGone(outgoing: Outgoing, call: () => void): () => void {
  const emitter = emitterOf(outgoing);
  emitter.once("close", call);
  return () => emitter.off("close", call);
}

/**
 * Sends a response. It ends well only if its body does: with as many bytes as `Content-Length`
 * promises, where there is one.
 *
 * @throws If the body fails; whether the head is sent then, `headersSent` tells.
 */
export async function sendResponse(
  outgoing: Outgoing,
  response: Response,
  options: SendOptions,
): Promise<void> {
  const promised = promisedLength(response);
  setHead(outgoing, response, options);
  const { body } = response;
  if (body === null || options.isHead) {
    await body?.cancel();
    outgoing.end();
  } else {
    await pump(outgoing, body, promised, options);
  }
  if (isOpen(outgoing, "ended")) await taken(outgoing, "finish", options);
}

/** The length that a response promises; `null` if none. */
function promisedLength({ headers }: Response): number | null {
  const given = headers.get("content-length");
  if (given === null) return null;
  if (/^\d+$/.test(given)) return Number(given);
  throw new TypeError(
    `Cannot send response: its field Content-Length is "${
      printable(given)
    }", not a number of bytes`,
  );
}

function setHead(outgoing: Outgoing, response: Response, { isLast, isHttp2 }: SendOptions): void {
  const { headers, status, statusText } = response;
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name); // of one that failed
  outgoing.statusCode = status;
  if (!isHttp2 && statusText !== "") outgoing.statusMessage = statusText;
  for (const [name, value] of headers) {
    if (!CONNECTION_FIELDS.has(name) && name !== "set-cookie") outgoing.setHeader(name, value);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  if (isHttp2) return;
  const wantsClose = /(?:^|,)\s*close\s*(?:,|$)/i.test(headers.get("connection") ?? "");
  if (isLast || wantsClose) outgoing.setHeader("connection", "close");
}

async function pump(
  outgoing: Outgoing,
  body: ReadableStream<unknown>,
  promised: number | null,
  options: SendOptions,
): Promise<void> {
  const reader = body.getReader();
  const forget = onceGone(outgoing, () => {
    reader.cancel(new Error("the client is gone")).catch(() => {}); // it may have failed
  });
  try {
    let sent = 0;
    let next = readBytes(reader);
    for (;;) {
      const chunk = await next;
      if (!isOpen(outgoing)) return;
      if (chunk === null) break;
      sent += chunk.length;
      if (promised !== null && sent > promised) throw wrongLength(promised, "more");
      next = readBytes(reader);
      next.catch(() => {}); // awaited in the next turn of the loop
      // A body that is no stream is complete now: node:http then tells its length.
      if (!outgoing.headersSent && promised === null && await isLast(next)) {
        if (chunk.length <= MAX_PIECE) {
          outgoing.end(chunk);
          return;
        }
        outgoing.setHeader("content-length", chunk.length);
      }
      for (let at = 0; at < chunk.length && isOpen(outgoing); at += MAX_PIECE) {
        const piece = chunk.length <= MAX_PIECE ? chunk : chunk.subarray(at, at + MAX_PIECE);
        if (!write(outgoing, piece)) await taken(outgoing, "drain", options);
        const room = options.room();
        if (room !== null) await room;
      }
    }
    if (promised !== null && sent < promised) throw wrongLength(promised, "less");
    outgoing.end();
  } catch (error) {
    reader.cancel(error).catch(() => {}); // it may be what has failed
    throw error;
  } finally {
    forget();
  }
}

async function readBytes(
  reader: ReadableStreamDefaultReader<unknown>,
): Promise<Uint8Array | null> {
  const { done, value } = await reader.read();
  if (done) return null;
  const bytes = bytesOf(value);
  if (bytes !== null) return bytes;
  throw new TypeError(
    `Cannot send response: its body gave ${kindOf(value)} instead of bytes (Uint8Array)`,
  );
}

/** Returns whether there is room for more. */
function write(outgoing: Outgoing, chunk: Uint8Array): boolean {
  return "stream" in outgoing ? outgoing.write(chunk) : outgoing.write(chunk);
}

/** Returns whether a promise gives `null` within this turn of the event loop. */
async function isLast(next: Promise<Uint8Array | null>): Promise<boolean> {
  let ended = false;
  next.then((chunk) => ended = chunk === null, () => {}); // whoever awaits it is told
  for (let hops = 0; hops < 8 && !ended; hops++) await null;
  return ended;
}

/** Waits until the client has taken enough, or all; gives it up where it takes nothing. */
function taken(
  outgoing: Outgoing,
  event: "drain" | "finish",
  { stalls, progress }: SendOptions,
): Promise<void> {
  const { promise, resolve } = deferred<void>();
  const stop = stalls.watch(progress, () => resetResponse(outgoing, "NGHTTP2_CANCEL"));
  const done = () => {
    stop();
    outgoing.off(event, done);
    forget();
    resolve();
  };
  const forget = onceGone(outgoing, done);
  outgoing.on(event, done);
  if (!isOpen(outgoing, event === "finish" ? "ended" : "open")) done();
  return promise;
}

function wrongLength(promised: number, what: "more" | "less"): TypeError {
  return new TypeError(
    `Cannot send response: its body has ${what} than the ${promised} bytes ` +
      "that its field Content-Length promises",
  );
}
