// Copyright 2026 the NSS for Deno authors. MIT license.

import { toSslError } from "../base/errors.ts";
import { attempt } from "./attempt.ts";
import {
  applicationSessionCache,
  applicationSessionKey,
  clientSessionCache,
  clientSessionKey,
  hasSessionKey,
  tokenConfiguration,
} from "./client_cache.ts";
import type { ClientSession } from "../base/session_cache.ts";
import { countersOf } from "./statistics.ts";
import { encodeToken } from "./token.ts";
import type { SslConfig } from "../config/config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { SessionHandle } from "./session_handle.ts";

/** What the keeping of a client's session depends on. */
export interface SessionKeeping {
  /** The configuration under which sessions are kept. */
  readonly config: SslConfig;
  /** The address of the peer; `""` if the transport does not know it. */
  readonly peerAddress: string;
  /** Calls the application's hooks. */
  readonly hooks: HookCaller;
  /** The handle by which the application may invalidate the session. */
  readonly session: SessionHandle;
}

/** The reasons not to keep a session. */
export interface Obstacles {
  /** Whether the bad-certificate hook overrode a refusal. */
  readonly badCertAccepted: boolean;
  /** Whether an external pre-shared key authenticated both ends. */
  readonly usedExternalPsk: boolean;
  /** Whether the application's hook was called for a client certificate. */
  readonly askedForClientAuthData: boolean;
}

/** Returns whether the session of a handshake may be kept. */
export function mayKeepSession(
  { config }: Pick<SessionKeeping, "config">,
  { badCertAccepted, usedExternalPsk, askedForClientAuthData }: Obstacles,
): boolean {
  // It could outlive the removal of the key, with which the next handshake costs the same.
  if (usedExternalPsk) return false;
  // An override must be decided again for each connection.
  if (badCertAccepted) return false;
  // The hook may choose another certificate next time; a peerId separates the sessions.
  if (askedForClientAuthData && config.peerId === null) return false;
  return hasSessionKey(config);
}

/** Passes a session to the application's hook, if there is one, and otherwise to the cache. */
export async function keepSession(
  { config, peerAddress, hooks, session: handle }: SessionKeeping,
  session: ClientSession,
): Promise<void> {
  // The application may have invalidated it while its secret was derived.
  if (handle.invalidated) return;
  hooks.observer?.session(session, () => tokenOf(config, session));
  const cache = applicationSessionCache(config.context);
  if (config.resumptionTokenCallback === null && cache === null) {
    clientSessionCache(config.context).put(clientSessionKey(config, peerAddress)!, session);
    return;
  }
  const token = tokenOf(config, session);
  if (config.resumptionTokenCallback === null) {
    const key = await applicationSessionKey(config, peerAddress);
    const cached = { token, expiresAt: session.expiresAt };
    await attempt(cache!, countersOf(config.context), () => cache!.put(key, cached), handle.wait);
    return;
  }
  try {
    await hooks.call(config.resumptionTokenCallback, token);
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}

function tokenOf(config: SslConfig, session: ClientSession): Uint8Array<ArrayBuffer> {
  return encodeToken({
    hostname: config.hostname!,
    configuration: tokenConfiguration(config)!,
    session,
  });
}
