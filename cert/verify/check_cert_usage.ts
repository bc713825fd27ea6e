// Copyright 2026 the NSS for Deno authors. MIT license.

import { CERT_USAGES, type CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import type { KeyUsage } from "../extensions/key_usage.ts";
import { oidName, OIDS } from "../der/oids.ts";
import type { TrustPurpose } from "../db/trust_flags.ts";

/** What a usage demands (`CERT_KeyUsageAndTypeForCertUsage`, `CERT_TrustFlagsForCACertUsage`). */
export interface CertUsageRow {
  /** The purposes of which extKeyUsage must have one, where it is there; none if any will do. */
  readonly purposes: readonly string[];
  /** Whether extKeyUsage must be there and name the purpose itself. */
  readonly explicit: boolean;
  /** What keyUsage must have one of, where it is there. */
  readonly keyUsages: readonly KeyUsage[];
  /** Whether the certificate must be an authority's. */
  readonly isCa: boolean;
  /** For which purposes an authority may be trusted. */
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
  more: { readonly explicit?: boolean; readonly isCa?: boolean } = {},
): CertUsageRow => ({ purposes, explicit: false, isCa: false, ...more, keyUsages, trust });

const CA = { isCa: true } as const;

/** Each usage is a row. */
const ROWS: Readonly<Record<CertUsageName, CertUsageRow>> = {
  // The cipher suites of this package sign, so keyEncipherment, which NSS takes too, is of no use
  sslServer: row([OIDS.serverAuth], ["digitalSignature"], ["serverAuth"]),
  sslClient: row([OIDS.clientAuth], ["digitalSignature"], ["clientAuth"]),
  emailSigner: row([OIDS.emailProtection], SIGNS, ["emailProtection"]),
  emailRecipient: row(
    [OIDS.emailProtection],
    ["keyEncipherment", "keyAgreement"],
    ["emailProtection"],
  ),
  // NSS: code is signed only by who may sign code, by name
  objectSigner: row([OIDS.codeSigning], SIGNS, ["codeSigning"], { explicit: true }),
  // RFC 6960, Section 4.2.2.2: id-kp-OCSPSigning itself
  statusResponder: row([OIDS.ocspSigning], SIGNS, ANY_TRUST, { explicit: true }),
  // RFC 4945, Section 5.1.3.12; NSS takes the certificates of TLS and e-mail as well
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
};

/** Every usage, in the order of NSS's numbers. */
export const ALL_CERT_USAGES: readonly CertUsageName[] = Object.keys(
  CERT_USAGES,
) as CertUsageName[];

/**
 * Finds what a usage demands.
 *
 * @param usage The usage.
 * @returns Its row.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if there is no such usage.
 */
export function certUsageRow(usage: CertUsageName): CertUsageRow {
  // Types do not bind JavaScript.
  if (Object.hasOwn(ROWS, usage)) return ROWS[usage];
  throw new NssError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot check usage: "${usage}" is none of ${Object.keys(ROWS).join(", ")}`,
  );
}

/** A check that failed. */
export interface UsageProblem {
  /** NSS's name of the error. */
  readonly name:
    | "SEC_ERROR_INADEQUATE_KEY_USAGE"
    | "SEC_ERROR_INADEQUATE_CERT_TYPE"
    | "SEC_ERROR_CA_CERT_INVALID";
  /** What is wrong. */
  readonly state: string;
}

/**
 * Checks that a certificate may be used so, by what stands in it.
 *
 * @param certificate The certificate.
 * @param row What the usage demands.
 * @returns What is wrong, in NSS's order: key usage, then the rest.
 * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if an extension is malformed.
 */
export function usageProblems(certificate: Certificate, row: CertUsageRow): UsageProblem[] {
  const problems: UsageProblem[] = [];
  const { keyUsage, basicConstraints } = certificate;
  if (keyUsage !== undefined && !row.keyUsages.some((usage) => keyUsage.has(usage))) {
    problems.push({
      name: "SEC_ERROR_INADEQUATE_KEY_USAGE",
      state: `its keyUsage has no ${row.keyUsages.join(" and no ")}`,
    });
  }
  const purpose = purposeProblem(certificate, row);
  if (purpose !== null) problems.push(purpose);
  if (row.isCa && basicConstraints?.isCa !== true) {
    problems.push({
      name: "SEC_ERROR_CA_CERT_INVALID",
      state: "its basicConstraints do not say that it is an authority's",
    });
  }
  return problems;
}

function purposeProblem(certificate: Certificate, row: CertUsageRow): UsageProblem | null {
  const { extKeyUsage } = certificate;
  if (hasPurpose(extKeyUsage, row)) return null;
  const wanted = row.purposes.map((oid) => oidName(oid) ?? oid).join(" and no ");
  return {
    name: "SEC_ERROR_INADEQUATE_CERT_TYPE",
    state: extKeyUsage === undefined
      ? `it has no extKeyUsage, which must name ${wanted}`
      : `its extKeyUsage has no ${wanted}`,
  };
}

function hasPurpose(present: readonly string[] | undefined, row: CertUsageRow): boolean {
  if (row.purposes.length === 0) return true;
  if (present === undefined) return !row.explicit;
  return row.purposes.some((purpose) => present.includes(purpose)) ||
    (!row.explicit && present.includes(OIDS.anyExtendedKeyUsage));
}

/**
 * Checks that an authority may issue certificates that are used so: its purposes bound theirs.
 *
 * @param authority The authority's certificate.
 * @param row What the usage demands.
 * @returns What is wrong, or `null`.
 */
export function issuerPurposeProblem(
  authority: Certificate,
  row: CertUsageRow,
): UsageProblem | null {
  return purposeProblem(authority, { ...row, explicit: false });
}
