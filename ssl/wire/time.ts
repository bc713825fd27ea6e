// Copyright 2026 the NSS for Deno authors. MIT license.

import { DecodeError } from "./decode_error.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** The maximum time of a `Date`, in milliseconds since 1970. */
const MAX_TIME = 8.64e15;

/** Writes a time, in milliseconds since 1970. */
export function writeTime(w: Writer, milliseconds: number): void {
  const whole = Math.floor(milliseconds);
  w.u32(Math.floor(whole / 2 ** 32)).u32(whole % 2 ** 32);
}

/** Reads a time, as {@linkcode writeTime} writes it. */
export function readTime(r: Reader): number {
  const time = r.u32() * 2 ** 32 + r.u32();
  if (time > MAX_TIME) throw new DecodeError(`${time} is no time`);
  return time;
}
