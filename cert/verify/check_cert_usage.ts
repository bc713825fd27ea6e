// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, isOneOf } from "../base/options.ts";
import { CERT_USAGES, type CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import { netscapeCertType, netscapePurposes } from "../extensions/ext_key_usage.ts";
import type { KeyUsage } from "../extensions/key_usage.ts";
import { oidName, OIDS } from "../der/oids.ts";
import type { TrustPurpose } from "../db/trust_flags.ts";

/**
 * The requirements of a usage (`CERT_KeyUsageAndTypeForCertUsage`,
 * `CERT_TrustFlagsForCACertUsage`).
 */
export interface CertUsageRow {
  /** The purposes of which extKeyUsage, if present, must have one; empty if any is accepted. */
  readonly purposes: readonly string[];
  /** Whether extKeyUsage must be present and have the purpose itself, not anyExtendedKeyUsage. */
  readonly explicit: boolean;
  /** The key usages of which keyUsage, if present, must have one; empty if any is accepted. */
  readonly keyUsages: readonly KeyUsage[];
  /** Whether it must be a CA certificate; `"either"` if it may be one. */
  readonly isCa: boolean | "either";
  /** The purposes for which trust in an issuer is accepted; one is enough. */
  readonly trust: readonly TrustPurpose[];
}

const SIGNS: readonly KeyUsage[] = ["digitalSignature", "nonRepudiation"];
const ANY_TRUST: readonly TrustPurpose[] = [
  "serverAuth",
  "clientAuth",
  "emailProtection",
  "codeSigning",
];

const row = (
  purposes: readonly string[],
  keyUsages: readonly KeyUsage[],
  trust: readonly TrustPurpose[],
  more: Partial<Pick<CertUsageRow, "explicit" | "isCa">> = {},
): CertUsageRow => ({ purposes, explicit: false, isCa: false, ...more, keyUsages, trust });

const CA = { isCa: true } as const;
const EITHER = { isCa: "either" } as const;

/** A usage, or that of a signer of CRLs, which is a CA or has a certificate for CRLs only. */
export type CheckedUsage = CertUsageName | "crlSigner";

/** The requirements of each usage. */
const ROWS: Readonly<Record<CheckedUsage, CertUsageRow>> = {
  // NSS also accepts keyEncipherment, but no cipher suite of this package encrypts to the key
  sslServer: row([OIDS.serverAuth], ["digitalSignature"], ["serverAuth"]),
  sslClient: row([OIDS.clientAuth], ["digitalSignature"], ["clientAuth"]),
  emailSigner: row([OIDS.emailProtection], SIGNS, ["emailProtection"]),
  emailRecipient: row(
    [OIDS.emailProtection],
    ["keyEncipherment", "keyAgreement"],
    ["emailProtection"],
  ),
  // As in NSS, codeSigning itself
  objectSigner: row([OIDS.codeSigning], SIGNS, ["codeSigning"], { explicit: true }),
  // RFC 6960, Section 4.2.2.2: id-kp-OCSPSigning itself
  statusResponder: row([OIDS.ocspSigning], SIGNS, ANY_TRUST, { explicit: true }),
  // RFC 4945, Section 5.1.3.12; NSS also accepts the purposes of TLS and e-mail
  ipsec: row(
    [
      "1.3.6.1.5.5.7.3.17", // id-kp-ipsecIKE
      "1.3.6.1.5.5.8.2.2", // iKEIntermediate
      "1.3.6.1.5.5.7.3.5", // ipsecEndSystem
      "1.3.6.1.5.5.7.3.6", // ipsecTunnel
      "1.3.6.1.5.5.7.3.7", // ipsecUser
      OIDS.serverAuth,
      OIDS.clientAuth,
      OIDS.emailProtection,
    ],
    SIGNS,
    ["serverAuth"],
  ),
  sslCA: row([OIDS.serverAuth, OIDS.clientAuth], ["keyCertSign"], ["serverAuth"], CA),
  verifyCA: row([], ["keyCertSign"], ANY_TRUST, CA),
  anyCA: row([], ["keyCertSign"], ANY_TRUST, CA),
  any: row([], [], ANY_TRUST, EITHER),
  // RFC 5280, Section 6.3.3 (f)
  crlSigner: row([], ["cRLSign"], ANY_TRUST, EITHER),
};

/** All usages of NSS, in the order of its numbers. */
export const ALL_CERT_USAGES: readonly CertUsageName[] = Object.keys(
  CERT_USAGES,
) as CertUsageName[];

/** Accepts a usage. */
export const isUsage: Check = isOneOf(Object.keys(ROWS).filter((usage) => usage !== "crlSigner"));

/**
 * Returns the requirements of a usage.
 *
 * @param usage The usage.
 * @returns The requirements.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if there is no such usage.
 */
export function certUsageRow(usage: CheckedUsage): CertUsageRow {
  // JavaScript callers may pass any string
  if (Object.hasOwn(ROWS, usage)) return ROWS[usage];
  throw new NssError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot check usage: ${isUsage(usage, "usage")}`,
  );
}

/** A check that failed. */
export interface UsageProblem {
  /** The name of the error. */
  readonly name:
    | "SEC_ERROR_INADEQUATE_KEY_USAGE"
    | "SEC_ERROR_INADEQUATE_CERT_TYPE"
    | "SEC_ERROR_CA_CERT_INVALID";
  /** What is wrong. */
  readonly state: string;
}

/**
 * Checks a certificate against the requirements of a usage.
 *
 * @param certificate The certificate.
 * @param row The requirements of the usage.
 * @returns The failed checks, in NSS's order: key usage, then the others.
 * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if an extension is malformed.
 */
export function usageProblems(certificate: Certificate, row: CertUsageRow): UsageProblem[] {
  const problems: UsageProblem[] = [];
  const { keyUsage, basicConstraints } = certificate;
  const fits = row.keyUsages.length === 0 || row.keyUsages.some((usage) => keyUsage?.has(usage));
  if (keyUsage !== undefined && !fits) {
    problems.push({
      name: "SEC_ERROR_INADEQUATE_KEY_USAGE",
      state: `its keyUsage has no ${row.keyUsages.join(" and no ")}`,
    });
  }
  const purpose = purposeProblem(certificate, row);
  if (purpose !== null) problems.push(purpose);
  if (row.isCa === true && basicConstraints?.isCa !== true) {
    problems.push({
      name: "SEC_ERROR_CA_CERT_INVALID",
      state: "its basicConstraints do not say that it is an authority's",
    });
  }
  return problems;
}

function purposeProblem(certificate: Certificate, row: CertUsageRow): UsageProblem | null {
  const { extKeyUsage } = certificate;
  if (hasPurpose(extKeyUsage, row)) return netscapeProblem(certificate, row);
  const wanted = row.purposes.map((oid) => oidName(oid) ?? oid).join(" and no ");
  return {
    name: "SEC_ERROR_INADEQUATE_CERT_TYPE",
    state: extKeyUsage === undefined
      ? `it has no extKeyUsage, which must name ${wanted}`
      : `its extKeyUsage has no ${wanted}`,
  };
}

/**
 * A critical netscapeCertType limits the purposes as extKeyUsage does; one that is not critical is
 * ignored, as in mozilla::pkix and Go.
 */
function netscapeProblem(certificate: Certificate, row: CertUsageRow): UsageProblem | null {
  if (certificate.extensions.get(OIDS.netscapeCertType)?.critical !== true) return null;
  const purposes = netscapePurposes(
    certificate.extension(netscapeCertType)!,
    isUsedAsCa(certificate, row),
  );
  if (purposes.length > 0 && hasPurpose(purposes, { ...row, explicit: false })) return null;
  return {
    name: "SEC_ERROR_INADEQUATE_CERT_TYPE",
    state: "its critical netscapeCertType does not allow this usage",
  };
}

function hasPurpose(present: readonly string[] | undefined, row: CertUsageRow): boolean {
  if (row.purposes.length === 0) return true;
  if (present === undefined) return !row.explicit;
  return row.purposes.some((purpose) => present.includes(purpose)) ||
    (!row.explicit && present.includes(OIDS.anyExtendedKeyUsage));
}

/**
 * Returns whether a certificate is used as that of a CA.
 *
 * @param certificate The certificate.
 * @param row The requirements of the usage.
 * @returns Whether it is.
 */
export function isUsedAsCa({ basicConstraints }: Certificate, row: CertUsageRow): boolean {
  return row.isCa === "either" ? basicConstraints?.isCa === true : row.isCa;
}

/**
 * Checks that a CA may issue certificates for a usage: its purposes limit theirs.
 *
 * @param authority The CA certificate.
 * @param row The requirements of the usage.
 * @returns The failed check, or `null`.
 */
export function issuerPurposeProblem(
  authority: Certificate,
  row: CertUsageRow,
): UsageProblem | null {
  return purposeProblem(authority, { ...row, explicit: false, isCa: true });
}
