// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A stand-in for `@std/crypto` on machines that cannot reach the registry; only what this project
 * uses.
 *
 * @module
 */

export * from "./crypto.ts";
export * from "./timing_safe_equal.ts";
