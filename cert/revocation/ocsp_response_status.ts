// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The status of an OCSP response (RFC 6960, Section 4.2.1).
 *
 * @category Revocation
 */
export type OcspResponseStatus =
  | "successful"
  | "malformedRequest"
  | "internalError"
  | "tryLater"
  | "sigRequired"
  | "unauthorized";

/** The statuses by number; 4 is not used. */
export const OCSP_RESPONSE_STATUSES: readonly (OcspResponseStatus | null)[] = [
  "successful",
  "malformedRequest",
  "internalError",
  "tryLater",
  null,
  "sigRequired",
  "unauthorized",
];

/**
 * Returns the number of a status.
 *
 * @param status The status.
 * @returns The number.
 */
export function ocspResponseStatusNumber(status: OcspResponseStatus): number {
  return OCSP_RESPONSE_STATUSES.indexOf(status);
}
