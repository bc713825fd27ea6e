// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { SettingName, SslConfig } from "../config/config.ts";
import { attempt } from "./attempt.ts";
import { CLIENT_SETTINGS, localKey, portableKey, TOKEN_SETTINGS } from "./identity.ts";
import { MAX_CACHED_PEERS, MemorySessionCache } from "./memory_cache.ts";
import type { ClientSession, ClientSessionCache } from "../base/session_cache.ts";
import { countersOf } from "./statistics.ts";

const caches = new WeakMap<NssContext, MemorySessionCache<ClientSession>>();
const applicationCaches = new WeakMap<NssContext, ClientSessionCache>();

/** Returns the client session cache of a context in memory. */
export function clientSessionCache(context: NssContext): MemorySessionCache<ClientSession> {
  let cache = caches.get(context);
  if (cache === undefined) {
    cache = new MemorySessionCache(MAX_CACHED_PEERS, costOf);
    caches.set(context, cache);
  }
  return cache;
}

/** What a session, and a certificate, take in bytes besides what the peer sent. */
const OBJECT_COST = 4096;
/** What the peer sends in a certificate of up to this length is mostly not parsed to objects. */
const USUAL_CERTIFICATE_LENGTH = 2048;
/**
 * What the rest of it takes, as a multiple: names and extensions become objects. Key and signature,
 * which are most of a certificate of ML-DSA, stay bytes.
 */
const PARSED_COST = 16;

/** Returns the memory in bytes of sessions; those of one connection share what they are about. */
function costOf(sessions: readonly ClientSession[]): number {
  const certificates = new Set(sessions.flatMap(({ peerChain }) => peerChain));
  const proofs = new Set(
    sessions.flatMap((it) => [it.stapledOcspResponse, it.signedCertTimestamps]),
  );
  let cost = 0;
  for (const { ticket } of sessions) cost += OBJECT_COST + ticket.length;
  for (const { der: { length }, signature, subjectPublicKeyInfoDer } of certificates) {
    const parsed = length - signature.length - subjectPublicKeyInfoDer.length;
    cost += OBJECT_COST + length + PARSED_COST * Math.max(parsed - USUAL_CERTIFICATE_LENGTH, 0);
  }
  for (const proof of proofs) cost += proof?.length ?? 0;
  return cost;
}

/** Returns the application's cache, which replaces that in memory; `null` if there is none. */
export function applicationSessionCache(context: NssContext): ClientSessionCache | null {
  return applicationCaches.get(context) ?? null;
}

/** Sets the application's cache of a context; `null` for the one in memory. */
export function setApplicationSessionCache(
  context: NssContext,
  cache: ClientSessionCache | null,
): void {
  if (cache === null) applicationCaches.delete(context);
  else applicationCaches.set(context, cache);
}

/** Returns whether the sessions of a configuration may be cached. */
export function hasSessionKey({ sessionTickets, hostname }: SslConfig): boolean {
  return sessionTickets && hostname !== null;
}

/**
 * Returns the cache key of a connection: the peer, and the settings that determine whether it is
 * trusted and how this end authenticates itself.
 *
 * @param config The client's configuration.
 * @param peerAddress The transport's remote address; `""` if it has none.
 * @returns The key; `null` if sessions must not be cached.
 */
export function clientSessionKey(config: SslConfig, peerAddress: string): string | null {
  if (!hasSessionKey(config)) return null;
  let settings = settingsKeys.get(config);
  if (settings === undefined) {
    settings = localKey(config, CLIENT_SETTINGS);
    settingsKeys.set(config, settings);
  }
  return JSON.stringify(peerAddress) + "\n" + settings;
}

/** The part of keys that configurations decide; that of a handshake does not change. */
const settingsKeys = new WeakMap<SslConfig, string>();

/**
 * The settings that a cache key has besides the configuration of a token, because the token itself
 * has them or they are negotiated again.
 */
const CACHE_KEY_SETTINGS: readonly SettingName[] = ["hostname", "alpnProtocols"];
const CONFIGURATION_SETTINGS = TOKEN_SETTINGS.filter((name) => !CACHE_KEY_SETTINGS.includes(name));

/**
 * Returns the configuration that the session of a token is bound to besides the host: what limits
 * the negotiation, the identity of this end, and the settings of trust that are valid outside of
 * this process. For the others, the server's certificates are verified again when the token is
 * used.
 *
 * @param config The client's configuration.
 * @returns The text; `null` if sessions must not be kept.
 */
export function tokenConfiguration(config: SslConfig): string | null {
  if (!config.sessionTickets) return null;
  return JSON.stringify(portableKey(config, CONFIGURATION_SETTINGS));
}

/**
 * Returns the key of a connection in a cache of the application, whose tokens may outlive the
 * process.
 *
 * @param config The client's configuration, under which sessions are kept.
 * @param peerAddress The transport's remote address; `""` if it has none.
 * @returns The key, 64 hexadecimal digits.
 */
export async function applicationSessionKey(
  config: SslConfig,
  peerAddress: string,
): Promise<string> {
  const text = JSON.stringify([
    peerAddress,
    portableKey(config, CACHE_KEY_SETTINGS),
    tokenConfiguration(config),
  ]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return toHex(new Uint8Array(digest));
}

/** Removes the sessions of a connection from the caches. */
export async function forgetClientSessions(config: SslConfig, peerAddress: string): Promise<void> {
  const key = clientSessionKey(config, peerAddress);
  if (key === null) return;
  clientSessionCache(config.context).delete(key);
  const cache = applicationSessionCache(config.context);
  if (cache === null) return;
  const applicationKey = await applicationSessionKey(config, peerAddress);
  await attempt(cache, countersOf(config.context), () => cache.delete(applicationKey));
}
