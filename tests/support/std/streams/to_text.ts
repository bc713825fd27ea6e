// Copyright 2026 the NSS for Deno authors. MIT license.

/** A whole stream as text. @module */

/** Reads a stream of text or of UTF-8 bytes to its end. */
export async function toText(
  stream: ReadableStream<string> | ReadableStream<Uint8Array>,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = (stream as ReadableStream<string | Uint8Array>).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += typeof value === "string" ? value : decoder.decode(value, { stream: true });
  }
}
