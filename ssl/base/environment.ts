// Copyright 2026 the NSS for Deno authors. MIT license.

/** Time and randomness, which the engine never takes from the air. */
export interface Environment {
  /** Milliseconds since 1970. */
  now(): number;
  /** Unpredictable bytes. */
  random(length: number): Uint8Array<ArrayBuffer>;
}
