// Copyright 2026 the NSS for Deno authors. MIT license.

/** What PEM calls a certificate. @module */

import { copyBytes } from "../base/bytes.ts";
import { NssError } from "../base/errors.ts";
import { DerReader } from "../der/der_reader.ts";
import type { Encoding, PemKind } from "../der/pem.ts";
import { constructedTag, TAG } from "../der/tag.ts";

const TRUSTED = "TRUSTED CERTIFICATE";

/** Certificates, with the label of RFC 7468, Section 5.1, and OpenSSL's own. */
export const CERTIFICATE_PEM: PemKind = {
  attempt: "Cannot parse certificate",
  labels: ["CERTIFICATE", "X509 CERTIFICATE", TRUSTED],
  error: "SEC_ERROR_BAD_DER",
};

/**
 * Removes the settings behind a certificate that OpenSSL calls trusted (`X509_CERT_AUX`).
 *
 * @param encoding The certificate.
 * @returns Its DER.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it says for which uses it is trusted, or not: to lose
 * that could make an authority of what was refused.
 */
export function withoutTrust({ label, der }: Encoding): Uint8Array {
  if (label !== TRUSTED) return der;
  const reader = new DerReader(copyBytes(der), "trusted certificate");
  const certificate = reader.element("certificate", TAG.sequence);
  if (reader.done) return certificate.der;
  const settings = reader.sequence("settings");
  reader.finish();
  // Two lists of uses, trust and reject; an alias and a key identifier may follow
  if (settings.nextTag === TAG.sequence || settings.nextTag === constructedTag(0)) {
    throw new NssError(
      CERTIFICATE_PEM.error,
      `${CERTIFICATE_PEM.attempt}: OpenSSL's settings limit its uses, which would be lost here; ` +
        "the certificate without them is written by `openssl x509 -in old.pem -out new.pem`",
    );
  }
  return certificate.der;
}
