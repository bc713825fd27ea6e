// Copyright 2026 the NSS for Deno authors. MIT license.

/** The sources of time and randomness, which tests replace. */
export interface Environment {
  /** Returns the time in milliseconds since 1970. */
  now(): number;
  /** Returns unpredictable bytes. */
  random(length: number): Uint8Array<ArrayBuffer>;
}
