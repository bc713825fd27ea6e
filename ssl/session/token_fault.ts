// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";
import { tokenConfiguration } from "./client_cache.ts";
import type { ResumptionToken } from "../base/resumption_token.ts";

/**
 * Returns why a token cannot be used, before its certificates are verified; `null` if there is no
 * reason.
 */
export function tokenFault(
  { hostname, configuration, session }: ResumptionToken,
  config: SslConfig,
  now: number,
): string | null {
  if (config.hostname === null) return "no hostname is set that it could be for";
  if (hostname !== config.hostname) return `it is for ${hostname}, not for ${config.hostname}`;
  if (configuration !== tokenConfiguration(config)) {
    return "it was made under another configuration than this socket's";
  }
  if (session.expiresAt <= now) return "it has expired";
  // The server does not send its certificates again, so they must not have expired.
  if (session.peerChain.some(({ notAfter }) => notAfter.getTime() < now)) {
    return "a certificate of the server has expired";
  }
  return null;
}
