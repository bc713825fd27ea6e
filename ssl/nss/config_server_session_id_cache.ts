// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { resolveLimits, type ServerSessionLimits } from "../session/limits.ts";
import { MemoryServerSessionCache } from "../session/memory_server.ts";
import {
  areServerSessionsConfigured,
  closeServerSessions,
  ServerSessions,
  setServerSessions,
} from "../session/server_cache.ts";
import type { ServerSessionCache } from "../base/server_session_cache.ts";
import { countersOf } from "../session/statistics.ts";

export type { ServerSessionLimits } from "../session/limits.ts";
export type {
  ServerSessionCache,
  TicketKeyList,
  TicketKeyRecord,
} from "../base/server_session_cache.ts";

/** How {@linkcode configServerSessionIDCache} keeps servers' sessions. */
export interface ServerSessionCacheOptions extends ServerSessionLimits {
  /**
   * Where sessions are kept in place of the memory; it is closed with
   * {@linkcode shutdownServerSessionIDCache}.
   */
  readonly cache?: ServerSessionCache;
  /** Whose servers; default the default context's. */
  readonly context?: NssContext;
}

/**
 * Chooses how servers keep their sessions (`SSL_ConfigServerSessionIDCache`). A server that is not
 * configured keeps them all the same, with the defaults; a second call does nothing until
 * {@linkcode shutdownServerSessionIDCache}, as in NSS.
 *
 * What is kept are sessions of TLS 1.2 that go by an ID, of clients that take no tickets, and the
 * keys of tickets, which renew themselves: the last but one opens tickets still. Call it before
 * there are connections: sessions from before are forgotten.
 *
 * @param options How; what is left out is the default.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a number is negative or none.
 *
 * @example Usage
 * ```ts
 * import {
 *   configMPServerSIDCache,
 *   configServerSessionIDCache,
 *   NssContext,
 *   shutdownServerSessionIDCache,
 *   SslError,
 * } from "@nss/nss";
 * import { assertRejects } from "@std/assert";
 *
 * const context = new NssContext();
 * configServerSessionIDCache({
 *   context,
 *   maxCacheEntries: 500,
 *   timeout: 3600,
 *   ticketLifetime: 3600,
 * });
 * await assertRejects(() => configMPServerSIDCache({ context }), SslError, "the context has one");
 * await shutdownServerSessionIDCache({ context });
 * ```
 */
export function configServerSessionIDCache(options: ServerSessionCacheOptions = {}): void {
  const { context = defaultContext(), cache } = options;
  const limits = resolveLimits(options);
  if (areServerSessionsConfigured(context)) return;
  setServerSessions(
    context,
    new ServerSessions({
      cache: cache ?? new MemoryServerSessionCache(limits.maxCacheEntries),
      sessionLifetime: limits.timeout,
      ticketLifetime: limits.ticketLifetime,
      counters: countersOf(context),
    }),
  );
}

/**
 * Forgets the sessions of servers and the keys of their tickets
 * (`SSL_ShutdownServerSessionIDCache`), and closes a cache that several processes share; the others
 * keep it. Servers go on with the defaults.
 *
 * @param options `context`: whose servers; default the default context's.
 * @returns When it has happened.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import {
 *   configServerSessionIDCache,
 *   type ServerSessionCache,
 *   shutdownServerSessionIDCache,
 * } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const sessions = new Map<string, Uint8Array<ArrayBuffer>>();
 * let isOpen = true;
 * const cache: ServerSessionCache = {
 *   get: (id) => sessions.get(id),
 *   put: (id, session) => void sessions.set(id, session),
 *   delete: (id) => void sessions.delete(id),
 *   close: () => void (isOpen = false),
 * };
 * const context = new NssContext();
 * configServerSessionIDCache({ cache, context });
 * await shutdownServerSessionIDCache({ context });
 * assertEquals(isOpen, false);
 * ```
 */
export async function shutdownServerSessionIDCache(
  options: { context?: NssContext } = {},
): Promise<void> {
  await closeServerSessions(options.context ?? defaultContext());
}
