// Copyright 2026 the NSS for Deno authors. MIT license.

/** What newer runtimes have, for those that lack it. @module */

import { encodeBase64 } from "@std/encoding/base64";
import { decodeHex, encodeHex } from "@std/encoding/hex";

// Node has these methods since version 25, Chromium since 140; they are faster than @std/encoding.

interface Encodable {
  readonly length: number;
  toHex?(): string;
  toBase64?(): string;
}

interface Decoder {
  readonly BYTES_PER_ELEMENT: number;
  fromHex?(text: string): Uint8Array<ArrayBuffer>;
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

const Decoder: Decoder = Uint8Array;

/** Encodes bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  const encodable: Encodable = bytes;
  return encodable.toHex?.() ?? encodeHex(bytes);
}

/** Decodes hexadecimal digits of either case; throws for any other text. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Decoder.fromHex?.(text) ?? decodeHex(text);
}

/** Encodes bytes as padded base64. */
export function toBase64(bytes: Uint8Array): string {
  const encodable: Encodable = bytes;
  return encodable.toBase64?.() ?? encodeBase64(bytes);
}

/** Decodes base64, padded or not, with ASCII white space anywhere; throws for any other text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  // That of @std/encoding takes no white space, and any padding
  return Decoder.fromBase64?.(text) ??
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** What `Promise.withResolvers()` returns. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}

/** Creates a promise that its owner settles, as `Promise.withResolvers()` does. */
export function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>["resolve"] = () => {};
  let reject: Deferred<T>["reject"] = () => {};
  const promise = new Promise<T>((toResolve, toReject) => {
    resolve = toResolve;
    reject = toReject;
  });
  return { promise, resolve, reject };
}

/** Groups items by a key, as `Map.groupBy()` does. */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** In how many turns a time passes: answers lie unread while this process is busy itself. */
const TURNS = 8;

/**
 * Waits for a promise, but not for ever.
 *
 * @param promise The promise.
 * @param milliseconds The time.
 * @param late Makes the error when the time is over.
 */
export async function inTime<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  const over = deferred<never>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turns = Math.min(TURNS, Math.ceil(milliseconds));
  const length = Math.ceil(milliseconds / turns);
  const turn = () => {
    if (turns-- > 0) timer = setTimeout(turn, length);
    else over.reject(late());
  };
  turn();
  try {
    return await Promise.race([promise, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
