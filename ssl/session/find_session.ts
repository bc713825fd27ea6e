// Copyright 2026 the NSS for Deno authors. MIT license.

import { attempt, countUnreadable, type StoreWait } from "./attempt.ts";
import {
  applicationSessionCache,
  applicationSessionKey,
  clientSessionCache,
  clientSessionKey,
  hasSessionKey,
} from "./client_cache.ts";
import type { ClientSession, ClientSessionCache } from "../base/session_cache.ts";
import { countersOf, countSession } from "./statistics.ts";
import type { ResumptionToken } from "../base/resumption_token.ts";
import { decodeToken } from "./token.ts";
import { tokenFault } from "./token_fault.ts";
import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";

/** What a client's search for a session depends on. */
export interface SessionSearch {
  /** The configuration under which sessions are kept. */
  readonly config: SslConfig;
  /** The address of the peer; `""` if the transport does not know it. */
  readonly peerAddress: string;
  /** The current time. */
  readonly environment: Environment;
  /** The handshake. */
  readonly wait: StoreWait;
  /** Whether it is for the first handshake; a token is not used for a renegotiation. */
  readonly isFirst: boolean;
  /** Returns whether the certificates of a session would be accepted now. */
  readonly isTrusted: (session: ClientSession) => Promise<boolean>;
}

/** Finds a session of an earlier connection to the same server that may be resumed. */
export async function findSession(search: SessionSearch): Promise<ClientSession | null> {
  const { sendClientHello } = countersOf(search.config.context);
  const { session, found } = await searchSession(search);
  const stateless = (session?.ticket.length ?? 0) > 0;
  countSession(sendClientHello, session !== null, { stateless, notOk: found });
  return session;
}

interface Found {
  /** The session, if it may be resumed. */
  readonly session: ClientSession | null;
  /** Whether there was a session, resumable or not. */
  readonly found: boolean;
}

const NOTHING: Found = { session: null, found: false };

async function searchSession(search: SessionSearch): Promise<Found> {
  const { config } = search;
  if (config.resumptionToken !== null) {
    return search.isFirst ? await checkToken(search, config.resumptionToken) : NOTHING;
  }
  if (config.resumptionTokenCallback !== null) return NOTHING;
  const cache = applicationSessionCache(config.context);
  return cache === null ? takeSession(search) : await takeToken(search, cache);
}

/**
 * Returns the session of a token if it may be resumed. The token may come from another process, so
 * that its certificates are verified again, as if the server had just sent them.
 */
async function checkToken(
  { config, environment, isTrusted }: SessionSearch,
  token: ResumptionToken,
): Promise<Found> {
  // Also for a token that was checked when it was set: time and configuration may have changed.
  const fault = tokenFault(token, config, environment.now());
  if (fault !== null) return { session: null, found: true };
  const { session } = token;
  return { session: await isTrusted(session) ? session : null, found: true };
}

async function takeToken(search: SessionSearch, cache: ClientSessionCache): Promise<Found> {
  const { config, peerAddress, environment, wait } = search;
  if (!hasSessionKey(config)) return NOTHING;
  const key = await applicationSessionKey(config, peerAddress);
  const counters = countersOf(config.context);
  const take = () => cache.take(key, environment.now());
  const cached = await attempt(cache, counters, take, wait);
  if (!cached) return NOTHING;
  let token: ResumptionToken;
  try {
    token = decodeToken(cached.token);
  } catch {
    countUnreadable(counters);
    return { session: null, found: true };
  }
  return await checkToken(search, token);
}

function takeSession({ config, peerAddress, environment }: SessionSearch): Found {
  const key = clientSessionKey(config, peerAddress);
  if (key === null) return NOTHING;
  const now = environment.now();
  const session = clientSessionCache(config.context).take(key, now);
  if (session === undefined) return NOTHING;
  // The server does not send its certificates again, so they must not have expired.
  const isValid = session.peerChain.every(({ notAfter }) => notAfter.getTime() >= now);
  return { session: isValid ? session : null, found: true };
}
