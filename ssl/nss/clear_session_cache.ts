// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { applicationSessionCache, clientSessionCache } from "../session/client_cache.ts";

/**
 * Deletes the cached sessions of clients (`SSL_ClearSessionCache`).
 *
 * @param options `context`: the context; the default context by default.
 * @returns A promise that settles when the cache of the application is cleared, too; the cache in
 * memory is cleared at once.
 *
 * @example Usage
 * ```ts
 * import { clearSessionCache, configClientSessionCache, NssContext } from "@nss/nss";
 * import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * await using cache = await openKvSessionCache({ path: ":memory:" });
 * configClientSessionCache({ cache, context });
 * await cache.put("a server", { token: new Uint8Array(32), expiresAt: Date.now() + 60_000 });
 *
 * await clearSessionCache({ context });
 * assertEquals(await cache.take("a server", Date.now()), undefined);
 * ```
 */
export async function clearSessionCache(options: { context?: NssContext } = {}): Promise<void> {
  const { context = defaultContext() } = options;
  clientSessionCache(context).clear();
  await applicationSessionCache(context)?.clear();
}
