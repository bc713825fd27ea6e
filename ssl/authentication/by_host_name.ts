// Copyright 2026 the NSS for Deno authors. MIT license.

import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import type { Credential } from "../config/credential.ts";

/**
 * Sorts credentials: those whose certificate matches a host name first, in their order, then the
 * others, since any certificate is better than none.
 */
export function byHostName(
  credentials: readonly Credential[],
  hostName: string | null,
): readonly Credential[] {
  if (hostName === null || credentials.length === 1) return credentials;
  const fits = (credential: Credential) => {
    try {
      verifyCertName(credential.certificate, hostName);
      return true;
    } catch {
      return false;
    }
  };
  const fitting = credentials.filter(fits);
  return [...fitting, ...credentials.filter((credential) => !fitting.includes(credential))];
}
