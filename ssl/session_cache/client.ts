// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context.ts";
import type { SslConfig } from "../config.ts";
import { identityOf, negotiationIdentity, trustIdentity } from "./identity.ts";
import { MemorySessionCache } from "./memory.ts";
import type { SessionCache } from "./session_cache.ts";

const caches = new WeakMap<NssContext, SessionCache>();

/** The client session cache of a context. */
export function clientSessionCache(context: NssContext): SessionCache {
  let cache = caches.get(context);
  if (cache === undefined) {
    cache = new MemorySessionCache();
    caches.set(context, cache);
  }
  return cache;
}

/**
 * The cache key of a connection: who the peer is, and everything in the configuration that decides whether it is
 * trusted and who this end is.
 *
 * @param config The client's configuration.
 * @param peerAddress The transport's remote address; `""` where it has none.
 * @returns The key; `null` where sessions must not be cached.
 */
export function clientSessionKey(config: SslConfig, peerAddress: string): string | null {
  if (!config.sessionTickets || config.hostname === null) return null;
  return JSON.stringify([
    config.hostname,
    peerAddress,
    config.peerId,
    config.alpnProtocols,
    negotiationIdentity(config),
    trustIdentity(config),
    identityOf(config.getClientAuthData),
  ]);
}

/**
 * What a token's session is bound to besides the host: what it could have been negotiated with, who this end is, and of what decides
 * about trust as much as outlives the process. For the rest the server's certificates are judged anew where the token is used.
 *
 * @param config The client's configuration.
 * @returns The text; `null` where sessions must not be kept.
 */
export function tokenConfiguration(config: SslConfig): string | null {
  if (!config.sessionTickets) return null;
  return JSON.stringify([
    config.peerId,
    negotiationIdentity(config),
    config.getClientAuthData !== null,
  ]);
}
