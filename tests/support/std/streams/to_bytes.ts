// Copyright 2026 the NSS for Deno authors. MIT license.

/** A whole stream as bytes. @module */

import { toArrayBuffer } from "./to_array_buffer.ts";

/** Reads a stream to its end. */
export async function toBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await toArrayBuffer(stream));
}
