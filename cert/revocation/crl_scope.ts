// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import type { Crl } from "./crl.ts";
import type { DistributionPoint } from "../extensions/crl_distribution_points.ts";
import { DerWriter } from "../der/der_writer.ts";
import { type GeneralName, writeGeneralName } from "../names/general_name.ts";

/**
 * The numbers of the reasons to which a distribution point may be limited (RFC 5280, Section
 * 4.2.1.13).
 */
export const ALL_REASONS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8]);

const NONE: ReadonlySet<number> = new Set();

/**
 * Returns the reasons that a CRL covers for a certificate of its issuer (RFC 5280, Section 6.3.3
 * (b), (c) and (d)).
 *
 * @param crl The CRL.
 * @param certificate The certificate.
 * @returns The numbers of the reasons; none if the certificate is not in the scope of the CRL,
 * whose silence then proves nothing.
 */
export function crlScope(crl: Crl, certificate: Certificate): ReadonlySet<number> {
  const point = crl.issuingDistributionPoint;
  if (point === undefined) return ALL_REASONS;
  const isCa = certificate.basicConstraints?.isCa === true;
  if (
    point.onlyContainsAttributeCerts || (point.onlyContainsUserCerts && isCa) ||
    (point.onlyContainsCaCerts && !isCa)
  ) return NONE;
  const own = point.onlySomeReasons ?? ALL_REASONS;
  if (point.fullName === undefined && point.nameRelativeToCrlIssuer === undefined) return own;

  const names = new Set(namesOf(point, certificate));
  const covered = new Set<number>();
  for (const candidate of pointsOf(certificate)) {
    // A point with a cRLIssuer is that of an indirect CRL
    if (candidate.crlIssuer !== undefined) continue;
    if (!namesOf(candidate, certificate).some((name) => names.has(name))) continue;
    for (const reason of candidate.reasons ?? ALL_REASONS) if (own.has(reason)) covered.add(reason);
  }
  return covered;
}

/**
 * The distribution points, and as RFC 5280, Section 6.3.3, adds for other CRLs, the issuer's name.
 */
function pointsOf(certificate: Certificate): readonly DistributionPoint[] {
  const issuer = { fullName: [{ type: "directory", value: certificate.issuer } as const] };
  return [...certificate.crlDistributionPoints ?? [], issuer];
}

/** A string for each name of a point; equal names have equal strings. */
function namesOf(
  point: Pick<DistributionPoint, "fullName" | "nameRelativeToCrlIssuer">,
  certificate: Certificate,
): string[] {
  const relative = point.nameRelativeToCrlIssuer;
  if (relative !== undefined) return [`${certificate.issuer.key} ${relative.toHex()}`];
  return (point.fullName ?? []).map(nameKey);
}

function nameKey(name: GeneralName): string {
  if (name.type === "directory") return `directory ${name.value.key}`;
  const writer = new DerWriter();
  writeGeneralName(writer, name);
  return `${name.type} ${writer.finish().toHex()}`;
}
