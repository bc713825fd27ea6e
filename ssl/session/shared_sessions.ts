// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SessionStore } from "../base/session_store.ts";
import type { StoreFault } from "../base/session_store.ts";
import { countUnreadable } from "./attempt.ts";
import type { SharedSessionLimits } from "./limits.ts";
import { SealedRows } from "./sealed_rows.ts";
import { ServerSessions } from "./server_cache.ts";
import { MAX_CLOCK_SKEW } from "./session_ticket.ts";
import type { SslCounters } from "./statistics.ts";
import type { DerivedSecret } from "./store_secret.ts";
import { StoreServerSessionCache } from "./store_server.ts";
import { TicketKeyRing } from "./ticket_key_ring.ts";

export { resolveSharedLimits } from "./shared_limits.ts";
export { deriveStoreSecret } from "./store_secret.ts";

/** The options of sessions that processes share. */
export interface SharedSessionsOptions extends Required<SharedSessionLimits> {
  /** The store. */
  readonly store: SessionStore;
  /** The secret that all processes have. */
  readonly secret: DerivedSecret;
  /** The counters of failures of the store. */
  readonly counters: SslCounters;
  /** Is told of faults of the store. */
  readonly onStoreFault?: ((fault: StoreFault) => void) | undefined;
  /** Called when the sessions are closed. */
  readonly onClose: () => Promise<void>;
}

/** Returns the server sessions that processes share in a store. */
export function shareSessions(options: SharedSessionsOptions): ServerSessions {
  const { store, secret, maxCacheEntries, timeout, ticketLifetime, counters } = options;
  const { onClose } = options;
  const { restore } = secret;
  const rows = new SealedRows(store, secret.bytes, () => countUnreadable(counters));
  const clockTolerance = 2 * MAX_CLOCK_SKEW;
  return new ServerSessions({
    cache: new StoreServerSessionCache({
      rows,
      maxCacheEntries,
      lifetime: timeout * 1000 + 1, // valid up to and including its last millisecond
      clockTolerance,
      onClose,
    }),
    keyring: new TicketKeyRing({
      rows,
      lifetime: ticketLifetime,
      rotation: options.ticketKeyRotation,
      counters,
      ...restore && { onLoss: restore },
    }),
    rows,
    clockTolerance,
    singleUse: options.singleUse,
    maxTickets: options.maxTickets,
    revocationLag: options.revocationLag,
    storePolicy: { timeout: options.storeTimeout, onFault: options.onStoreFault },
    sessionLifetime: timeout,
    ticketLifetime,
    counters,
  });
}
