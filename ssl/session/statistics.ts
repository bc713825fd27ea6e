// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";

/** How often sessions were found, at one place of the handshake. */
export interface SessionCounts {
  /** Handshakes with a session. */
  readonly hits: number;
  /** Handshakes without one. */
  readonly misses: number;
  /** Of those without, where a session was there and would not do. */
  readonly notOk: number;
  /** Of those with a session, where it was in a ticket. */
  readonly statelessResumes: number;
}

/** What {@linkcode getStatistics} counts. */
export interface SslStatistics {
  /** Hellos that clients have sent: a hit offers a session (`sch_sid_cache_hits` ...). */
  readonly sendClientHello: SessionCounts;
  /** Answers that clients have got: a hit is a resumed session (`hsh_sid_cache_hits` ...). */
  readonly handleServerHello: SessionCounts;
  /** Hellos that servers have got: a hit is a resumed session (`hch_sid_cache_hits` ...). */
  readonly handleClientHello: SessionCounts;
  /** Tickets that servers could not open (`hch_sid_ticket_parse_failures`). */
  readonly ticketParseFailures: number;
  /**
   * How often a cache of the application's own, or one of several processes, failed, took too long,
   * or was left alone since it had.
   */
  readonly cacheUnavailable: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends object ? Writable<T[K]> : T[K] };

/** The counters, which are changed in place. */
export type SslCounters = Writable<SslStatistics>;

const counters = new WeakMap<NssContext, SslCounters>();

function nothing(): Writable<SessionCounts> {
  return { hits: 0, misses: 0, notOk: 0, statelessResumes: 0 };
}

/** The counters of a context. */
export function countersOf(context: NssContext): SslCounters {
  let counts = counters.get(context);
  if (counts === undefined) {
    counts = {
      sendClientHello: nothing(),
      handleServerHello: nothing(),
      handleClientHello: nothing(),
      ticketParseFailures: 0,
      cacheUnavailable: 0,
    };
    counters.set(context, counts);
  }
  return counts;
}

/** Counts a handshake with a session, or without. */
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
