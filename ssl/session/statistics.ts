// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";

/**
 * Counts of sessions found and not found at one point of the handshake.
 *
 * @category Sessions
 */
export interface SessionCounts {
  /** The number of handshakes with a session. */
  readonly hits: number;
  /** The number of handshakes without a session. */
  readonly misses: number;
  /** The number of misses in which a session was found but could not be resumed. */
  readonly notOk: number;
  /** The number of hits in which the session was in a ticket. */
  readonly statelessResumes: number;
}

/**
 * The statistics of {@linkcode getStatistics}.
 *
 * @category Sessions
 */
export interface SslStatistics {
  /** ClientHellos sent; a hit offers a session (NSS: `sch_sid_cache_hits` ...). */
  readonly sendClientHello: SessionCounts;
  /** ServerHellos received; a hit resumes a session (NSS: `hsh_sid_cache_hits` ...). */
  readonly handleServerHello: SessionCounts;
  /** ClientHellos received; a hit resumes a session (NSS: `hch_sid_cache_hits` ...). */
  readonly handleClientHello: SessionCounts;
  /** The number of tickets that did not open (NSS: `hch_sid_ticket_parse_failures`). */
  readonly ticketParseFailures: number;
  /**
   * The number of times that a cache of the application, or one for several processes, failed,
   * timed out, or was not called because of earlier failures: the sum of the next two.
   */
  readonly cacheUnavailable: number;
  /** The number of times that one of them failed or timed out. */
  readonly storeFailures: number;
  /**
   * The number of times that one was not called: because it had failed three times in a row within
   * the last seconds, or because the handshake had waited for `storeTimeout` already.
   */
  readonly storeRefusals: number;
  /** The number of rows of a store that were damaged, or of another secret or version. */
  readonly unreadableRows: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends object ? Writable<T[K]> : T[K] };

/** The counters, which are changed in place. */
export type SslCounters = Writable<SslStatistics>;

const counters = new WeakMap<NssContext, SslCounters>();

function zeroCounts(): Writable<SessionCounts> {
  return { hits: 0, misses: 0, notOk: 0, statelessResumes: 0 };
}

/** Returns the counters of a context. */
export function countersOf(context: NssContext): SslCounters {
  let counts = counters.get(context);
  if (counts === undefined) {
    counts = {
      sendClientHello: zeroCounts(),
      handleServerHello: zeroCounts(),
      handleClientHello: zeroCounts(),
      ticketParseFailures: 0,
      cacheUnavailable: 0,
      storeFailures: 0,
      storeRefusals: 0,
      unreadableRows: 0,
    };
    counters.set(context, counts);
  }
  return counts;
}

/** Counts a handshake with or without a session. */
export function countSession(
  counts: Writable<SessionCounts>,
  found: boolean,
  how: { readonly stateless?: boolean; readonly notOk?: boolean } = {},
): void {
  if (found) {
    counts.hits++;
    if (how.stateless) counts.statelessResumes++;
  } else {
    counts.misses++;
    if (how.notOk) counts.notOk++;
  }
}
