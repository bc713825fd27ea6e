// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";

/**
 * The maximum number of verified signatures in the cache. The public web has about 2,000
 * intermediates, of which a process sees a fraction. An entry takes some 300 bytes.
 */
export const MAX_VERIFIED_SIGNATURES = 1024;

// Peers send the same certificates in new bytes with every handshake, and verifying a P-384
// signature takes 1.8 ms. A correct signature stays correct, so only successes are cached, and no
// other result of a check.
const VERIFIED = new Set<string>();

async function idOf(certificate: Certificate, issuer: SubjectPublicKeyInfo): Promise<string> {
  const [subject, key] = await Promise.all([certificate.fingerprint(), issuer.digest()]);
  return `${key.toHex()}${subject.toHex()}`;
}

/**
 * Returns whether the signature of a certificate has been verified before.
 *
 * @param certificate The certificate.
 * @param issuer The public key of the issuer.
 * @returns Whether it has been verified with the same bytes and the same key.
 */
export async function isVerified(
  certificate: Certificate,
  issuer: SubjectPublicKeyInfo,
): Promise<boolean> {
  const id = await idOf(certificate, issuer);
  if (!VERIFIED.delete(id)) return false;
  // A Set keeps insertion order, so with this the first entry is the least recently used
  VERIFIED.add(id);
  return true;
}

/**
 * Stores that the signature of a certificate has been verified.
 *
 * @param certificate The certificate.
 * @param issuer The public key of the issuer.
 */
export async function rememberVerified(
  certificate: Certificate,
  issuer: SubjectPublicKeyInfo,
): Promise<void> {
  VERIFIED.add(await idOf(certificate, issuer));
  if (VERIFIED.size > MAX_VERIFIED_SIGNATURES) {
    for (const oldest of VERIFIED) {
      VERIFIED.delete(oldest);
      break;
    }
  }
}

/** Returns the number of signatures in the cache. */
export function verifiedSignatureCount(): number {
  return VERIFIED.size;
}

/** Clears the cache, for tests and measurements. */
export function forgetVerifiedSignatures(): void {
  VERIFIED.clear();
}
