// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SslConfig } from "../config/config.ts";

/**
 * Returns a server's client authentication for a handshake after the first one. Unless
 * `requireCertificate` (`SSL_REQUIRE_CERTIFICATE`) is `"ALWAYS"`, a certificate is not required
 * again.
 *
 * @param config The server's configuration.
 * @param shown The certificates that the client has sent before on the connection.
 */
export function clientAuthAgain(
  { clientAuth, requireCertificate }: SslConfig,
  shown: readonly Certificate[],
): SslConfig["clientAuth"] {
  if (clientAuth !== "require" || requireCertificate === "ALWAYS") return clientAuth;
  return shown.length === 0 ? "require" : "request";
}
