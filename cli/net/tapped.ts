// Copyright 2026 the NSS for Deno authors. MIT license.

/** Decodes one connection beside its forwarding, and tells of it in order. @module */

import { type Deferred, deferred } from "../../cert/base/runtime.ts";
import { Conversation, type Item } from "../explain/conversation.ts";
import type { End } from "../explain/context.ts";
import type { KeySource } from "../explain/key_source.ts";
import type { SessionMemory } from "../explain/session_memory.ts";
import type { Onlooker } from "./forwarding.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The most bytes that wait to be decoded, before the connection has to wait as well. */
export const MAX_WAITING = 1024 * 1024;

/** What a chunk costs besides its bytes: a peer may send each byte by itself. */
export const OVERHEAD = 256;

/** Something that was sent, or the end of a direction. */
export type Seen =
  /** A record, a message or the like. */
  | { readonly from: End; readonly at: number; readonly item: Item }
  /** An end sends no more. */
  | {
    readonly from: End;
    readonly at: number;
    readonly closed: { readonly bytes: number; readonly error: Error | null };
  };

interface Waiting {
  readonly end: End;
  readonly at: number;
  /** The bytes; `null` for the end of the direction. */
  readonly bytes: Bytes | null;
  readonly error: Error | null;
}

/** A connection that is looked at. */
export class Tapped implements Onlooker {
  readonly #conversation: Conversation;
  readonly #tell: (seen: Seen) => Promise<void>;
  readonly #begin = performance.now();
  readonly #waiting: Waiting[] = [];
  readonly #bytes = { client: 0, server: 0 };
  #size = 0;
  #room: Deferred<void> | null = null;
  #decoding: Promise<void> = Promise.resolve();
  #isDecoding = false;
  readonly #failure = deferred<never>();

  /**
   * Begins to look.
   *
   * @param keys Makes the source of secrets; it is told whether much waits already.
   * @param sessions The sessions of the connections before.
   * @param tell Is told of what was seen, one after the other.
   */
  constructor(
    keys: (isUrgent: () => boolean) => KeySource,
    sessions: SessionMemory,
    tell: (seen: Seen) => Promise<void>,
  ) {
    this.#conversation = new Conversation(keys(() => this.#isFull), sessions);
    this.#tell = tell;
    this.#failure.promise.catch(() => {}); // for who asks
  }

  get #isFull(): boolean {
    return this.#size > MAX_WAITING;
  }

  /** Rejects as soon as what was seen cannot be told. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /** Resolves when not too much waits; rejects where what was seen cannot be told. */
  get room(): Promise<void> {
    if (!this.#isFull) return Promise.resolve();
    this.#room ??= deferred();
    return this.#room.promise;
  }

  bytes(end: End, bytes: Bytes): void {
    this.#bytes[end] += bytes.length;
    this.#size += bytes.length + OVERHEAD;
    this.#add({ end, at: this.#now(), bytes, error: null });
  }

  closed(end: End, error: Error | null): void {
    this.#add({ end, at: this.#now(), bytes: null, error });
  }

  /** Resolves when all is decoded and told; rejects where it cannot be told. */
  finish(): Promise<void> {
    return this.#decoding;
  }

  #now(): number {
    return performance.now() - this.#begin;
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#isDecoding) return;
    this.#isDecoding = true;
    // A failure stays one: nothing is told any more
    this.#decoding = this.#decoding.then(() => this.#decode());
    this.#decoding.catch((error) => {
      this.#failure.reject(error);
      this.#room?.reject(error);
    });
  }

  async #decode(): Promise<void> {
    for (let next; (next = this.#waiting.shift()) !== undefined;) {
      const { end: from, at, bytes, error } = next;
      if (bytes === null) {
        for (const item of this.#conversation.finish(from)) await this.#tell({ from, at, item });
        await this.#tell({ from, at, closed: { bytes: this.#bytes[from], error } });
      } else {
        for await (const item of this.#conversation.items(from, bytes)) {
          await this.#tell({ from, at, item });
        }
        this.#size -= bytes.length + OVERHEAD;
      }
      if (!this.#isFull) {
        this.#room?.resolve();
        this.#room = null;
      }
    }
    this.#isDecoding = false;
  }
}
