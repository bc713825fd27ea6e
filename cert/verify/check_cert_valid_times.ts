// Copyright 2026 the NSS for Deno authors. MIT license.

import { isAmount, isDate, requireArgs, type Shape, takeOptions } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";

/**
 * The relation of a time to the validity of a certificate (`SECCertTimeValidity`).
 *
 * @category Verification
 */
export type CertTimeValidity = "valid" | "expired" | "notValidYet";

/**
 * The time before notBefore that NSS tolerates (`DEFAULT_SLOP`), in seconds. Here the default is 0.
 *
 * @category Verification
 */
export const NSS_SLOP_SECONDS = 86_400;

const SHAPE: Shape<{ slopSeconds?: number }> = { slopSeconds: isAmount };

/**
 * Checks the validity of a certificate at a time (`CERT_CheckCertValidTimes`).
 *
 * Both ends of the validity are inclusive. Fractions of a second in the time are cut off.
 *
 * @param certificate The certificate.
 * @param time The time.
 * @param options The tolerance.
 * @param options.slopSeconds The tolerated time before notBefore in seconds, for clocks that are
 * slow; 0 by default, {@linkcode NSS_SLOP_SECONDS} in NSS.
 * @returns `"valid"`, `"expired"` or `"notValidYet"`.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for an invalid time.
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
 *
 * @category Verification
 */
export function checkCertValidTimes(
  certificate: Certificate,
  time: Date,
  options: { slopSeconds?: number } = {},
): CertTimeValidity {
  const attempt = "Cannot check validity";
  requireArgs(attempt, isCertificate(certificate, "certificate"), isDate(time, "time"));
  const { slopSeconds } = takeOptions(attempt, options, SHAPE);
  return timeValidity(certificate, time, slopSeconds);
}

/** Like {@linkcode checkCertValidTimes}, without checks of the arguments. */
export function timeValidity(
  certificate: Certificate,
  time: Date,
  slopSeconds = 0,
): CertTimeValidity {
  const second = Math.floor(time.getTime() / 1000) * 1000;
  const slop = slopSeconds * 1000;
  // RFC 5280, Section 4.1.2.5: from notBefore through notAfter, inclusive
  if (!(second >= certificate.notBefore.getTime() - slop)) return "notValidYet";
  return second <= certificate.notAfter.getTime() ? "valid" : "expired";
}
