// Copyright 2026 the NSS for Deno authors. MIT license.

import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import type { Credential } from "../config/credential.ts";

/** A credential, and whether it comes before others because of the host name. */
export interface Candidate {
  /** The credential. */
  readonly credential: Credential;
  /** Whether it matches the host name, and others do not. */
  readonly byName: boolean;
}

/**
 * Sorts credentials: those whose certificate matches a host name first, in their order, then the
 * others, since any certificate is better than none.
 */
export function byHostName(
  credentials: readonly Credential[],
  hostName: string | null,
): readonly Candidate[] {
  const fits = ({ certificate }: Credential) => {
    if (hostName === null || credentials.length === 1) return false;
    try {
      verifyCertName(certificate, hostName);
      return true;
    } catch {
      return false;
    }
  };
  const fitting = new Set(credentials.filter(fits));
  const byName = fitting.size < credentials.length;
  return [
    ...[...fitting].map((credential) => ({ credential, byName })),
    ...credentials.filter((credential) => !fitting.has(credential))
      .map((credential) => ({ credential, byName: false })),
  ];
}
