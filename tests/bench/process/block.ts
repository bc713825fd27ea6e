// Copyright 2026 the NSS for Deno authors. MIT license.

/** How long the event loop of this process runs nothing else. @module */

const PERIOD = 2;

let last = performance.now();
let longest = 0;

/** Watches from now on, by a timer; how late it is tells how long others ran. */
export function watchBlocks(): void {
  last = performance.now();
  setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - PERIOD);
    last = now;
  }, PERIOD);
}

/** The longest block since the last call, in milliseconds. */
export function longestBlock(): number {
  const block = longest;
  longest = 0;
  last = performance.now();
  return block;
}
