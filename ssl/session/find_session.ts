// Copyright 2026 the NSS for Deno authors. MIT license.

import { attempt } from "./attempt.ts";
import {
  applicationSessionCache,
  applicationSessionKey,
  clientSessionCache,
  clientSessionKey,
} from "./client_cache.ts";
import type { ClientSession, SessionCache } from "../base/session_cache.ts";
import { countersOf, countSession } from "./statistics.ts";
import type { ResumptionToken } from "../base/resumption_token.ts";
import { decodeToken } from "./token.ts";
import { tokenFault } from "./token_fault.ts";
import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";

/** Where a client looks for a session. */
export interface SessionSearch {
  /** The configuration under which sessions are kept. */
  readonly config: SslConfig;
  /** Where the peer is; `""` where the transport does not tell. */
  readonly peerAddress: string;
  /** Time. */
  readonly environment: Environment;
  /** Whether the connection begins; a token is for that, and not for a renegotiation. */
  readonly isFirst: boolean;
  /** Whether the certificates of a session would be believed now. */
  readonly isTrusted: (session: ClientSession) => Promise<boolean>;
}

/**
 * A session of an earlier connection to the same server, if there is one that may still be resumed.
 */
export async function findSession(search: SessionSearch): Promise<ClientSession | null> {
  const { sendClientHello } = countersOf(search.config.context);
  const { session, found } = await lookForSession(search);
  const stateless = (session?.ticket.length ?? 0) > 0;
  countSession(sendClientHello, session !== null, { stateless, notOk: found });
  return session;
}

interface Found {
  /** The session that will do. */
  readonly session: ClientSession | null;
  /** Whether there was one at all. */
  readonly found: boolean;
}

const NOTHING: Found = { session: null, found: false };

async function lookForSession(search: SessionSearch): Promise<Found> {
  const { config } = search;
  if (config.resumptionToken !== null) {
    return search.isFirst ? await judgeToken(search, config.resumptionToken) : NOTHING;
  }
  if (config.resumptionTokenCallback !== null) return NOTHING;
  const cache = applicationSessionCache(config.context);
  return cache === null ? takeSession(search) : await takeToken(search, cache);
}

/**
 * The session of a token. It may come from another process, whose word does not count: what is
 * decided about its certificates is decided here and now, as if the server had just shown them.
 */
async function judgeToken(
  { config, environment, isTrusted }: SessionSearch,
  token: ResumptionToken,
): Promise<Found> {
  // Even one that was set is judged again: since then time has passed, and the configuration may
  // have changed.
  const fault = tokenFault(token, config, environment.now());
  if (fault !== null) return { session: null, found: true };
  const { session } = token;
  return { session: await isTrusted(session) ? session : null, found: true };
}

async function takeToken(search: SessionSearch, cache: SessionCache): Promise<Found> {
  const { config, peerAddress, environment } = search;
  if (clientSessionKey(config, peerAddress) === null) return NOTHING;
  const key = await applicationSessionKey(config, peerAddress);
  const counters = countersOf(config.context);
  const cached = await attempt(cache, counters, () => cache.take(key, environment.now()));
  if (!cached) return NOTHING;
  // A cache that gives back something else than it was given is as good as none.
  const token = await attempt(cache, counters, () => decodeToken(cached.token));
  return token === null ? { session: null, found: true } : await judgeToken(search, token);
}

function takeSession({ config, peerAddress, environment }: SessionSearch): Found {
  const key = clientSessionKey(config, peerAddress);
  if (key === null) return NOTHING;
  const now = environment.now();
  const session = clientSessionCache(config.context).take(key, now);
  if (session === undefined) return NOTHING;
  // What was verified then must still be in force: the certificate is not sent again.
  const isInForce = session.peerChain.every(({ notAfter }) => notAfter.getTime() >= now);
  return { session: isInForce ? session : null, found: true };
}
