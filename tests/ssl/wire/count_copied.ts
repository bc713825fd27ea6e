// Copyright 2026 the NSS for Deno authors. MIT license.

/** Counts the bytes that something copies from one array of bytes into another. */
export function countCopiedBytes(work: () => void): number {
  const counter = startCounting();
  try {
    work();
  } finally {
    counter.stop();
  }
  return counter.copied;
}

/** Counts the bytes that are copied until something asynchronous is done. */
export async function countBytesCopiedDuring(work: () => Promise<unknown>): Promise<number> {
  const counter = startCounting();
  try {
    await work();
  } finally {
    counter.stop();
  }
  return counter.copied;
}

function startCounting(): { copied: number; stop: () => void } {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const { set, slice } = prototype;
  const counter = {
    copied: 0,
    stop: () => {
      prototype.set = set;
      prototype.slice = slice;
    },
  };
  prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
    counter.copied += source.length;
    return set.call(this, source, offset);
  };
  prototype.slice = function (this: Uint8Array, start?: number, end?: number) {
    const result = slice.call(this, start, end);
    counter.copied += result.length;
    return result;
  };
  return counter;
}
