// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { SettingName, SslConfig } from "../config/config.ts";
import { attempt } from "./attempt.ts";
import { CLIENT_SETTINGS, localKey, portableKey, shorten, TOKEN_SETTINGS } from "./identity.ts";
import { MemorySessionCache } from "./memory_cache.ts";
import type { ClientSession, SessionCache } from "../base/session_cache.ts";
import { countersOf } from "./statistics.ts";

const caches = new WeakMap<NssContext, MemorySessionCache<ClientSession>>();
const applicationCaches = new WeakMap<NssContext, SessionCache>();

/** The client session cache of a context, in memory. */
export function clientSessionCache(context: NssContext): MemorySessionCache<ClientSession> {
  let cache = caches.get(context);
  if (cache === undefined) {
    cache = new MemorySessionCache();
    caches.set(context, cache);
  }
  return cache;
}

/** The cache that the application has given a context in place of that one; `null` for none. */
export function applicationSessionCache(context: NssContext): SessionCache | null {
  return applicationCaches.get(context) ?? null;
}

/** Gives a context a cache in place of its own; `null` for its own. */
export function setApplicationSessionCache(context: NssContext, cache: SessionCache | null): void {
  if (cache === null) applicationCaches.delete(context);
  else applicationCaches.set(context, cache);
}

/**
 * The cache key of a connection: who the peer is, and everything in the configuration that decides
 * whether it is trusted and who this end is.
 *
 * @param config The client's configuration.
 * @param peerAddress The transport's remote address; `""` where it has none.
 * @returns The key; `null` where sessions must not be cached.
 */
export function clientSessionKey(config: SslConfig, peerAddress: string): string | null {
  if (!config.sessionTickets || config.hostname === null) return null;
  const settings = localKey(config, CLIENT_SETTINGS).map((value) => shorten(JSON.stringify(value)));
  return JSON.stringify([peerAddress, ...settings]);
}

/**
 * What a token says itself, or what is negotiated anew with it: a cache keeps tokens apart by it.
 */
const OF_TOKEN: readonly SettingName[] = ["hostname", "alpnProtocols"];
const BESIDE_TOKEN = TOKEN_SETTINGS.filter((name) => !OF_TOKEN.includes(name));

/**
 * What a token's session is bound to besides the host: what it could have been negotiated with, who
 * this end is, and of what decides about trust as much as outlives the process. For the rest the
 * server's certificates are judged anew where the token is used.
 *
 * @param config The client's configuration.
 * @returns The text; `null` where sessions must not be kept.
 */
export function tokenConfiguration(config: SslConfig): string | null {
  if (!config.sessionTickets) return null;
  return JSON.stringify(portableKey(config, BESIDE_TOKEN));
}

/**
 * The key of a connection in a cache of the application's own, which may outlive the process, as
 * the tokens that are in it do.
 *
 * @param config The client's configuration, under which sessions are kept.
 * @param peerAddress The transport's remote address; `""` where it has none.
 * @returns The key, 64 hexadecimal digits.
 */
export async function applicationSessionKey(
  config: SslConfig,
  peerAddress: string,
): Promise<string> {
  const text = JSON.stringify([
    peerAddress,
    portableKey(config, OF_TOKEN),
    tokenConfiguration(config),
  ]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
    .toHex();
}

/** Forgets the sessions of a connection. */
export async function forgetClientSessions(config: SslConfig, peerAddress: string): Promise<void> {
  const key = clientSessionKey(config, peerAddress);
  if (key === null) return;
  clientSessionCache(config.context).delete(key);
  const cache = applicationSessionCache(config.context);
  if (cache === null) return;
  const itsKey = await applicationSessionKey(config, peerAddress);
  await attempt(cache, countersOf(config.context), () => cache.delete(itsKey));
}
