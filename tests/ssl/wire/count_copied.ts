// Copyright 2026 the NSS for Deno authors. MIT license.

/** Counts the bytes that something copies from one array of bytes into another. */
export function countCopiedBytes(work: () => void): number {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const { set, slice } = prototype;
  let copied = 0;
  prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
    copied += source.length;
    return set.call(this, source, offset);
  };
  prototype.slice = function (this: Uint8Array, start?: number, end?: number) {
    const result = slice.call(this, start, end);
    copied += result.length;
    return result;
  };
  try {
    work();
  } finally {
    prototype.set = set;
    prototype.slice = slice;
  }
  return copied;
}
