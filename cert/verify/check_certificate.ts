// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { certUsageRow, issuerPurposeProblem, usageProblems } from "./check_cert_usage.ts";
import { checkCertValidTimes } from "./check_cert_valid_times.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import { issuerAltName, subjectAltName } from "../extensions/alt_name.ts";
import { basicConstraints } from "../extensions/basic_constraints.ts";
import { crlDistributionPoints, freshestCrl } from "../extensions/crl_distribution_points.ts";
import { type ExtensionCodec, PROCESSED_EXTENSIONS } from "../extensions/extension.ts";
import { extKeyUsage } from "../extensions/ext_key_usage.ts";
import { authorityInfoAccess, subjectInfoAccess } from "../extensions/info_access.ts";
import { authorityKeyIdentifier, subjectKeyIdentifier } from "../extensions/key_identifiers.ts";
import { keyUsage } from "../extensions/key_usage.ts";
import { nameConstraints } from "../extensions/name_constraints.ts";
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
} from "../extensions/policies.ts";
import { tlsFeature } from "../extensions/tls_feature.ts";
import { oidName } from "../der/oids.ts";

/**
 * How certificates must be made.
 *
 * - `strict`: as RFC 5280 and the CA/Browser Forum's Baseline Requirements say. Every authority of
 *   the public web complies.
 * - `compatible`: checks of form that protect no one are left out; home-made authorities often
 *   break them.
 */
export type CertProfile = "strict" | "compatible";

/** What a check of one certificate wants to know. */
export interface CheckOptions {
  /** What the path is verified for. */
  readonly usage: CertUsageName;
  /** When. */
  readonly time: Date;
  /** How long before notBefore a certificate is taken as valid. */
  readonly slopSeconds: number;
  /** How certificates must be made. */
  readonly profile: CertProfile;
  /** How many bits the modulus of an RSA key must have. */
  readonly minRsaBits: number;
  /** Whether signatures with SHA-1 count. */
  readonly allowSha1: boolean;
}

/** The extensions that are read whether or not they are used, so that malformed ones are found. */
const CODECS: readonly ExtensionCodec<unknown>[] = [
  basicConstraints,
  keyUsage,
  extKeyUsage,
  subjectAltName,
  nameConstraints,
  certificatePolicies,
  policyMappings,
  policyConstraints,
  inhibitAnyPolicy,
  tlsFeature,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  issuerAltName,
  authorityInfoAccess,
  subjectInfoAccess,
  crlDistributionPoints,
  freshestCrl,
];

const AT_FAULT = new WeakMap<NssError, Certificate>();

/**
 * Makes an error about a certificate.
 *
 * @param name NSS's name of the error.
 * @param certificate The certificate at fault.
 * @param state What is wrong with it.
 * @returns The error.
 */
export function certificateError(
  name: ErrorName,
  certificate: Certificate,
  state: string,
): NssError {
  const subject = certificate.subject.isEmpty ? "" : ` "${certificate.subject}"`;
  const error = new NssError(name, `Cannot verify certificate${subject}: ${state}`);
  AT_FAULT.set(error, certificate);
  return error;
}

/**
 * Runs a check, and gives its error instead of throwing it.
 *
 * @param check The check.
 * @returns The error, or `null` if there was none.
 */
export function errorOf(check: () => void): NssError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof NssError) return error;
    throw error;
  }
}

/**
 * Tells which certificate an error of {@linkcode certificateError} is about.
 *
 * @param error The error.
 * @returns The certificate, or `undefined` if that is not known.
 */
export function certificateAtFault(error: NssError): Certificate | undefined {
  return AT_FAULT.get(error);
}

/**
 * Checks extensions and key: what holds for every certificate of a path.
 *
 * @param certificate The certificate.
 * @param options What is allowed.
 * @throws {NssError} What is wrong first.
 */
export function checkContent(certificate: Certificate, options: CheckOptions): void {
  for (const { oid, critical } of certificate.extensions.values()) {
    // RFC 5280, Section 4.2: MUST reject the certificate if it encounters a critical extension it
    // does not recognize
    if (critical && !PROCESSED_EXTENSIONS.has(oid)) {
      throw certificateError(
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        certificate,
        `the critical extension ${oidName(oid) ?? oid} is not known`,
      );
    }
  }
  for (const codec of CODECS) {
    if (options.profile === "strict" || PROCESSED_EXTENSIONS.has(codec.oid)) {
      certificate.extension(codec);
    }
  }
  const key = certificate.subjectPublicKeyInfo.algorithm;
  if ((key.type === "rsa" || key.type === "rsa-pss") && key.modulusLength < options.minRsaBits) {
    throw certificateError(
      "SEC_ERROR_INVALID_KEY",
      certificate,
      `the RSA key has ${key.modulusLength} bits, fewer than ${options.minRsaBits}`,
    );
  }
}

/**
 * Checks that a certificate's signature may be trusted at all, whoever made it. Not for trust
 * anchors.
 *
 * @param certificate The certificate.
 * @param options Whether SHA-1 counts.
 * @throws {NssError} `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if not.
 */
export function checkSignatureAlgorithm(certificate: Certificate, options: CheckOptions): void {
  const { weak, name } = certificate.signatureAlgorithm;
  if (weak && !options.allowSha1) {
    throw certificateError(
      "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
      certificate,
      `it is signed with ${name}, which is disabled`,
    );
  }
}

/**
 * Lists what is wrong with the last certificate of a path for its usage, whoever issued it.
 *
 * @param certificate The certificate.
 * @param options What it is verified for, and when.
 * @returns What is wrong, in NSS's order: time, key usage, purpose.
 */
export function leafProblems(certificate: Certificate, options: CheckOptions): NssError[] {
  const problems: NssError[] = [];
  const validity = checkCertValidTimes(certificate, options.time, options);
  if (validity !== "valid") {
    const state = validityState(certificate, validity);
    problems.push(certificateError("SEC_ERROR_EXPIRED_CERTIFICATE", certificate, state));
  }
  const malformed = errorOf(() => {
    for (const { name, state } of usageProblems(certificate, certUsageRow(options.usage))) {
      problems.push(certificateError(name, certificate, state));
    }
  });
  if (malformed !== null) problems.push(malformed);
  return problems;
}

/**
 * Checks of the last certificate of a path whatever does not depend on its issuer.
 *
 * @param certificate The certificate.
 * @param options What it is verified for, and when.
 * @throws {NssError} What is wrong first, in NSS's order: time, key usage, purpose, then the rest.
 */
export function checkLeaf(certificate: Certificate, options: CheckOptions): void {
  const [problem] = leafProblems(certificate, options);
  if (problem !== undefined) throw problem;
  checkContent(certificate, options);
}

/**
 * Checks of a certificate above others whatever does not depend on its issuer.
 *
 * @param certificate The certificate of an authority.
 * @param options What the path is verified for, and when.
 * @param isAnchor Whether it is the certificate of a trust anchor, whose own signature nobody looks
 * at and which may be of version 1.
 * @throws {NssError} What is wrong first.
 */
export function checkAuthority(
  certificate: Certificate,
  options: CheckOptions,
  isAnchor: boolean,
): void {
  const validity = checkCertValidTimes(certificate, options.time, options);
  if (validity !== "valid") {
    throw certificateError(
      "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
      certificate,
      validityState(certificate, validity),
    );
  }
  const constraints = certificate.basicConstraints;
  // RFC 5280, Section 6.1.4 (k). An old root has no basicConstraints, and trust is said out of band
  const oldAnchor = isAnchor && certificate.version === 1 && options.profile === "compatible";
  if (constraints?.isCa !== true && !oldAnchor) {
    throw certificateError(
      "SEC_ERROR_CA_CERT_INVALID",
      certificate,
      constraints === undefined
        ? "it has no basicConstraints, so it is no authority's"
        : "its basicConstraints say that it is no authority's",
    );
  }
  // RFC 5280, Section 6.1.4 (n)
  if (certificate.keyUsage !== undefined && !certificate.keyUsage.has("keyCertSign")) {
    throw certificateError(
      "SEC_ERROR_INADEQUATE_KEY_USAGE",
      certificate,
      "its keyUsage has no keyCertSign",
    );
  }
  // Not in RFC 5280, but in every implementation and Section 7.1.2.10.6 of the Baseline
  // Requirements: the purposes of an authority bound those of what it issues
  const problem = issuerPurposeProblem(certificate, certUsageRow(options.usage));
  if (problem !== null) throw certificateError(problem.name, certificate, problem.state);
  checkContent(certificate, options);
  if (!isAnchor) checkSignatureAlgorithm(certificate, options);
}

function validityState(certificate: Certificate, validity: "expired" | "notValidYet"): string {
  return validity === "expired"
    ? `it expired at ${certificate.notAfter.toISOString()}`
    : `it is not valid before ${certificate.notBefore.toISOString()}`;
}
