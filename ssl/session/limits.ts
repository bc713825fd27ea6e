// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { TICKET_LIFETIME } from "./session_ticket.ts";
import { MAX_SERVER_SESSIONS } from "./memory_server.ts";
import { SESSION_ID_LIFETIME } from "./server_cache.ts";

/** How long a server's sessions are good, and how many are kept. */
export interface ServerSessionLimits {
  /** How many sessions are kept by ID; default, and for 0, NSS's 10,000. */
  readonly maxCacheEntries?: number;
  /**
   * For how many seconds a session by ID is good, from 5 to 86,400; default, and for 0, NSS's
   * 86,400. What is beyond is drawn in.
   */
  readonly timeout?: number;
  /**
   * For how many seconds a ticket is good, from 5 to 604,800 (RFC 8446, Section 4.6.1); default,
   * and for 0, NSS's 172,800. The keys of tickets are renewed as often. What is beyond is drawn in.
   */
  readonly ticketLifetime?: number;
}

/** NSS's bounds for the timeout of sessions by ID, in seconds. */
const TIMEOUTS = { min: 5, max: 86_400 } as const;
/** RFC 8446, Section 4.6.1: no more than seven days. */
const TICKET_LIFETIMES = { min: 5, max: 604_800 } as const;

/**
 * The limits that options describe.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a number is negative or none.
 */
export function resolveLimits(options: ServerSessionLimits): Required<ServerSessionLimits> {
  const { maxCacheEntries = 0, timeout = 0, ticketLifetime = 0 } = options;
  for (const [name, value] of Object.entries({ maxCacheEntries, timeout, ticketLifetime })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot configure session cache: ${name} is ${value}, and must be a whole number from 0 on`,
    );
  }
  return {
    maxCacheEntries: maxCacheEntries || MAX_SERVER_SESSIONS,
    timeout: within(timeout || SESSION_ID_LIFETIME, TIMEOUTS),
    ticketLifetime: within(ticketLifetime || TICKET_LIFETIME, TICKET_LIFETIMES),
  };
}

function within(value: number, { min, max }: { readonly min: number; readonly max: number }) {
  return Math.min(Math.max(value, min), max);
}
