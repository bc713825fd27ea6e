// Copyright 2026 the NSS for Deno authors. MIT license.

import { clientSessionKey } from "../../session_cache/client.ts";
import type { HandshakeContext } from "../handshake.ts";

/** The cache key for the session of this handshake; `null` where it must not be kept. */
export function sessionKeyOf({ config, negotiated, peerAddress }: HandshakeContext): string | null {
  if (negotiated.sessionInvalidated) return null;
  // What stands by override must be decided anew each time.
  if (negotiated.badCertAccepted) return null;
  // The hook may choose to be somebody else next time: only the application knows for whom a session is.
  if (negotiated.askedForClientAuthData && config.peerId === null) return null;
  return clientSessionKey(config, peerAddress);
}
