// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The forms in which authorities publish revocation (RFC 5280, Sections 5.2 and 6.3), made
 * by this package: the parties, and what makes the cases of `_crl_cases.ts`.
 *
 * @module
 */

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { CreateCrlOptions, RevokedCertificate } from "../../cert/create/create_crl.ts";
import type { ErrorName } from "../../cert/base/errors.ts";
import {
  crlDistributionPoints,
  type DistributionPoint,
} from "../../cert/extensions/crl_distribution_points.ts";
import type { CrlReason } from "../../cert/extensions/crl_entry.ts";
import { makeExtension } from "../../cert/extensions/extension.ts";
import type { IssuingDistributionPoint } from "../../cert/extensions/issuing_distribution_point.ts";
import type { GeneralName } from "../../cert/names/general_name.ts";
import { Name } from "../../cert/names/name.ts";
import type { Crl } from "../../cert/revocation/crl.ts";
import { crlOf, days, type Party, party } from "./_revocation_support.ts";

/** What somebody makes of a case; `"unknown"` is refused by `hard` alone. */
export type Verdict = "good" | "revoked" | "unknown";

/** What a case has. */
export interface MadeCase {
  /** The certificate in question. */
  readonly leaf: Certificate;
  /** The authorities of its path, without the root. */
  readonly path: readonly Certificate[];
  /** The root. */
  readonly root: Certificate;
  /** Other certificates that the peer sends. */
  readonly sent?: readonly Certificate[];
  /** Certificates that the application gives for signers of CRLs. */
  readonly given?: readonly Certificate[];
  /** The CRLs, besides that of the root. */
  readonly crls: readonly Crl[];
  /** The CRL of the root; by default one that names nothing. */
  readonly rootCrl?: Crl;
}

/** A case. */
export interface CrlCase {
  readonly title: string;
  readonly make: () => Promise<MadeCase>;
  /** Ours. */
  readonly verdict: Verdict;
  /** Our error under `hard` where the status is unknown, and a part of its message. */
  readonly says?: readonly [ErrorName, string];
  /** OpenSSL's verdict where it is another, and who is right by which clause. */
  readonly openssl?: readonly [Verdict, string];
}

// Parties

export const root = await party({ subject: "CN=Root", isCa: true });
export const ca = await party({ subject: "CN=CA", isCa: true, issuer: root });
export const leaf = await party({ subject: "CN=leaf", dnsNames: ["leaf.example"], issuer: ca });
export const underRoot = await party({ subject: "CN=r", dnsNames: ["r.example"], issuer: root });
export const otherRoot = await party({ subject: "CN=Other Root", isCa: true });
export const besides = await party({ subject: "CN=Besides", isCa: true, issuer: root });

export const CA = { subject: "CN=CA", isCa: true } as const;
export const CRL_KEY = { keyUsage: ["cRLSign"], extKeyUsage: [] } as const;
export const EXPIRED = { notAfter: days(-0.5) } as const;
export const D = { subject: "CN=D", ...CRL_KEY } as const;

export const renewed = await party({ ...CA, issuer: root });
export const renewedRoot = await party({ subject: "CN=Root", isCa: true, issuer: root });
export const crlKey = await party({ subject: "CN=CA", ...CRL_KEY, issuer: root });
export const crlKeyOfCa = await party({ subject: "CN=CA", ...CRL_KEY, issuer: ca });
export const indirect = await party({ ...D, issuer: root });
export const indirectOfCa = await party({ ...D, issuer: ca });

// What they make

export const directory = (
  text: string,
): GeneralName[] => [{ type: "directory", value: Name.parse(text) }];
export const uri = (
  path: string,
): GeneralName[] => [{ type: "uri", value: `http://crl.example/${path}` }];
export const revoked = (of: Party, reason?: CrlReason, issuer?: string): RevokedCertificate => ({
  serialNumber: of.certificate.serialNumber,
  revocationDate: days(-2),
  ...(reason !== undefined && { reason }),
  ...(issuer !== undefined && { certificateIssuer: Name.parse(issuer) }),
});
export const scoped = (
  point: Partial<IssuingDistributionPoint>,
  more: Partial<CreateCrlOptions> = {},
) => ({
  issuingDistributionPoint: point,
  ...more,
});
export const REASONS = [1, 2, 3, 4, 5, 6, 7, 8];
export const some = (...reasons: number[]) => ({ onlySomeReasons: new Set(reasons) });

/** A leaf of the CA with distribution points. */
export function pointed(...points: DistributionPoint[]): Promise<Party> {
  const extensions = [makeExtension(crlDistributionPoints, points)];
  return party({ subject: "CN=leaf", dnsNames: ["leaf.example"], issuer: ca, extensions });
}

export type More = Partial<Omit<MadeCase, "crls">>;

/** The usual path, with CRLs. */
export async function usual(
  crls: readonly Promise<Crl>[],
  more: More = {},
  of: Party = leaf,
): Promise<MadeCase> {
  return {
    leaf: of.certificate,
    path: [ca.certificate],
    root: root.certificate,
    crls: await Promise.all(crls),
    ...more,
  };
}

export const sent = (...parties: Party[]): More => ({
  sent: parties.map((one) => one.certificate),
});
export const given = (...parties: Party[]): More => ({
  given: parties.map((one) => one.certificate),
});
export const crl = (
  by: Party,
  named: readonly RevokedCertificate[],
  more: Partial<CreateCrlOptions> = {},
) => crlOf(by, [], { revoked: named, ...more });
export const silent = (by: Party, more: Partial<CreateCrlOptions> = {}) => crl(by, [], more);
export const naming = (by: Party, more: Partial<CreateCrlOptions> = {}) =>
  crl(by, [revoked(leaf)], more);

/** A certificate of the leaf's kind that D's lists are about. */
export const byD = () => pointed({ crlIssuer: directory("CN=D") });
export const indirectCrl = { indirectCrl: true } as const;

export async function indirectCase(
  signer: Party,
  entries: (of: Party) => readonly RevokedCertificate[],
  more: More = sent(signer),
  options: Partial<CreateCrlOptions> = scoped(indirectCrl),
  points: Promise<Party> = byD(),
): Promise<MadeCase> {
  const of = await points;
  const silentOfCa = more.path === undefined ? [] : [silent(ca)];
  return await usual([crl(signer, entries(of), options), ...silentOfCa], more, of);
}

export const OVERDUE = { thisUpdate: days(-9), nextUpdate: days(-2) } as const;
export const BASE = {
  crlNumber: 5,
  thisUpdate: days(-3),
  freshestCrl: [{ fullName: uri("delta") }],
} as const;
export const DELTA = { crlNumber: 6, baseCrlNumber: 5, thisUpdate: days(-1) } as const;
export const held = [revoked(leaf, "certificateHold")];
export const removed = [revoked(leaf, "removeFromCRL")];

/** The CRL of the root that names nothing. */
export const ROOT_CRL: Crl = await silent(root);
