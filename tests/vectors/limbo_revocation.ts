// Copyright 2026 the NSS for Deno authors. MIT license.

/** The revocation lists of x509-limbo's cases. @module */

import { parseCrlsPem } from "../../cert/revocation/crl.ts";
import { checkRevocation } from "../../cert/revocation/revocation.ts";
import type { VerifiedPath } from "../../cert/verify/verify_cert.ts";

/** What of a case this reads. */
export interface LimboCaseWithLists {
  /** The revocation lists, PEM. */
  readonly crls?: readonly string[] | null;
}

/**
 * Makes the check of revocation for a case: where it has lists, every certificate of the path must
 * be known not to be revoked.
 *
 * @param limbo The case.
 * @param time When it is verified.
 * @returns The option for `verifyCertificateChain()`; empty where the case has no lists.
 * @throws {NssError} If a list is malformed.
 */
export function limboRevocation(
  limbo: LimboCaseWithLists,
  time: Date,
): { checkPath?: (path: VerifiedPath) => Promise<void> } {
  const { crls } = limbo;
  if (crls === undefined || crls === null || crls.length === 0) return {};
  const lists = crls.flatMap((pem) => parseCrlsPem(pem));
  return { checkPath: checkRevocation({ policy: "hard", time, crls: lists }) };
}
