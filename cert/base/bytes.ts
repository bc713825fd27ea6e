// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "./runtime.ts";

/**
 * Decodes bytes as ASCII.
 *
 * @param bytes The bytes.
 * @returns The text, or `null` if a byte is 0x80 or more.
 */
export function asciiOf(bytes: Uint8Array): string | null {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return null;
    if (i < SHORT) text += String.fromCharCode(byte);
  }
  // A decoder costs more than a short text; a long one would take memory for each character.
  return bytes.length <= SHORT ? text : decoder.decode(bytes);
}

const SHORT = 64;
const decoder = new TextDecoder();

/**
 * Compares bytes, not in constant time: only for public data.
 *
 * @param a The first bytes.
 * @param b The second bytes.
 * @returns Whether they are equal.
 */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Returns a `BufferSource` as bytes.
 *
 * @param source Any value.
 * @returns The bytes, in the same memory; `null` if the value is no `BufferSource`.
 */
export function bytesOf(source: unknown): Uint8Array | null {
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  return source instanceof ArrayBuffer ? new Uint8Array(source) : null;
}

/**
 * Returns bytes as a number without a sign, big-endian.
 *
 * @param bytes The bytes, at least one.
 * @returns The number.
 */
export function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

/**
 * Copies bytes that a caller passed. `slice()` would not do: on Node's `Buffer` it returns a view.
 *
 * @param bytes The bytes.
 * @returns The copy.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/**
 * Concatenates bytes.
 *
 * @param parts The parts, which are copied.
 * @returns The whole.
 */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
