// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A stand-in for `@std/encoding` on machines that cannot reach the registry; only what this project
 * uses.
 *
 * @module
 */

export { decodeBase64, encodeBase64 } from "./base64.ts";
export * from "./base64url.ts";
export * from "./hex.ts";
