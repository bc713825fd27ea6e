// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SslConfig } from "../config/config.ts";

/**
 * Whether a server insists on a certificate in a handshake after the first one
 * (`SSL_REQUIRE_CERTIFICATE`).
 *
 * @param shown What the client has shown in the connection so far: FIRST_HANDSHAKE insists once.
 */
export function clientAuthAgain(
  { clientAuth, requireCertificate }: SslConfig,
  shown: readonly Certificate[],
): SslConfig["clientAuth"] {
  if (clientAuth !== "require" || requireCertificate === "ALWAYS") return clientAuth;
  return shown.length === 0 ? "require" : "request";
}
