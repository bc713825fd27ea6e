// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";

/**
 * Returns a server's client authentication for a handshake after the first one. Unless
 * `requireCertificate` (`SSL_REQUIRE_CERTIFICATE`) is `"ALWAYS"`, a certificate is not required
 * again.
 *
 * @param config The server's configuration.
 * @param isKnown Whether the client has authenticated itself before on the connection.
 */
export function clientAuthAgain(
  { clientAuth, requireCertificate }: SslConfig,
  isKnown: boolean,
): SslConfig["clientAuth"] {
  if (clientAuth !== "require" || requireCertificate === "ALWAYS") return clientAuth;
  return isKnown ? "request" : "require";
}
