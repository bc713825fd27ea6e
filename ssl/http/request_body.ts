// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it reads what node:http has parsed.

import type { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { SslError } from "../base/errors.ts";
import type { StallWatch } from "./http_connection.ts";

/** How a body is received. */
export interface BodyOptions {
  /** Called when the body is first asked for: a client may wait for `100 Continue`. */
  readonly onStart: () => void;
  /** Whether the end of the body is none, because the request was reset. */
  readonly isCut: () => boolean;
  /** Called with the length of each piece that comes. */
  readonly onPiece: (length: number) => void;
  /** Finds out that no byte comes while the body is asked for. */
  readonly stalls: StallWatch;
  /** The milliseconds after which it does. */
  readonly timeout: number;
  /** Called when that time is over: the client has stalled. */
  readonly onStall: () => void;
}

/**
 * The body of a request as a web stream. Nothing of it is read before somebody asks for it, and
 * then as fast as it is taken.
 */
export class RequestBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #incoming: Readable;
  readonly #options: BodyOptions;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #state: "untouched" | "open" | "ended" = "untouched";
  #received = 0;
  /** Ends the watch over a body that is asked for; `null` while nobody asks. */
  #stopWaiting: (() => void) | null = null;
  /** The number of bytes that are read ahead; `null` if none are to be. */
  #ahead: { readonly limit: number; length: number; readonly overflow: () => void } | null = null;

  constructor(incoming: Readable, options: BodyOptions) {
    this.#incoming = incoming;
    this.#options = options;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#resume(),
      cancel: () => {
        this.#end();
        incoming.pause();
      },
    }, { highWaterMark: 0 });
  }

  /** Whether nobody has asked for the body. */
  get isUntouched(): boolean {
    return this.#state === "untouched";
  }

  /** Whether somebody has begun to read, and may go on. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether somebody waits for bytes of it. */
  get isAwaited(): boolean {
    return this.#stopWaiting !== null;
  }

  /** The number of bytes that have come while somebody read. */
  get read(): number {
    return this.#received;
  }

  /** Drops what still comes; whoever reads it later is told. */
  drop(): void {
    if (this.#state === "untouched") this.#start();
    this.#fail(tooLate());
    this.#incoming.resume();
  }

  /**
   * Reads ahead, so that what comes behind the body on the connection can be received.
   *
   * @param limit The most bytes that are kept.
   * @param overflow Called if there are more.
   * @returns A function that ends the reading.
   */
  readAhead(limit: number, overflow: () => void): () => void {
    this.#ahead = { limit, length: 0, overflow };
    this.#resume();
    return () => {
      this.#ahead = null;
      if (this.#state === "open") this.#pauseIfFull();
    };
  }

  #resume(): void {
    if (this.#state === "untouched") this.#start();
    if (this.#state !== "open") return;
    const { stalls } = this.#options;
    this.#stopWaiting ??= stalls.watch(() => this.#received, () => this.#stall());
    this.#incoming.resume();
  }

  #start(): void {
    this.#state = "open";
    const { onStart } = this.#options;
    onStart();
    this.#incoming.on("data", (chunk: Buffer<ArrayBuffer>) => this.#take(chunk));
    this.#incoming.on("end", () => {
      if (this.#options.isCut()) this.#fail(cutOff());
      else if (this.#end()) this.#controller?.close();
    });
    for (const event of ["aborted", "error", "close"]) {
      this.#incoming.on(event, () => this.#fail(cutOff()));
    }
    if (this.#incoming.destroyed || this.#options.isCut()) this.#fail(cutOff());
  }

  #take(chunk: Buffer<ArrayBuffer>): void {
    this.#options.onPiece(chunk.byteLength);
    if (this.#state !== "open") return;
    this.#received += chunk.byteLength;
    this.#controller?.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#pauseIfFull(chunk.byteLength);
  }

  #pauseIfFull(length = 0): void {
    const ahead = this.#ahead;
    if (ahead !== null) {
      ahead.length += length;
      if (ahead.length <= ahead.limit) return;
      this.#ahead = null;
      ahead.overflow();
    }
    if ((this.#controller?.desiredSize ?? 0) > 0) return;
    this.#leaveClient();
    this.#incoming.pause();
  }

  #fail(error: Error): void {
    if (this.#end()) this.#controller?.error(error);
  }

  /** Ends the stream, once. */
  #end(): boolean {
    this.#leaveClient();
    const wasOpen = this.#state !== "ended";
    this.#state = "ended";
    return wasOpen;
  }

  /** No longer waits for the client. */
  #leaveClient(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  #stall(): void {
    const { timeout, onStall } = this.#options;
    this.#fail(
      new SslError(
        "PR_IO_TIMEOUT_ERROR",
        `Cannot read request body: no byte of it has come for ${timeout} ms (idleTimeout)`,
      ),
    );
    onStall();
  }
}

function tooLate(): SslError {
  return new SslError(
    "PR_END_OF_FILE_ERROR",
    "Cannot read request body: nobody read it while the request was answered, so it was dropped",
  );
}

function cutOff(): SslError {
  return new SslError(
    "PR_END_OF_FILE_ERROR",
    "Cannot read request body: the client ended the request before its body was complete",
  );
}
