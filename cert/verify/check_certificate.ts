// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, isOneOf } from "../base/options.ts";
import { shown } from "../base/printable.ts";
import type { Certificate } from "../certificate/certificate.ts";
import {
  certUsageRow,
  type CheckedUsage,
  issuerPurposeProblem,
  usageProblems,
} from "./check_cert_usage.ts";
import { isOnItsCurve } from "../certificate/spki.ts";
import { timeValidity } from "./check_cert_valid_times.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import { issuerAltName, subjectAltName } from "../extensions/alt_name.ts";
import { basicConstraints } from "../extensions/basic_constraints.ts";
import { crlDistributionPoints, freshestCrl } from "../extensions/crl_distribution_points.ts";
import { type ExtensionCodec, PROCESSED_EXTENSIONS } from "../extensions/extension.ts";
import { extKeyUsage, netscapeCertType } from "../extensions/ext_key_usage.ts";
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
import { malformedText, type Name } from "../names/name.ts";
import { TAG } from "../der/tag.ts";
import { oidName, OIDS } from "../der/oids.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import type { AnchorChecks } from "./trust_anchor.ts";
import { BudgetExceededError } from "./verification_budget.ts";

/**
 * The required form of certificates.
 *
 * - `strict`: as RFC 5280 and the CA/Browser Forum's Baseline Requirements say. All CAs of the
 *   public web comply.
 * - `compatible`: without checks of form that do not affect security, which private CAs often fail.
 *   `docs/leniency.md` lists what it accepts besides, who writes it, and who else accepts it.
 *
 * @category Verification
 */
export type CertProfile = "strict" | "compatible";

/** Accepts a profile. */
export const isProfile: Check = isOneOf(["strict", "compatible"] satisfies CertProfile[]);

/** The options of checks of one certificate. */
export interface CheckOptions {
  /** The usage for which the path is verified. */
  readonly usage: CheckedUsage;
  /** The time at which the path must be valid. */
  readonly time: Date;
  /** The tolerated time before notBefore in seconds. */
  readonly slopSeconds: number;
  /** The required form of certificates. */
  readonly profile: CertProfile;
  /** The minimum length in bits of an RSA key. */
  readonly minRsaBits: number;
  /** Whether signatures with SHA-1 are accepted. */
  readonly allowSha1: boolean;
  /** What is held of an anchor's certificate against it, all by default. */
  readonly anchorChecks?: AnchorChecks;
  /**
   * Called with each error that leaves the chain of signatures and authorities intact: dates,
   * usages, weak algorithms, policies, form. Without it, such an error is thrown, as all others are
   * in any case.
   */
  readonly note?: (error: NssError) => void;
}

/** The extensions that are decoded even if they are not used, so that malformed ones are found. */
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

/** The codec of ocsp-nocheck (RFC 6960, Section 4.2.2.2.1), which has no value. */
const ocspNoCheck: ExtensionCodec<void> = {
  oid: OIDS.ocspNoCheck,
  name: "ocspNoCheck",
  read: (reader) => reader.null(""),
  write: (writer) => void writer.null(),
};

/**
 * The extensions that may be critical in the profile `"compatible"` besides those that path
 * validation processes in any profile.
 */
const COMPATIBLE_CRITICAL: ReadonlyMap<string, ExtensionCodec<unknown>> = new Map<
  string,
  ExtensionCodec<unknown>
>([[OIDS.netscapeCertType, netscapeCertType], [OIDS.ocspNoCheck, ocspNoCheck]]);

const AT_FAULT = new WeakMap<NssError, Certificate>();

/**
 * Creates an error about a certificate.
 *
 * @param name NSS's name of the error.
 * @param certificate The certificate at fault.
 * @param state What is wrong with it.
 * @param options The cause of the error.
 * @returns The error.
 */
export function certificateError(
  name: ErrorName,
  certificate: Certificate,
  state: string,
  options?: ErrorOptions,
): NssError {
  const subject = certificate.subject.isEmpty ? "" : ` ${shown(certificate.subject)}`;
  const error = new NssError(name, `Cannot verify certificate${subject}: ${state}`, options);
  AT_FAULT.set(error, certificate);
  return error;
}

/**
 * Runs a check and returns its error instead of throwing it.
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
 * Reports an error that leaves the chain of authorities intact.
 *
 * @param error The error.
 * @param options The options of the verification, which say whether it is noted or thrown.
 */
export function refuse(error: NssError, { note }: CheckOptions): void {
  if (note === undefined) throw error;
  note(error);
}

/**
 * Runs a check whose error leaves the chain of authorities intact.
 *
 * @param check The check.
 * @param options The options of the verification, which say whether its error is noted or thrown.
 */
export function attempt(check: () => void, options: CheckOptions): void {
  if (options.note === undefined) return check();
  const error = errorOf(check);
  if (error instanceof BudgetExceededError) throw error;
  if (error !== null) options.note(error);
}

/**
 * Returns the certificate that an error of {@linkcode certificateError} is about.
 *
 * @param error The error.
 * @returns The certificate, or `undefined` if it is another error.
 */
export function certificateAtFault(error: NssError): Certificate | undefined {
  return AT_FAULT.get(error);
}

/**
 * Checks the extensions, the names and the key, as for every certificate of a path.
 *
 * @param certificate The certificate.
 * @param options The options of the verification.
 * @param isAnchor Whether it is the certificate of a trust anchor, above others.
 * @throws {NssError} The first error found.
 */
export function checkContent(
  certificate: Certificate,
  options: CheckOptions,
  isAnchor = false,
): void {
  for (const { oid, critical } of certificate.extensions.values()) {
    if (!critical || PROCESSED_EXTENSIONS.has(oid)) continue;
    const codec = options.profile === "compatible" ? COMPATIBLE_CRITICAL.get(oid) : undefined;
    if (codec !== undefined) attempt(() => certificate.extension(codec), options);
    // RFC 5280, Section 6.1.1 (d): of an anchor, name and key count; nobody revokes it by a CRL
    else if (
      options.profile !== "compatible" || !isAnchor || oid !== crlDistributionPoints.oid
    ) {
      // RFC 5280, Section 4.2: MUST reject the certificate if it encounters a critical extension it
      // does not recognize
      const hint = COMPATIBLE_CRITICAL.has(oid) ? '; the profile "compatible" knows it' : "";
      const state = `the critical extension ${oidName(oid) ?? oid} is not known${hint}`;
      refuse(
        certificateError("SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", certificate, state),
        options,
      );
    }
  }
  for (const codec of CODECS) {
    if (options.profile === "strict" || PROCESSED_EXTENSIONS.has(codec.oid)) {
      attempt(() => certificate.extension(codec), options);
    }
  }
  attempt(() => checkNameText(certificate, options), options);
  // RFC 5280, Section 4.2.1.4: if critical, MUST be able to interpret this extension (including the
  // optional qualifier), or MUST reject the certificate
  attempt(() => {
    if (certificate.extensions.get(OIDS.certificatePolicies)?.critical !== true) return;
    for (const { type } of certificate.certificatePolicies!.flatMap((one) => one.qualifiers)) {
      if (type === OIDS.cps || type === OIDS.userNotice) continue;
      throw certificateError(
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        certificate,
        `the policy qualifier ${oidName(type) ?? type} in its critical policies is not known`,
      );
    }
  }, options);
  checkKey(certificate.subjectPublicKeyInfo, certificate, "its", options);
}

/**
 * Checks that a key is one, and long enough.
 *
 * @param key The key.
 * @param certificate The certificate at fault.
 * @param whose Whose key it is, such as `its`.
 * @param options The options of the verification.
 * @throws {NssError} `SEC_ERROR_BAD_KEY`, `SEC_ERROR_INVALID_KEY` if it is too short.
 */
export function checkKey(
  key: SubjectPublicKeyInfo,
  certificate: Certificate,
  whose: string,
  options: CheckOptions,
): void {
  // RFC 5480, Section 2.2, and RFC 8032, Section 5.1.3
  if (!isOnItsCurve(key)) {
    const state = `${whose} ${key} key is no point of its curve, so that nothing can be verified ` +
      "with it";
    refuse(certificateError("SEC_ERROR_BAD_KEY", certificate, state), options);
  }
  const { algorithm } = key;
  const bits = algorithm.type === "rsa" || algorithm.type === "rsa-pss"
    ? algorithm.modulusLength
    : Infinity;
  if (bits >= options.minRsaBits) return;
  const state = `${whose} RSA key has ${bits} bits, fewer than ${options.minRsaBits}`;
  refuse(certificateError("SEC_ERROR_INVALID_KEY", certificate, state), options);
}

/**
 * Names are compared as text, and readers of badly formed text disagree about what it says.
 */
function checkNameText(certificate: Certificate, options: CheckOptions): void {
  const fields: [field: string, name: Name][] = [
    ["subject", certificate.subject],
    ["issuer", certificate.issuer],
  ];
  for (const name of certificate.subjectAltName ?? []) {
    if (name.type === "directory") fields.push(["subjectAltName", name.value]);
  }
  for (const [field, name] of fields) {
    const bad = malformedText(name);
    if (bad === undefined) continue;
    const encoding = bad.tag === TAG.utf8String ? "UTF-8" : "UTF-16";
    const state = `the ${oidName(bad.type) ?? bad.type} of its ${field} is marked as ${encoding} ` +
      "and is not, so that programs read different names; it has to be issued anew";
    refuse(certificateError("SEC_ERROR_BAD_DER", certificate, state), options);
  }
}

/**
 * Checks that the signature algorithm of a certificate is allowed. Not for trust anchors.
 *
 * @param certificate The certificate.
 * @param options The options of the verification.
 * @throws {NssError} `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if not.
 */
export function checkSignatureAlgorithm(certificate: Certificate, options: CheckOptions): void {
  const { weak, name } = certificate.signatureAlgorithm;
  if (weak && !options.allowSha1) {
    const state = `it is signed with ${name}, which is disabled`;
    refuse(
      certificateError("SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", certificate, state),
      options,
    );
  }
}

/**
 * Returns the errors of time and usage of a leaf certificate.
 *
 * @param certificate The certificate.
 * @param options The options of the verification.
 * @returns The errors, in NSS's order: time, key usage, purpose.
 */
export function leafProblems(certificate: Certificate, options: CheckOptions): NssError[] {
  const problems: NssError[] = [];
  const validity = timeValidity(certificate, options.time, options.slopSeconds);
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
 * Performs the checks of a leaf certificate that do not depend on its issuer.
 *
 * @param certificate The certificate.
 * @param options The options of the verification.
 * @throws {NssError} The first error, in NSS's order: time, key usage, purpose, then the others.
 */
export function checkLeaf(certificate: Certificate, options: CheckOptions): void {
  const [problem] = leafProblems(certificate, options);
  if (problem !== undefined) throw problem;
  checkContent(certificate, options);
}

/**
 * Performs the checks of a CA certificate in a path that do not depend on its issuer.
 *
 * @param certificate The CA certificate.
 * @param options The options of the verification.
 * @param isAnchor Whether it is the certificate of a trust anchor, whose signature is not checked
 * and which may be of version 1 in the profile `"compatible"`.
 * @throws {NssError} The first error found.
 */
export function checkAuthority(
  certificate: Certificate,
  options: CheckOptions,
  isAnchor: boolean,
): void {
  const { anchorChecks = "all" } = options;
  const isTimeless = isAnchor && anchorChecks !== "all";
  const validity = isTimeless
    ? "valid"
    : timeValidity(certificate, options.time, options.slopSeconds);
  if (validity !== "valid") {
    const cure = isAnchor
      ? '; of a trust anchor, verifyCert() accepts that with anchorChecks: "constraints"'
      : "";
    const state = validityState(certificate, validity) + cure;
    refuse(certificateError("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", certificate, state), options);
  }
  const constraints = certificate.basicConstraints;
  // RFC 5280, Section 6.1.4 (k). Old roots have no basicConstraints; they are trusted out of band
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
  // Requirements: the purposes of a CA limit those of the certificates that it issues
  attempt(() => {
    const problem = issuerPurposeProblem(certificate, certUsageRow(options.usage));
    if (problem !== null) throw certificateError(problem.name, certificate, problem.state);
  }, options);
  checkContent(certificate, options, isAnchor);
  if (!isAnchor) checkSignatureAlgorithm(certificate, options);
}

function validityState(certificate: Certificate, validity: "expired" | "notValidYet"): string {
  return validity === "expired"
    ? `it expired at ${certificate.notAfter.toISOString()}`
    : `it is not valid before ${certificate.notBefore.toISOString()}`;
}
