// Copyright 2026 the NSS for Deno authors. MIT license.

/** The version of this package, as deno.json has it. */
export const VERSION = "0.1.0";
