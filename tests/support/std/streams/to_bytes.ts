// Copyright 2026 the NSS for Deno authors. MIT license.

/** A whole stream as bytes. @module */

/** Reads a stream to its end. */
export function toBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
}
