// Copyright 2026 the NSS for Deno authors. MIT license.

import { knownSchemes, pkcs1Schemes } from "../../../authentication/certificate_verify.ts";
import { readAuthorities } from "../../../authentication/read_authorities.ts";
import { SslError } from "../../../base/errors.ts";
import type { SslConfig } from "../../../config/config.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import { certificateAuthorities } from "../../../extensions/certificate_authorities.ts";
import { signatureAlgorithms } from "../../../extensions/signature_algorithms.ts";
import type { CertificateRequest } from "../../../messages/certificate_request.ts";

/**
 * Returns the public form of a CertificateRequest.
 *
 * @throws {SslError} `SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION`, or
 * `SSL_ERROR_RX_MALFORMED_CERT_REQUEST` if the name of an authority does not parse.
 */
export function clientAuthRequest(
  { extensions }: CertificateRequest,
  { pkcs1ClientAuth }: Pick<SslConfig, "pkcs1ClientAuth">,
): ClientAuthRequest {
  const schemes = extensions.get(signatureAlgorithms);
  if (schemes === undefined) {
    throw new SslError(
      "SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION",
      "Cannot take CertificateRequest: it names no signature algorithms",
    );
  }
  return {
    version: "TLSv1.3",
    caNames: readAuthorities(extensions.get(certificateAuthorities) ?? []),
    signatureSchemes: knownSchemes(schemes),
    ...(pkcs1ClientAuth && { pkcs1Schemes: pkcs1Schemes(schemes) }),
  };
}
