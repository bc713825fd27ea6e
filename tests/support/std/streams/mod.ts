// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A stand-in for `@std/streams` on machines that cannot reach the registry; only what this project
 * uses.
 *
 * @module
 */

export * from "./concat_readable_streams.ts";
export * from "./to_array_buffer.ts";
export * from "./to_bytes.ts";
export * from "./to_text.ts";
