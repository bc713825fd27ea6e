// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { applicationSessionCache, clientSessionCache } from "../session/client_cache.ts";

/**
 * Forgets the sessions that clients could resume (`SSL_ClearSessionCache`).
 *
 * @param options `context`: whose cache; default the default context's.
 * @returns When a cache of the application's own has forgotten them, too; the one in memory has at
 * once.
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
