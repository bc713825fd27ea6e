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
import type { HandshakeContext } from "../handshake/handshake.ts";
import { sessionConfig } from "../handshake/tls12/renegotiation.ts";

/** Whether the session of this handshake may be resumed one day. */
export function mayKeepSession(hs: HandshakeContext): boolean {
  const { negotiated, peerAddress } = hs;
  const config = sessionConfig(hs);
  // What stands by override must be decided anew each time.
  if (negotiated.badCertAccepted) return false;
  // The hook may choose to be somebody else next time: only the application knows for whom a session is.
  if (negotiated.askedForClientAuthData && config.peerId === null) return false;
  return clientSessionKey(config, peerAddress) !== null;
}

/** Hands a session to the application, where it wants to keep sessions itself, and otherwise to the cache. */
export async function keepSession(hs: HandshakeContext, session: ClientSession): Promise<void> {
  const { hooks, peerAddress, negotiated } = hs;
  // Looked at last: it may have been given up while its secret was made.
  if (negotiated.sessionInvalidated) return;
  const config = sessionConfig(hs);
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
