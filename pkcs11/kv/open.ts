// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { NssError } from "../../cert/base/errors.ts";
import type { KvStore } from "./store.ts";

/**
 * Opens Deno KV.
 *
 * @param path The path; by default that of the application, on Deno Deploy its database.
 * @returns The store.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV, `SEC_ERROR_IO` if
 * it does not open.
 */
export async function openKv(path?: string): Promise<KvStore> {
  if (!("Deno" in globalThis) || typeof Deno.openKv !== "function") {
    throw new NssError(
      "PR_OPERATION_NOT_SUPPORTED_ERROR",
      "Cannot open Deno KV: there is no Deno.openKv here; on the command line run with --unstable-kv",
    );
  }
  try {
    return await Deno.openKv(path);
  } catch (cause) {
    throw new NssError("SEC_ERROR_IO", "Cannot open Deno KV: Deno.openKv failed", { cause });
  }
}
