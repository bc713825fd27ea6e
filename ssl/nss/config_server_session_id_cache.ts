// Copyright 2026 the NSS for Deno authors. MIT license.

import { copyBytes } from "../../cert/base/bytes.ts";
import { LazyModule } from "../../cert/base/lazy_module.ts";
import { isFunction, isLike, type Shape } from "../../cert/base/options.ts";
import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { CONTEXT_OPTIONS, contextOf } from "../config/context_policy.ts";
import { takeSslOptions } from "../config/option_values.ts";
import { LIMITS, resolveLimits, type ServerSessionLimits } from "../session/limits.ts";
import { MemoryServerSessionCache } from "../session/memory_server.ts";
import {
  areServerSessionsConfigured,
  closeServerSessions,
  ServerSessions,
  setServerSessions,
} from "../session/server_cache.ts";
import type { ServerSessionCache } from "../base/server_session_cache.ts";
import type { StoreFault } from "../base/session_store.ts";
import { MAX_CLOCK_SKEW } from "../session/session_ticket.ts";
import { countersOf } from "../session/statistics.ts";
import {
  areGivenTicketKeys,
  type GivenTicketKeys,
  type TicketKeyring,
} from "../session/ticket_keyring.ts";

export type { ServerSessionLimits } from "../session/limits.ts";
export type { ServerSessionCache } from "../base/server_session_cache.ts";

/**
 * The options of {@linkcode configServerSessionIDCache}.
 *
 * @category Sessions
 */
export interface ServerSessionCacheOptions extends ServerSessionLimits {
  /**
   * The cache that replaces the one in memory; {@linkcode shutdownServerSessionIDCache} closes it.
   */
  readonly cache?: ServerSessionCache;
  /**
   * Is told when a store or cache fails, takes too long, or gives what cannot be read: to count or
   * log it. What it throws is dropped.
   */
  readonly onStoreFault?: (fault: StoreFault) => void;
  /**
   * The keys of tickets, for servers that share them without a store: each 48 random bytes, as of
   * Node's option of that name and nginx's `ssl_session_ticket_key` (16 of a name and 32 of
   * secrets). The first one seals, all of them open, up to 256. They are not renewed: put a new one
   * at the end of the list in all processes, then at its front, and leave the old one out after
   * `ticketLifetime`. The tickets are this package's: Node, nginx and OpenSSL do not open them.
   * Clocks may differ by two hours, or by `ticketLifetime` where that is shorter.
   */
  readonly ticketKeys?: Uint8Array | readonly Uint8Array[];
  /** The context of the servers; the default context by default. */
  readonly context?: NssContext;
}

const SHAPE: Shape<ServerSessionCacheOptions> = {
  ...CONTEXT_OPTIONS,
  ...LIMITS,
  onStoreFault: isFunction,
  cache: isLike("a session cache", "get", "put", "delete"),
  ticketKeys: areGivenTicketKeys,
};

/**
 * Configures the cache of servers' sessions (`SSL_ConfigServerSessionIDCache`). Without this call
 * servers cache sessions with the defaults; a second call does nothing until
 * {@linkcode shutdownServerSessionIDCache}, as in NSS.
 *
 * The cache contains TLS 1.2 sessions with an ID, of clients that do not support tickets, and the
 * keys of tickets, which are renewed automatically: the previous key still decrypts tickets. Call
 * it before the first connection: earlier sessions are forgotten. Servers of a fleet that have no
 * store in common can share tickets under the same `ticketKeys`.
 *
 * @param options The options.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a limit is not a non-negative integer, a ticket
 * key has not 48 bytes, or two have one name.
 *
 * @example Keys by bytes
 * ```ts
 * import { configServerSessionIDCache, NssContext, SslError } from "@nss/nss";
 * import { assertThrows } from "@std/assert";
 *
 * const [next, current] = [1, 2].map(() => crypto.getRandomValues(new Uint8Array(48)));
 * const context = new NssContext();
 * configServerSessionIDCache({ context, ticketKeys: [current!, next!] }); // the first one seals
 * const short = new Uint8Array(32);
 * assertThrows(() => configServerSessionIDCache({ ticketKeys: short }), SslError, "not 48");
 * ```
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
 *
 * @category Sessions
 */
export function configServerSessionIDCache(options: ServerSessionCacheOptions = {}): void {
  const given = takeSslOptions("Cannot configure session cache", options, SHAPE);
  const { context = defaultContext(), cache, onStoreFault, ticketKeys } = given;
  const limits = resolveLimits(given);
  if (areServerSessionsConfigured(context)) return;
  setServerSessions(
    context,
    new ServerSessions({
      cache: cache ?? new MemoryServerSessionCache(limits.maxCacheEntries),
      sessionLifetime: limits.timeout,
      ticketLifetime: limits.ticketLifetime,
      singleUse: limits.singleUse,
      maxTickets: limits.maxTickets,
      revocationLag: limits.revocationLag,
      counters: countersOf(context),
      storePolicy: { timeout: limits.storeTimeout, onFault: onStoreFault },
      ...ticketKeys && {
        keyring: keyringOf(ticketKeys),
        // Nobody retires these keys, so that a ticket lasts no longer than twice its time
        clockTolerance: Math.min(2 * MAX_CLOCK_SKEW, limits.ticketLifetime * 1000),
      },
    }),
  );
}

/** Few servers have keys by bytes. */
const GIVEN = new LazyModule(
  "ticket keys by bytes",
  () => import("../session/given_ticket_keyring.ts"),
);

function keyringOf(keys: GivenTicketKeys): TicketKeyring {
  const copies = [keys].flat().map(copyBytes);
  let keyring: TicketKeyring | null = null;
  const open = async () => {
    const { GivenTicketKeyring } = GIVEN.exports ?? await GIVEN.load();
    return keyring ??= new GivenTicketKeyring(copies);
  };
  return {
    current: async (environment) => await (await open()).current(environment),
    find: async (name, environment) => await (await open()).find(name, environment),
  };
}

/**
 * Deletes the sessions of servers and the keys of their tickets
 * (`SSL_ShutdownServerSessionIDCache`), and closes a cache shared with other processes, which keep
 * it. Servers continue with the defaults.
 *
 * @param options `context`: the context; the default context by default.
 * @returns A promise that settles when the cache is closed.
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
 *
 * @category Sessions
 */
export async function shutdownServerSessionIDCache(
  options: { context?: NssContext } = {},
): Promise<void> {
  await closeServerSessions(contextOf(options));
}
