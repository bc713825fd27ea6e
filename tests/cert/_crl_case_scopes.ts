// Copyright 2026 the NSS for Deno authors. MIT license.

/** Cases of CRLs by what they are about. @module */

import { makeExtension } from "../../cert/extensions/extension.ts";
import { issuingDistributionPoint } from "../../cert/extensions/issuing_distribution_point.ts";
import { Name } from "../../cert/names/name.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import type { Crl } from "../../cert/revocation/crl.ts";
import type { RevokedCertificate } from "../../cert/create/create_crl.ts";
import { party } from "./_revocation_support.ts";
import {
  besides,
  byD,
  ca,
  crl,
  type CrlCase,
  D,
  directory,
  EXPIRED,
  given,
  indirect,
  indirectCase,
  indirectCrl,
  indirectOfCa,
  leaf,
  naming,
  otherRoot,
  pointed,
  REASONS,
  revoked,
  root,
  scoped,
  sent,
  silent,
  some,
  underRoot,
  uri,
  usual,
} from "./_crl_case_makers.ts";

/** The RelativeDistinguishedName of a name of one attribute, without its tag. */
function relative(text: string): Uint8Array<ArrayBuffer> {
  const name = new DerReader(Name.parse(text).der, "name", "SEC_ERROR_BAD_DER").sequence("");
  return name.content("rdn", TAG.set);
}

const NOT_ABOUT = "SEC_ERROR_CRL_NOT_FOUND";

/** Distribution points, reasons, kinds of certificates. */
export const POINTS: readonly CrlCase[] = [
  {
    title: "a distribution point of the certificate and of the CRL",
    make: async () =>
      usual(
        [silent(ca, scoped({ fullName: [...uri("x"), ...uri("a")] }))],
        {},
        await pointed({ fullName: [...uri("a"), ...uri("b")] }),
      ),
    verdict: "good",
  },
  {
    title: "a distribution point that is not the CRL's",
    make: async () =>
      usual(
        [silent(ca, scoped({ fullName: uri("b") }))],
        {},
        await pointed({ fullName: uri("a") }),
      ),
    verdict: "unknown",
    says: [NOT_ABOUT, "is not one of the certificate's"],
  },
  {
    title: "a CRL of another distribution point, that names the certificate",
    make: async () => {
      const of = await pointed({ fullName: uri("a") });
      return await usual([crl(ca, [revoked(of)], scoped({ fullName: uri("b") }))], {}, of);
    },
    verdict: "revoked",
    openssl: [
      "unknown",
      "an issuer gives a serial number once, so the entry is about it; by (b) (2) (i) the CRL's silence would prove nothing",
    ],
  },
  {
    title: "a name relative to the issuer's, and the full one",
    make: async () =>
      usual(
        [silent(ca, scoped({ nameRelativeToCrlIssuer: relative("OU=crl 1") }))],
        {},
        await pointed({ fullName: directory("OU=crl 1,CN=CA") }),
      ),
    verdict: "good",
  },
  {
    title: "another name relative to the issuer's",
    make: async () =>
      usual(
        [silent(ca, scoped({ nameRelativeToCrlIssuer: relative("OU=crl 2") }))],
        {},
        await pointed({ nameRelativeToCrlIssuer: relative("OU=crl 1") }),
      ),
    verdict: "unknown",
    says: [NOT_ABOUT, "is not one of the certificate's"],
  },
  {
    title: "a CRL about end entities only",
    make: () => usual([silent(ca, scoped({ onlyContainsUserCerts: true }))]),
    verdict: "good",
  },
  {
    title: "a CRL about authorities only",
    make: () => usual([silent(ca, scoped({ onlyContainsCaCerts: true }))]),
    verdict: "unknown",
    says: [NOT_ABOUT, "it is about authorities only"],
  },
  {
    title: "a CRL about attribute certificates only",
    make: () => usual([naming(ca, scoped({ onlyContainsAttributeCerts: true }))]),
    verdict: "unknown",
    says: [NOT_ABOUT, "it is about attribute certificates only"],
  },
  {
    title: "CRLs that cover all reasons together",
    make: () => usual([silent(ca, scoped(some(1, 2))), silent(ca, scoped(some(3, 4, 5, 6, 7, 8)))]),
    verdict: "good",
  },
  {
    title: "CRLs that cover all reasons but one",
    make: () => usual([silent(ca, scoped(some(1, 2))), silent(ca, scoped(some(3, 4, 5, 6, 7)))]),
    verdict: "unknown",
    says: [NOT_ABOUT, "for some reasons"],
  },
  {
    title: "CRLs that cover all reasons together, of which the second names the certificate",
    make: () => usual([silent(ca, scoped(some(1, 2))), naming(ca, scoped(some(3, 4, 5, 6, 7, 8)))]),
    verdict: "revoked",
  },
  {
    title: "distribution points for some reasons each, with a CRL each",
    make: async () =>
      usual(
        [silent(ca, scoped({ fullName: uri("a") })), silent(ca, scoped({ fullName: uri("b") }))],
        {},
        await pointed(
          { fullName: uri("a"), reasons: new Set([1]) },
          { fullName: uri("b"), reasons: new Set(REASONS.slice(1)) },
        ),
      ),
    verdict: "good",
  },
  {
    title: "distribution points for some reasons each, with a CRL of one of them",
    make: async () =>
      usual(
        [silent(ca, scoped({ fullName: uri("b") }))],
        {},
        await pointed(
          { fullName: uri("a"), reasons: new Set([1]) },
          { fullName: uri("b"), reasons: new Set(REASONS.slice(1)) },
        ),
      ),
    verdict: "unknown",
    says: [NOT_ABOUT, "for some reasons"],
  },
  {
    title: "a CRL and its distribution point, with no reason in common",
    make: async () =>
      usual(
        [silent(ca, scoped({ fullName: uri("a"), ...some(1, 2) }))],
        {},
        await pointed({ fullName: uri("a"), reasons: new Set([3]) }),
      ),
    verdict: "unknown",
    says: [NOT_ABOUT, "it covers no reason of the certificate's"],
  },
];

/** An indirect CRL that does not say so. */
async function unflagged(entries: readonly RevokedCertificate[]): Promise<Crl> {
  const point = { onlyContainsUserCerts: true, onlyContainsCaCerts: false, indirectCrl: false };
  const idp = { ...point, onlyContainsAttributeCerts: false };
  return await crl(indirect, entries, {
    ...scoped(indirectCrl),
    extensions: [makeExtension(issuingDistributionPoint, idp, true)],
  });
}

/** Indirect CRLs. */
export const INDIRECT: readonly CrlCase[] = [
  {
    title: "an indirect CRL of the cRLIssuer",
    make: () => indirectCase(indirect, () => []),
    verdict: "good",
  },
  {
    title: "an indirect CRL of the cRLIssuer, that names the certificate",
    make: () => indirectCase(indirect, (of) => [revoked(of, "keyCompromise", "CN=CA")]),
    verdict: "revoked",
  },
  {
    title: "an indirect CRL, with the certificateIssuer of the entry before",
    make: () =>
      indirectCase(indirect, (of) => [
        revoked(besides),
        revoked(underRoot, "superseded", "CN=CA"),
        revoked(of, "superseded", "CN=CA"),
      ]),
    verdict: "revoked",
  },
  {
    title: "an indirect CRL, with the serial number for another issuer",
    make: () => indirectCase(indirect, (of) => [revoked(of), revoked(of, "superseded", "CN=B")]),
    verdict: "good",
  },
  {
    title: "an indirect CRL of the cRLIssuer, which the authority has certified",
    make: () =>
      indirectCase(indirectOfCa, () => [], { ...sent(indirectOfCa), path: [ca.certificate] }),
    verdict: "good",
  },
  {
    title: "an indirect CRL that does not say so",
    make: async () => usual([unflagged([])], sent(indirect), await byD()),
    verdict: "unknown",
    says: [NOT_ABOUT, "does not say it is indirect"],
  },
  {
    title: "an indirect CRL that does not say so, and names the certificate",
    make: async () => {
      const of = await byD();
      return await usual([unflagged([revoked(of, "superseded", "CN=CA")])], sent(indirect), of);
    },
    verdict: "revoked",
    openssl: ["unknown", "what the cRLIssuer has signed as revoked counts, whatever the form"],
  },
  {
    title: "an indirect CRL of an issuer that the certificate does not name",
    make: () =>
      indirectCase(
        indirect,
        () => [],
        sent(indirect),
        scoped(indirectCrl),
        pointed({ fullName: uri("a") }),
      ),
    verdict: "unknown",
    says: [NOT_ABOUT, "no CRL of its issuer is at hand"],
  },
  {
    title: "an indirect CRL of an issuer that the certificate does not name, and that names it",
    make: () =>
      indirectCase(
        indirect,
        (of) => [revoked(of, "superseded", "CN=CA")],
        sent(indirect),
        scoped(indirectCrl),
        pointed({ fullName: uri("a") }),
      ),
    verdict: "unknown",
    says: [NOT_ABOUT, "no CRL of its issuer is at hand"],
  },
  {
    title: "an indirect CRL of a cRLIssuer that is not there",
    make: () => indirectCase(indirect, () => [], {}),
    verdict: "unknown",
    says: [
      "SEC_ERROR_UNKNOWN_SIGNER",
      'no certificate of "CN=D" is at hand; give it in crlIssuers',
    ],
  },
  {
    title: "an indirect CRL of a cRLIssuer under another root",
    make: async () => {
      const other = await party({ ...D, issuer: otherRoot });
      return await indirectCase(other, () => [], given(other, otherRoot));
    },
    verdict: "unknown",
    says: [
      "SEC_ERROR_CRL_INVALID",
      'does not lead to "CN=Root", the trust anchor of the certificate',
    ],
  },
  {
    title: "an indirect CRL of a cRLIssuer from an authority beside the path",
    make: async () => {
      const other = await party({ ...D, issuer: besides });
      const made = await indirectCase(other, () => [], sent(other, besides));
      return { ...made, crls: [...made.crls, await silent(besides)] };
    },
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "by authorities that are not those of the certificate"],
    openssl: ["good", "the same trust anchor is the minimum of Section 8, which warns of this"],
  },
  {
    title: "an indirect CRL of a cRLIssuer that has expired",
    make: async () => {
      const old = await party({ ...D, issuer: root, ...EXPIRED });
      return await indirectCase(old, () => []);
    },
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "it expired at"],
  },
  {
    title: "an indirect CRL of the certificate's own issuer",
    make: () => usual([silent(ca, scoped(indirectCrl))]),
    verdict: "good",
  },
  {
    title: "an indirect CRL of the certificate's own issuer, that names it",
    make: () => usual([crl(ca, [revoked(leaf)], scoped(indirectCrl))]),
    verdict: "revoked",
  },
];
