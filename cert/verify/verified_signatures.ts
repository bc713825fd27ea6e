// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";

/**
 * How many verified signatures are remembered: the intermediates of the public web are about 2,000,
 * a process meets a fraction of them. An entry takes some 300 bytes.
 */
export const MAX_VERIFIED_SIGNATURES = 1024;

// Peers send the same certificates in fresh bytes with every handshake, and a P-384 signature costs
// 1.8 ms. A signature that is right stays right, whatever else becomes of the certificate; only
// that is kept.
const VERIFIED = new Set<string>();

async function idOf(certificate: Certificate, issuer: SubjectPublicKeyInfo): Promise<string> {
  const [subject, key] = await Promise.all([certificate.digest("SHA-256"), issuer.digest()]);
  return `${key.toHex()}${subject.toHex()}`;
}

/**
 * Tells whether a certificate's signature is known to be right.
 *
 * @param certificate The certificate.
 * @param issuer The key that is to have signed it.
 * @returns Whether it has been verified before, with the same bytes and the same key.
 */
export async function isVerified(
  certificate: Certificate,
  issuer: SubjectPublicKeyInfo,
): Promise<boolean> {
  const id = await idOf(certificate, issuer);
  if (!VERIFIED.delete(id)) return false;
  // To the end: a Set keeps the order of insertion, so the first is the least recently used
  VERIFIED.add(id);
  return true;
}

/**
 * Remembers that a certificate's signature is right.
 *
 * @param certificate The certificate.
 * @param issuer The key that has signed it.
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

/** How many signatures are remembered. */
export function verifiedSignatureCount(): number {
  return VERIFIED.size;
}

/** Forgets all signatures, for tests and measurements. */
export function forgetVerifiedSignatures(): void {
  VERIFIED.clear();
}
