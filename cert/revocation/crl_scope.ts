// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import { shown } from "../base/printable.ts";
import { DerReader } from "../der/der_reader.ts";
import { TAG } from "../der/tag.ts";
import { Name } from "../names/name.ts";
import type { Crl } from "./crl.ts";
import type { DistributionPoint } from "../extensions/crl_distribution_points.ts";
import { DerWriter } from "../der/der_writer.ts";
import { formatGeneralName, type GeneralName, writeGeneralName } from "../names/general_name.ts";

/**
 * The numbers of the reasons to which a distribution point may be limited (RFC 5280, Section
 * 4.2.1.13).
 */
export const ALL_REASONS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8]);

/** What a CRL covers for a certificate. */
export interface CrlScope {
  /** The numbers of the reasons; none if the silence of the CRL proves nothing. */
  readonly reasons: ReadonlySet<number>;
  /** Why it covers none; empty otherwise. */
  readonly state: string;
}

const NONE: ReadonlySet<number> = new Set();
const out = (state: string): CrlScope => ({ reasons: NONE, state });

/**
 * Returns the reasons that a CRL covers for a certificate (RFC 5280, Section 6.3.3 (b) and (d)):
 * one of the certificate's issuer, or an indirect one whose issuer a distribution point names.
 *
 * @param crl The CRL.
 * @param certificate The certificate.
 * @returns The scope.
 */
export function crlScope(crl: Crl, certificate: Certificate): CrlScope {
  const idp = crl.issuingDistributionPoint;
  const points = pointsFor(crl, certificate);
  if (points.length === 0) {
    return out(`the certificate does not name ${shown(crl.issuer)} as the issuer of its CRLs`);
  }
  // Section 6.3.3 (b) (1): if the point names a cRLIssuer, the CRL must say that it is indirect
  const usable = points.filter((one) => one.crlIssuer === undefined || idp?.indirectCrl === true);
  if (usable.length === 0) return out("it is of another issuer, and does not say it is indirect");
  if (idp === undefined) return coveredBy(usable, ALL_REASONS);
  const isCa = certificate.basicConstraints?.isCa === true;
  if (idp.onlyContainsAttributeCerts) return out("it is about attribute certificates only");
  if (idp.onlyContainsUserCerts && isCa) return out("it is not about authorities");
  if (idp.onlyContainsCaCerts && !isCa) return out("it is about authorities only");
  const own = idp.onlySomeReasons ?? ALL_REASONS;
  if (idp.fullName === undefined && idp.nameRelativeToCrlIssuer === undefined) {
    return coveredBy(usable, own);
  }
  const names = new Set(keysOf(idp, crl.issuer));
  // Section 6.3.3 (b) (2) (i): without a name of its own, a point has those of its cRLIssuer
  const matching = usable.filter((point) => {
    const hasName = point.fullName !== undefined || point.nameRelativeToCrlIssuer !== undefined;
    const keys = hasName ? keysOf(point, crl.issuer) : (point.crlIssuer ?? []).map(nameKey);
    return keys.some((key) => names.has(key));
  });
  if (matching.length > 0) return coveredBy(matching, own);
  const where = (idp.fullName ?? []).map(formatGeneralName).join(" or ");
  return out(
    `its distribution point${where && ` ${shown(where)}`} is not one of the certificate's`,
  );
}

/** Section 6.3.3 (d), over all distribution points. */
function coveredBy(points: readonly DistributionPoint[], own: ReadonlySet<number>): CrlScope {
  const reasons = new Set<number>();
  for (const point of points) {
    for (const reason of point.reasons ?? ALL_REASONS) if (own.has(reason)) reasons.add(reason);
  }
  return reasons.size > 0
    ? { reasons, state: "" }
    : out("it covers no reason of the certificate's");
}

/**
 * Returns the names of the issuers whose CRLs are about a certificate: its own issuer, and those
 * that its distribution points name (cRLIssuer).
 *
 * @param certificate The certificate.
 * @returns The names, each once.
 */
export function crlIssuersOf(certificate: Certificate): readonly Name[] {
  const names = new Map([[certificate.issuer.key, certificate.issuer]]);
  for (const { crlIssuer = [] } of pointsOf(certificate)) {
    for (const name of crlIssuer) {
      if (name.type === "directory") names.set(name.value.key, name.value);
    }
  }
  return [...names.values()];
}

/** The distribution points of a certificate; none if they are malformed. */
function pointsOf(certificate: Certificate): readonly DistributionPoint[] {
  try {
    return certificate.crlDistributionPoints ?? [];
  } catch (error) {
    if (error instanceof NssError) return [];
    throw error;
  }
}

/** The distribution points of a certificate for the CRLs of an issuer. */
function pointsFor(crl: Crl, certificate: Certificate): readonly DistributionPoint[] {
  const points = pointsOf(certificate);
  const isOwn = crl.issuer.equals(certificate.issuer);
  const about = points.filter(({ crlIssuer }) =>
    crlIssuer === undefined
      ? isOwn
      : crlIssuer.some((name) => name.type === "directory" && name.value.equals(crl.issuer))
  );
  if (!isOwn) return about;
  // Section 6.3.3: for other CRLs of its issuer, a point with the issuer's name is assumed
  return [...about, { fullName: [{ type: "directory", value: certificate.issuer }] }];
}

/** A string for each name of a point; equal names have equal strings. */
function keysOf(
  point: Pick<DistributionPoint, "fullName" | "nameRelativeToCrlIssuer">,
  crlIssuer: Name,
): readonly string[] {
  const relative = point.nameRelativeToCrlIssuer;
  if (relative === undefined) return (point.fullName ?? []).map(nameKey);
  const name = nameUnder(crlIssuer, relative);
  if (name !== null) return [nameKey({ type: "directory", value: name })];
  return [`relative ${crlIssuer.key} ${toHex(relative)}`];
}

/** Section 4.2.1.13: a relative name is appended to that of the CRL issuer; `null` if malformed. */
function nameUnder(issuer: Name, relative: Uint8Array): Name | null {
  const content = new DerReader(issuer.der, "name", "SEC_ERROR_BAD_DER").sequence("").rest();
  const der = new DerWriter().sequence((w) => w.raw(content).primitive(TAG.set, relative)).finish();
  try {
    return Name.read(new DerReader(der, "name", "SEC_ERROR_BAD_DER"), "");
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
}

function nameKey(name: GeneralName): string {
  if (name.type === "directory") return `directory ${name.value.key}`;
  const writer = new DerWriter();
  writeGeneralName(writer, name);
  return `${name.type} ${toHex(writer.finish())}`;
}
