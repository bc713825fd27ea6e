// Copyright 2026 the NSS for Deno authors. MIT license.

/** The bytes of what an encoder is given. */
export function toBytes(src: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof src === "string") return new TextEncoder().encode(src);
  return src instanceof Uint8Array ? src : new Uint8Array(src);
}
