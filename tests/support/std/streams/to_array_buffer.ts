// Copyright 2026 the NSS for Deno authors. MIT license.

/** A whole stream as an `ArrayBuffer`. @module */

/** Reads a stream to its end. */
export function toArrayBuffer(readableStream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  return new Response(readableStream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer();
}
