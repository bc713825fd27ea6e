// Copyright 2026 the NSS for Deno authors. MIT license.

import { clientSessionCache, clientSessionKey } from "../../session_cache/client.ts";
import type { ClientSession } from "../../session_cache/session_cache.ts";
import { tokenFault } from "../../session_cache/token_fault.ts";
import { isStillTrusted } from "../authenticate_peer.ts";
import type { HandshakeContext } from "../handshake.ts";
import { sessionConfig } from "../renegotiation.ts";

/** A session of an earlier connection to the same server, if there is one that may still be resumed. */
export async function findSession(hs: HandshakeContext): Promise<ClientSession | null> {
  const config = sessionConfig(hs);
  // A token is for the beginning of a connection, which a renegotiation is not.
  if (config.resumptionToken !== null) {
    return hs.established === null ? await sessionOfToken(hs) : null;
  }
  return config.resumptionTokenCallback === null ? takeSession(hs) : null;
}

/**
 * The session of the token that was set. It may come from another process, whose word does not count: what is decided about its
 * certificates is decided here and now, as if the server had just shown them.
 */
async function sessionOfToken(hs: HandshakeContext): Promise<ClientSession | null> {
  const { config, environment } = hs;
  const token = config.resumptionToken!;
  // Judged when it was set, and since then time has passed, and the configuration may have changed.
  if (tokenFault(token, config, environment.now()) !== null) return null;
  const { session } = token;
  const { peerChain, stapledOcspResponse } = session;
  return await isStillTrusted(hs, peerChain, stapledOcspResponse) ? session : null;
}

function takeSession(hs: HandshakeContext): ClientSession | null {
  const { peerAddress, environment } = hs;
  const config = sessionConfig(hs);
  const key = clientSessionKey(config, peerAddress);
  if (key === null) return null;
  const now = environment.now();
  const session = clientSessionCache(config.context).take(key, now);
  // What was verified then must still be in force: the certificate is not sent again.
  if (session === undefined || session.peerChain.some(({ notAfter }) => notAfter.getTime() < now)) {
    return null;
  }
  return session;
}
