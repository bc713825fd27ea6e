// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { note } from "../support/skip.ts";
import type { LimboInput } from "./limbo_harness.ts";

/**
 * Reads a file of x509-limbo among the data beside the repository.
 *
 * @param name The name of the file, without its ending.
 * @returns What it holds, or `null`, after a line that says so, where it is not there.
 */
export async function readLimbo(name: string): Promise<LimboInput | null> {
  const url = new URL(`../../../shared/data/${name}.json.gz`, import.meta.url);
  try {
    const file = await Deno.open(url);
    return await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).json();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    note(`skipped: ${name} is not there`);
    return null;
  }
}
