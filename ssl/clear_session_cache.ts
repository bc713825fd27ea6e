// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../pkcs11/context.ts";
import { clientSessionCache } from "./session_cache/client.ts";

/**
 * Forgets the sessions that clients could resume (`SSL_ClearSessionCache`).
 *
 * @param options `context`: whose cache; default the default context's.
 *
 * @example Usage
 * ```ts
 * import { clearSessionCache } from "@nss/nss";
 *
 * clearSessionCache();
 * ```
 */
export function clearSessionCache(options: { context?: NssContext } = {}): void {
  clientSessionCache(options.context ?? defaultContext()).clear();
}
