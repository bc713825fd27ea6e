// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";
import { tokenConfiguration } from "./client_cache.ts";
import type { ResumptionToken } from "../base/resumption_token.ts";

/**
 * What keeps a token from being used; `null` for nothing that could be told before the certificates
 * are judged.
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
  // What was verified then must still be in force: the certificate is not sent again.
  if (session.peerChain.some(({ notAfter }) => notAfter.getTime() < now)) {
    return "a certificate of the server has expired";
  }
  return null;
}
