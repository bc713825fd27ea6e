// Copyright 2026 the NSS for Deno authors. MIT license.

import { isInteger, type Shape } from "../../cert/base/options.ts";
import { TICKET_LIFETIME } from "./session_ticket.ts";
import { MAX_SERVER_SESSIONS } from "./memory_server.ts";
import { SESSION_ID_LIFETIME } from "./server_cache.ts";

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
   * default, and for 0, 172,800, as in NSS. Ticket keys are renewed at the same interval.
   */
  readonly ticketLifetime?: number;
}

/** NSS's bounds for the timeout of sessions by ID, in seconds. */
const TIMEOUTS = { min: 5, max: 86_400 } as const;
/** The bounds for the lifetime of tickets, in seconds: at most a week (RFC 8446, Section 4.6.1). */
const TICKET_LIFETIMES = { min: 5, max: 604_800 } as const;

/** The checks of the limits. */
export const LIMITS: Shape<ServerSessionLimits> = {
  maxCacheEntries: isInteger(0),
  timeout: isInteger(0),
  ticketLifetime: isInteger(0),
};

/** Returns the limits with defaults and bounds applied. */
export function resolveLimits(options: ServerSessionLimits): Required<ServerSessionLimits> {
  const { maxCacheEntries = 0, timeout = 0, ticketLifetime = 0 } = options;
  return {
    maxCacheEntries: maxCacheEntries || MAX_SERVER_SESSIONS,
    timeout: within(timeout || SESSION_ID_LIFETIME, TIMEOUTS),
    ticketLifetime: within(ticketLifetime || TICKET_LIFETIME, TICKET_LIFETIMES),
  };
}

function within(value: number, { min, max }: { readonly min: number; readonly max: number }) {
  return Math.min(Math.max(value, min), max);
}
