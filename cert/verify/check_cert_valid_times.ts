// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";

/** Whether a time lies in the validity of a certificate (`SECCertTimeValidity`). */
export type CertTimeValidity = "valid" | "expired" | "notValidYet";

/** The slop that NSS allows before notBefore (`DEFAULT_SLOP`): a day. Here the default is none. */
export const NSS_SLOP_SECONDS = 86_400;

/**
 * Checks the validity of a certificate at a time (`CERT_CheckCertValidTimes`).
 *
 * Both ends belong to the validity, and certificates count in seconds: fractions of the time are
 * cut off.
 *
 * @param certificate The certificate.
 * @param time The time.
 * @param options What else is allowed.
 * @param options.slopSeconds How long before notBefore the certificate is taken as valid, for
 * clocks that are behind; 0 by default, {@linkcode NSS_SLOP_SECONDS} in NSS.
 * @returns What the time is in the life of the certificate.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { checkCertValidTimes, createCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * assertEquals(checkCertValidTimes(certificate, new Date()), "valid");
 * assertEquals(checkCertValidTimes(certificate, new Date(0)), "notValidYet");
 * ```
 */
export function checkCertValidTimes(
  certificate: Certificate,
  time: Date,
  options: { slopSeconds?: number } = {},
): CertTimeValidity {
  const second = Math.floor(time.getTime() / 1000) * 1000;
  if (Number.isNaN(second)) return "expired";
  const slop = (options.slopSeconds ?? 0) * 1000;
  // RFC 5280, Section 4.1.2.5: from notBefore through notAfter, inclusive
  if (!(second >= certificate.notBefore.getTime() - slop)) return "notValidYet";
  return second <= certificate.notAfter.getTime() ? "valid" : "expired";
}
