// Copyright 2026 the NSS for Deno authors. MIT license.

/** What newer runtimes have, for those that lack it. @module */

// Node has these methods since version 25, Chromium since 140.

/** What newer runtimes add to `Uint8Array`. */
interface Encodable {
  readonly length: number;
  toHex?(): string;
  toBase64?(): string;
}

/** What newer runtimes add to its constructor. */
interface Decoder {
  readonly BYTES_PER_ELEMENT: number;
  fromHex?(text: string): Uint8Array<ArrayBuffer>;
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

const Decoder: Decoder = Uint8Array;

/**
 * Encodes bytes as lower-case hexadecimal digits.
 *
 * @param bytes The bytes.
 * @returns The digits.
 */
export function toHex(bytes: Uint8Array): string {
  const encodable: Encodable = bytes;
  if (encodable.toHex !== undefined) return encodable.toHex();
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/**
 * Decodes hexadecimal digits of either case.
 *
 * @param text The digits.
 * @returns The bytes.
 * @throws {SyntaxError} If it is anything else, or an odd number of them.
 */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (Decoder.fromHex !== undefined) return Decoder.fromHex(text);
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new SyntaxError("Not an even number of hex digits");
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

/**
 * Encodes bytes as padded base64.
 *
 * @param bytes The bytes.
 * @returns The text.
 */
export function toBase64(bytes: Uint8Array): string {
  const encodable: Encodable = bytes;
  if (encodable.toBase64 !== undefined) return encodable.toBase64();
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * Decodes base64, padded or not, with ASCII white space anywhere.
 *
 * @param text The text.
 * @returns The bytes.
 * @throws If it is anything else.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (Decoder.fromBase64 !== undefined) return Decoder.fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** A promise and what settles it. */
export interface Deferred<T> {
  /** The promise. */
  readonly promise: Promise<T>;
  /** Resolves the promise. */
  readonly resolve: (value: T | PromiseLike<T>) => void;
  /** Rejects the promise. */
  readonly reject: (reason?: unknown) => void;
}

/**
 * Creates a promise that its owner settles, as `Promise.withResolvers()` does.
 *
 * @returns The promise and its functions.
 */
export function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>["resolve"] = () => {};
  let reject: Deferred<T>["reject"] = () => {};
  const promise = new Promise<T>((toResolve, toReject) => {
    resolve = toResolve;
    reject = toReject;
  });
  return { promise, resolve, reject };
}

/**
 * Groups what has a key in common, as `Map.groupBy()` does.
 *
 * @param items The items.
 * @param keyOf Returns the key of an item.
 * @returns The items of each key, in their order.
 */
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
