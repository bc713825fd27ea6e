// Copyright 2026 the NSS for Deno authors. MIT license.

/** What became of a request (RFC 6960, Section 4.2.1). */
export type OcspResponseStatus =
  | "successful"
  | "malformedRequest"
  | "internalError"
  | "tryLater"
  | "sigRequired"
  | "unauthorized";

/** The statuses by their numbers; 4 is not used. */
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
 * Tells the number of a status.
 *
 * @param status The status.
 * @returns Its number.
 */
export function ocspResponseStatusNumber(status: OcspResponseStatus): number {
  return OCSP_RESPONSE_STATUSES.indexOf(status);
}
