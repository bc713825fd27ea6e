// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBoolean, isInteger, type Shape } from "../../cert/base/options.ts";
import { TICKET_LIFETIME } from "./session_ticket.ts";
import { MAX_SERVER_SESSIONS } from "./memory_server.ts";
import { SESSION_ID_LIFETIME } from "./server_cache.ts";
import { STORE_TIMEOUT } from "./attempt.ts";

/**
 * The limits of a server's sessions.
 *
 * @category Sessions
 */
export interface ServerSessionLimits {
  /** The maximum number of sessions kept by ID; default, and for 0, 10,000, as in NSS. */
  readonly maxCacheEntries?: number;
  /**
   * The lifetime in seconds of a session kept by ID, clamped to 5 to 86,400; default, and for 0,
   * 86,400, as in NSS.
   */
  readonly timeout?: number;
  /**
   * The lifetime in seconds of a ticket, clamped to 5 to 604,800 (RFC 8446, Section 4.6.1);
   * default, and for 0, 172,800, as in NSS. Ticket keys of one process are renewed at the same
   * interval.
   */
  readonly ticketLifetime?: number;
  /**
   * Whether each ticket and session ID resumes one connection only; default false. It takes an
   * entry of this process's memory, or of the store that the sessions are shared in: two requests
   * for each ticket, and two when it is used. Whoever sees the ticket of a client of TLS 1.2, which
   * is in clear, can use it up: that client makes a full handshake.
   */
  readonly singleUse?: boolean;
  /**
   * The number of tickets whose entries are kept for `singleUse` and for early data; default, and
   * for 0, 1,048,576 in a store (some 150 MB of Redis), 65,536 in memory. A newer entry takes the
   * place of an older one, whose ticket is then used no more: keep those of some minutes.
   */
  readonly maxTickets?: number;
  /**
   * The milliseconds that a handshake waits in all for a store or cache outside of the process, 1
   * to 10,000; default, and for 0, 500, and the `patience` of the store: 1,500 with Deno KV. Then
   * it goes on without.
   */
  readonly storeTimeout?: number;
  /**
   * The milliseconds within which {@linkcode forgetSessions} reaches each process that shares the
   * sessions, 10 to 60,000; default, and for 0, 1,000. A process reads what is forgotten as often
   * at most, and resumes no session of a client with a certificate when it cannot.
   */
  readonly revocationLag?: number;
}

/**
 * The limits of sessions that several processes share.
 *
 * @category Sessions
 */
export interface SharedSessionLimits extends ServerSessionLimits {
  /**
   * The time in seconds for which a ticket key seals, 1 to 604,800; by default half of
   * `ticketLifetime`. The next key is in the store for as long before it seals, and keys open until
   * their last ticket has expired: `ticketLifetime / ticketKeyRotation + 3` may be 256 at most.
   */
  readonly ticketKeyRotation?: number;
}

/** NSS's bounds for the timeout of sessions by ID, in seconds. */
const TIMEOUTS = { min: 5, max: 86_400 } as const;
/** The maximum lifetime of tickets, in seconds: a week (RFC 8446, Section 4.6.1). */
export const MAX_TICKET_LIFETIME = 604_800;
/** The bounds for the lifetime of tickets, in seconds. */
const TICKET_LIFETIMES = { min: 5, max: MAX_TICKET_LIFETIME } as const;

/** The bounds for the time that a handshake waits for stores, in milliseconds. */
const STORE_TIMEOUTS = { min: 1, max: 10_000 } as const;
/** The bounds for the lag of revocations, in milliseconds. */
const REVOCATION_LAGS = { min: 10, max: 60_000 } as const;
/** The default lag of revocations, in milliseconds. */
export const REVOCATION_LAG = 1000;

/** The maximum of `maxTickets`: rows are told apart by 32 bits. */
const MAX_TICKETS = 2 ** 32;

/** The checks of the limits. */
export const LIMITS: Shape<ServerSessionLimits> = {
  maxCacheEntries: isInteger(0),
  timeout: isInteger(0),
  ticketLifetime: isInteger(0),
  singleUse: isBoolean,
  maxTickets: isInteger(0, MAX_TICKETS),
  storeTimeout: isInteger(0),
  revocationLag: isInteger(0),
};

/** The checks of the limits of shared sessions. */
export const SHARED_LIMITS: Shape<SharedSessionLimits> = {
  ...LIMITS,
  ticketKeyRotation: isInteger(1, MAX_TICKET_LIFETIME),
};

/** Returns the limits with defaults and bounds applied, for a store with some patience. */
export function resolveLimits(
  options: ServerSessionLimits,
  patience: number = 0,
): Required<ServerSessionLimits> {
  const { maxCacheEntries = 0, timeout = 0, ticketLifetime = 0, singleUse = false } = options;
  const { storeTimeout = 0, revocationLag = 0, maxTickets = 0 } = options;
  return {
    maxCacheEntries: maxCacheEntries || MAX_SERVER_SESSIONS,
    timeout: within(timeout || SESSION_ID_LIFETIME, TIMEOUTS),
    ticketLifetime: within(ticketLifetime || TICKET_LIFETIME, TICKET_LIFETIMES),
    singleUse,
    maxTickets,
    storeTimeout: within(storeTimeout || STORE_TIMEOUT + patience, STORE_TIMEOUTS),
    revocationLag: within(revocationLag || REVOCATION_LAG, REVOCATION_LAGS),
  };
}

function within(value: number, { min, max }: { readonly min: number; readonly max: number }) {
  return Math.min(Math.max(value, min), max);
}
