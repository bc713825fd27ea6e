// Copyright 2026 the NSS for Deno authors. MIT license.

import { toSslError } from "../base/errors.ts";
import { attempt } from "./attempt.ts";
import {
  applicationSessionCache,
  applicationSessionKey,
  clientSessionCache,
  clientSessionKey,
  tokenConfiguration,
} from "./client_cache.ts";
import type { ClientSession } from "../base/session_cache.ts";
import { countersOf } from "./statistics.ts";
import { encodeToken } from "./token.ts";
import type { SslConfig } from "../config/config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { SessionHandle } from "./session_handle.ts";

/** Where a client keeps the session of a handshake. */
export interface SessionKeeping {
  /** The configuration under which sessions are kept. */
  readonly config: SslConfig;
  /** Where the peer is; `""` where the transport does not tell. */
  readonly peerAddress: string;
  /** The way to the application's hooks. */
  readonly hooks: HookCaller;
  /** The session as the application may give it up. */
  readonly session: SessionHandle;
}

/** What forbids to keep a session. */
export interface Obstacles {
  /** Whether the bad-certificate hook overrode a refusal. */
  readonly badCertAccepted: boolean;
  /** Whether the application's hook was asked for a client certificate. */
  readonly askedForClientAuthData: boolean;
}

/** Whether the session of this handshake may be resumed one day. */
export function mayKeepSession(
  { config, peerAddress }: SessionKeeping,
  { badCertAccepted, askedForClientAuthData }: Obstacles,
): boolean {
  // What stands by override must be decided anew each time.
  if (badCertAccepted) return false;
  // The hook may choose to be somebody else next time: only the application knows for whom a
  // session is.
  if (askedForClientAuthData && config.peerId === null) return false;
  return clientSessionKey(config, peerAddress) !== null;
}

/**
 * Hands a session to the application, where it wants to keep sessions itself, and otherwise to the
 * cache.
 */
export async function keepSession(
  { config, peerAddress, hooks, session: handle }: SessionKeeping,
  session: ClientSession,
): Promise<void> {
  // Looked at last: it may have been given up while its secret was made.
  if (handle.invalidated) return;
  const cache = applicationSessionCache(config.context);
  if (config.resumptionTokenCallback === null && cache === null) {
    clientSessionCache(config.context).put(clientSessionKey(config, peerAddress)!, session);
    return;
  }
  const token = encodeToken({
    hostname: config.hostname!,
    configuration: tokenConfiguration(config)!,
    session,
  });
  if (config.resumptionTokenCallback === null) {
    const key = await applicationSessionKey(config, peerAddress);
    const cached = { token, expiresAt: session.expiresAt };
    await attempt(cache!, countersOf(config.context), () => cache!.put(key, cached));
    return;
  }
  try {
    await hooks.call(config.resumptionTokenCallback, token);
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}
