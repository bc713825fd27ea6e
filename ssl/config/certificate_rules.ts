// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { shown } from "../../cert/base/printable.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { SignatureAlgorithm } from "../../cert/certificate/signature_algorithm.ts";
import type { VerifiedPath } from "../../cert/verify/verify_cert.ts";
import { SslError } from "../base/errors.ts";
import type { CertificateRules, PolicyPreset } from "../tables/policy_presets.ts";

/** A certificate, or a raw public key in its place. */
export type HasKey = { readonly subjectPublicKeyInfo: SubjectPublicKeyInfo };

/** Returns how a certificate's key violates the rules; `null` if it does not. */
export function keyFault(certificate: HasKey, rules: CertificateRules): string | null {
  const key = certificate.subjectPublicKeyInfo.algorithm;
  if (!rules.keyTypes.includes(key.type)) return `its key is of kind ${key.type}`;
  if (key.type === "ec" && !rules.curves.includes(key.curve)) return `its key is on ${key.curve}`;
  if (key.type === "rsa" || key.type === "rsa-pss") return rsaFault(key.modulusLength, rules);
  return null;
}

function rsaFault(bits: number, { minRsaBits, rsaBits }: CertificateRules): string | null {
  if (bits < minRsaBits) return `its RSA key has ${bits} bits, fewer than ${minRsaBits}`;
  if (rsaBits !== null && !rsaBits.includes(bits)) {
    return `its RSA key has ${bits} bits, which is none of ${rsaBits.join(", ")}`;
  }
  return null;
}

/** Returns how a certificate's key violates the first preset that forbids it; `null` for none. */
export function presetFault(
  certificate: HasKey,
  presets: readonly PolicyPreset[],
): { readonly preset: string; readonly fault: string } | null {
  for (const { name: preset, certificates } of presets) {
    const fault = keyFault(certificate, certificates);
    if (fault !== null) return { preset, fault };
  }
  return null;
}

/**
 * Checks the key of the peer against presets, which no hook can override.
 *
 * @throws {SslError} `SSL_ERROR_WEAK_SERVER_CERT_KEY`, or
 * `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` for a client's.
 */
export function checkPeerKey(
  certificate: HasKey,
  isServer: boolean,
  presets: readonly PolicyPreset[],
  what: "certificate" | "raw public key" = "certificate",
): void {
  const found = presetFault(certificate, presets);
  if (found === null) return;
  throw new SslError(
    isServer ? DISABLED : "SSL_ERROR_WEAK_SERVER_CERT_KEY",
    `Cannot take ${what} under policy "${found.preset}": ${found.fault}`,
  );
}

/**
 * Checks the key of a certificate that a hook has chosen for this end against presets.
 *
 * @throws {SslError} `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED`.
 */
export function checkOwnKey(certificate: Certificate, presets: readonly PolicyPreset[]): void {
  const found = presetFault(certificate, presets);
  if (found === null) return;
  throw new SslError(
    DISABLED,
    `Cannot show the certificate that the hook chose under policy "${found.preset}": ${found.fault}`,
  );
}

/**
 * Checks that the peer's certificate allows signatures, which its key makes in every cipher suite
 * (RFC 8446, Section 4.4.2.2; RFC 5246, Section 7.4.2).
 *
 * @throws {SslError} `SEC_ERROR_INADEQUATE_KEY_USAGE` if its key usage does not.
 */
export function checkMaySign({ keyUsage }: Certificate): void {
  if (keyUsage === undefined || keyUsage.has("digitalSignature")) return;
  throw new SslError(
    "SEC_ERROR_INADEQUATE_KEY_USAGE",
    "Cannot trust certificate: its key is not to be used for signatures",
  );
}

/**
 * Checks a verified path against presets.
 *
 * @throws {NssError} `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED`, for keys as well, as in NSS.
 */
export function checkPathRules(
  { certificates, anchor }: VerifiedPath,
  presets: readonly PolicyPreset[],
): void {
  for (const preset of presets) {
    const rules = preset.certificates;
    for (
      const certificate of anchor.certificate ? [...certificates, anchor.certificate] : certificates
    ) {
      const fault = keyFault(certificate, rules);
      if (fault !== null) throw refusal(preset, certificate, fault);
      // An anchor is trusted itself; its own signature proves nothing.
      if (anchor.certificate?.equals(certificate)) continue;
      if (allowsSignature(certificate.signatureAlgorithm, rules)) continue;
      const { name } = certificate.signatureAlgorithm;
      throw refusal(preset, certificate, `its signature is ${name}`);
    }
  }
}

/** Returns whether the rules permit an algorithm: its keys, and its hash unless it has its own. */
function allowsSignature(
  { hash, keyTypes }: SignatureAlgorithm,
  { keyTypes: allowed, signatureHashes }: CertificateRules,
): boolean {
  return keyTypes.some((type) => allowed.includes(type)) &&
    (hash === undefined || signatureHashes === null || signatureHashes.includes(hash));
}

const DISABLED = "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED";

function refusal(
  preset: PolicyPreset,
  { subject }: Certificate,
  fault: string,
): NssError {
  return new NssError(
    DISABLED,
    `Cannot verify certificate ${shown(subject)} under policy "${preset.name}": ${fault}`,
  );
}
