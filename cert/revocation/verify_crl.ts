// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import {
  isAmount,
  isBoolean,
  isDate,
  isInstance,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { Certificate } from "../certificate/certificate.ts";
import { shown } from "../base/printable.ts";
import { type CertProfile, errorOf, isProfile } from "../verify/check_certificate.ts";
import { Crl } from "./crl.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import { oidName, OIDS } from "../der/oids.ts";
import { NULL_PARAMETERS } from "../certificate/signature_algorithm.ts";
import { timeText } from "../der/time.ts";
import { isAnchor, type TrustAnchor } from "../verify/trust_anchor.ts";
import { signatureCost, type VerificationBudget } from "../verify/verification_budget.ts";
import { verifySignedData } from "../verify/verify_signature.ts";

/** The CRL extensions that this package processes, so that they may be critical. */
const PROCESSED: ReadonlySet<string> = new Set([
  OIDS.cRLNumber,
  OIDS.authorityKeyIdentifier,
  OIDS.issuingDistributionPoint,
  OIDS.deltaCRLIndicator,
]);

/**
 * The options of {@linkcode verifyCrl}.
 *
 * @category Revocation
 */
export interface VerifyCrlOptions {
  /** The required issuer of the CRL: that of the certificate whose status is checked. */
  readonly issuer: Certificate | TrustAnchor;
  /** The time at which the CRL must be fresh. */
  readonly time: Date;
  /** The tolerated difference of clocks in seconds; 0 by default. */
  readonly slopSeconds?: number;
  /**
   * The profile. `"strict"`, the default, requires version 2, a CRL number and nextUpdate, and that
   * an empty revokedCertificates and NULL parameters of ECDSA are absent. `"compatible"` does not;
   * CRLs without nextUpdate then never expire.
   */
  readonly profile?: CertProfile;
  /** Whether signatures with SHA-1 are accepted, `false` by default. */
  readonly allowSha1?: boolean;
}

const SHAPE: Shape<VerifyCrlOptions> = {
  issuer: required(isAnchor),
  time: required(isDate),
  slopSeconds: isAmount,
  profile: isProfile,
  allowSha1: isBoolean,
};

/**
 * The digests of the keys with which each CRL has been verified: hashing a large CRL costs as much
 * as ten handshakes. A signature usually verifies with one key, so the sets are small.
 */
const VERIFIED = new WeakMap<Crl, Set<string>>();

/**
 * Verifies a CRL (RFC 5280, Section 6.3.3): its issuer, that the issuer may sign CRLs, that it is
 * fresh, its signature, and that it has no unknown critical extensions.
 *
 * The CRL must be signed with the key of `issuer`, which may be the certificate of another key of
 * the authority, for CRLs only. {@linkcode checkRevocation} finds that by itself, and also combines
 * a delta CRL with a complete one, without which it proves nothing.
 *
 * @param crl The CRL.
 * @param options The required issuer and the time.
 * @throws {NssError} `SEC_ERROR_CRL_INVALID`, `SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION` (also for
 * delta CRLs), `SEC_ERROR_CRL_NOT_YET_VALID`, `SEC_ERROR_CRL_EXPIRED`,
 * `SEC_ERROR_INADEQUATE_KEY_USAGE`, `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED`,
 * `SEC_ERROR_CRL_BAD_SIGNATURE`.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createCrl, NssError, verifyCrl } from "@nss/nss/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const crl = await createCrl({
 *   issuer: { certificate: root, privateKey },
 *   crlNumber: 1,
 *   thisUpdate: new Date("2026-01-01T00:00:00Z"),
 *   nextUpdate: new Date("2026-01-08T00:00:00Z"),
 *   revoked: [],
 * });
 * await verifyCrl(crl, { issuer: root, time: new Date("2026-01-02T00:00:00Z") });
 * await assertRejects(
 *   () => verifyCrl(crl, { issuer: root, time: new Date("2026-01-09T00:00:00Z") }),
 *   NssError,
 *   "the next one was due at 2026-01-08T00:00:00.000Z",
 * );
 * ```
 *
 * @category Revocation
 */
export async function verifyCrl(crl: Crl, options: VerifyCrlOptions): Promise<void> {
  requireArgs("Cannot use CRL", isInstance(Crl)(crl, "crl"));
  options = takeOptions("Cannot use CRL", options, SHAPE);
  checkUsable(crl, options);
  if (crl.deltaCrlIndicator !== undefined) {
    throw crlError(
      "SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION",
      crl,
      `it is a delta CRL to number ${crl.deltaCrlIndicator}, and proves nothing alone; ` +
        "checkRevocation() combines it with the complete CRL",
    );
  }
  await verifyCrlSignature(crl, options.issuer);
}

/**
 * Checks all of a CRL but its signature, and that it is no delta CRL.
 *
 * @param crl The CRL.
 * @param options The required issuer and the time.
 * @returns The error, or `null` if there is none.
 */
export function crlProblem(crl: Crl, options: VerifyCrlOptions): NssError | null {
  return errorOf(() => checkUsable(crl, options));
}

function checkUsable(crl: Crl, options: VerifyCrlOptions): void {
  const { issuer } = options;
  checkIssuer(crl, issuer);
  checkUnderstood(crl);
  if ((options.profile ?? "strict") === "strict") checkForm(crl);
  const certificate = issuer instanceof Certificate ? issuer : issuer.certificate;
  // RFC 5280, Section 6.3.3 (f)
  if (certificate?.keyUsage !== undefined && !certificate.keyUsage.has("cRLSign")) {
    throw crlError(
      "SEC_ERROR_INADEQUATE_KEY_USAGE",
      crl,
      "the keyUsage of its issuer's certificate has no cRLSign",
    );
  }
  const { signatureAlgorithm } = crl;
  if (signatureAlgorithm.weak && options.allowSha1 !== true) {
    throw crlError(
      "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
      crl,
      `it is signed with ${signatureAlgorithm.name}, which is disabled`,
    );
  }
  // Last, so that a CRL that is only out of date is known to be good otherwise
  checkFresh(crl, options);
}

function checkIssuer(crl: Crl, issuer: Certificate | TrustAnchor): void {
  if (crl.issuer.equals(issuer.subject)) return;
  throw crlError("SEC_ERROR_CRL_INVALID", crl, `it is not of ${shown(issuer.subject)}`);
}

/**
 * Creates the error of a CRL that cannot be used.
 *
 * @param name NSS's name of the error.
 * @param crl The CRL.
 * @param state What is wrong with it.
 * @returns The error.
 */
export function crlError(name: ErrorName, crl: Crl, state: string): NssError {
  return new NssError(name, `Cannot use ${crl}: ${state}`);
}

function checkUnderstood(crl: Crl): void {
  const refuse = (state: string): never => {
    throw crlError("SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION", crl, state);
  };
  // RFC 5280, Section 5.3.3: the extension of entries of an indirect CRL
  if (crl.isIndirect && crl.issuingDistributionPoint?.indirectCrl !== true) {
    const state = "its entries name other issuers, and it does not say that it is indirect";
    throw crlError("SEC_ERROR_CRL_INVALID", crl, state);
  }
  // RFC 5280, Section 5.2: MUST NOT use that CRL
  for (const { oid, critical } of crl.extensions.values()) {
    if (critical && !PROCESSED.has(oid)) {
      refuse(`its critical extension ${oidName(oid) ?? oid} is not known`);
    }
  }
  const oid = crl.unknownCriticalEntryExtension;
  if (oid !== null) {
    refuse(`the critical extension ${oidName(oid) ?? oid} of an entry is not known`);
  }
}

function checkForm(crl: Crl): void {
  // RFC 5280, Section 5.1.2.5: conforming issuers MUST include nextUpdate in all CRLs
  if (crl.nextUpdate === null) {
    throw crlError("SEC_ERROR_CRL_INVALID", crl, "it does not say when the next one is due");
  }
  // RFC 5280, Section 5.1.2.6: when there are none, the list MUST be absent
  if (crl.hasEmptyList) {
    const state = 'its revokedCertificates is empty; the profile "compatible" accepts it';
    throw crlError("SEC_ERROR_CRL_INVALID", crl, state);
  }
  // RFC 5758, Section 3.2
  if (crl.signatureAlgorithm.nullParameters === true) {
    throw crlError("SEC_ERROR_CRL_INVALID", crl, NULL_PARAMETERS);
  }
  // RFC 5280, Section 5.2: conforming issuers are REQUIRED to issue version 2 with a number. The
  // key identifier, also required, is not checked: the signature proves the key
  const number = crl.extensions.get(OIDS.cRLNumber);
  if (number === undefined) throw crlError("SEC_ERROR_CRL_INVALID", crl, "it has no number");
  // RFC 5280, Section 5.2.3: MUST mark this extension as non-critical
  if (number.critical) throw crlError("SEC_ERROR_CRL_INVALID", crl, "its number is critical");
}

function checkFresh(crl: Crl, { time, slopSeconds = 0 }: VerifyCrlOptions): void {
  const { thisUpdate, nextUpdate } = crl;
  // Negated comparisons, so that an invalid time is an error
  if (nextUpdate !== null && !(nextUpdate >= thisUpdate)) {
    throw crlError("SEC_ERROR_CRL_INVALID", crl, "its nextUpdate is before its thisUpdate");
  }
  if (!(thisUpdate.getTime() <= time.getTime() + 1000 * slopSeconds)) {
    throw crlError("SEC_ERROR_CRL_NOT_YET_VALID", crl, `it is later than ${timeText(time)}`);
  }
  if (nextUpdate !== null && !(nextUpdate.getTime() >= time.getTime() - 1000 * slopSeconds)) {
    throw crlError(
      "SEC_ERROR_CRL_EXPIRED",
      crl,
      `the next one was due at ${nextUpdate.toISOString()}`,
    );
  }
}

/**
 * Checks the issuer of a CRL, and its signature, and nothing else.
 *
 * @param crl The CRL.
 * @param issuer The required issuer.
 * @param budget The budget of a verification, if it is part of one.
 * @throws {NssError} `SEC_ERROR_CRL_INVALID`, `SEC_ERROR_CRL_BAD_SIGNATURE`, or
 * `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if the algorithm is not supported.
 */
export async function verifyCrlSignature(
  crl: Crl,
  issuer: Certificate | TrustAnchor,
  budget?: VerificationBudget,
): Promise<void> {
  checkIssuer(crl, issuer);
  const { subjectPublicKeyInfo } = issuer;
  const key = toHex(await subjectPublicKeyInfo.digest());
  let keys = VERIFIED.get(crl);
  if (keys?.has(key)) return;
  budget?.spend("signatures", signatureCost(subjectPublicKeyInfo));
  const { signatureAlgorithm, tbsCertList, signature } = crl;
  const failed = budget?.failedSignatures(crl);
  if (
    failed?.has(subjectPublicKeyInfo) ||
    !await verifySignedData(subjectPublicKeyInfo, signatureAlgorithm, tbsCertList, signature)
  ) {
    failed?.add(subjectPublicKeyInfo);
    throw crlError(
      "SEC_ERROR_CRL_BAD_SIGNATURE",
      crl,
      `its signature is not of the ${subjectPublicKeyInfo} key of its issuer`,
    );
  }
  if (keys === undefined) VERIFIED.set(crl, keys = new Set());
  keys.add(key);
}
