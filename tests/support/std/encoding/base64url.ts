// Copyright 2026 the NSS for Deno authors. MIT license.

/** Base64 with the alphabet for addresses. @module */

import { decode, encodeBase64 } from "./base64.ts";

/** Encodes bytes as base64url without padding. */
export function encodeBase64Url(data: ArrayBuffer | Uint8Array | string): string {
  return encodeBase64(data).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Decodes base64url, padded or not. */
export function decodeBase64Url(b64url: string): Uint8Array<ArrayBuffer> {
  return decode(b64url, "base64url");
}
