// Copyright 2026 the NSS for Deno authors. MIT license.

import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import type { CertProfile } from "../../cert/verify/check_certificate.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { netscapeCertType } from "../../cert/extensions/ext_key_usage.ts";
import { makeExtension } from "../../cert/extensions/extension.ts";
import { nameConstraints } from "../../cert/extensions/name_constraints.ts";
import { parseSubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { accept, LENIENCIES } from "../cert/_leniencies.ts";
import { issue, type IssueOptions, NOW, type TestCertificate } from "../cert/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Certificates as people really have them";

const root = await issue({ ca: true });

async function verify(
  leaf: IssueOptions,
  profile: CertProfile,
  between: readonly IssueOptions[] = [],
): Promise<void> {
  const authorities: TestCertificate[] = [];
  let issuer = root;
  for (const [i, options] of between.entries()) {
    issuer = await issue({ ca: true, subject: `CN=Authority ${i}`, issuer, ...options });
    authorities.push(issuer);
  }
  const { certificate } = await issue({ issuer, ...leaf });
  await verifyCertificateChain(certificate, {
    anchors: [trustAnchorOf(root.certificate)],
    intermediates: authorities.map(({ certificate }) => certificate),
    time: NOW,
    usage: "sslServer",
    profile,
  });
}

const constrained = (value: string): IssueOptions => ({
  extensions: [
    makeExtension(nameConstraints, { permitted: [{ type: "dns", value }], excluded: [] }, true),
  ],
});

async function offCurve(): Promise<IssueOptions> {
  const { publicKey, privateKey } = await issue({ ca: true });
  const der = publicKey.der.slice();
  der[der.length - 1]! ^= 1;
  return { keys: { publicKey: parseSubjectPublicKeyInfo(der), privateKey } };
}

const noCheck = (critical: boolean) => ({
  oid: OIDS.ocspNoCheck,
  critical,
  value: Uint8Array.of(5, 0),
  offset: 0,
});

const EMPTY_CRL = LENIENCIES.find(({ what }) => what.includes("revokedCertificates"))!;
const UNSORTED = LENIENCIES.find(({ what }) => what.includes("order of DER"))!;

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "an authority's `permitted;DNS:.example.com`, in the profile `strict`",
    make: () => verify({}, "strict", [constrained(".example.com")]),
    name: "SEC_ERROR_EXTENSION_VALUE_INVALID",
    says:
      'Cannot use name constraint: DNS:.example.com begins with a dot, which RFC 5280 defines for URI and e-mail only; the profile "compatible" reads it as all names below',
  },
  {
    mistake: "an authority's `permitted;DNS:*.example.com`",
    make: () => verify({}, "compatible", [constrained("*.example.com")]),
    name: "SEC_ERROR_EXTENSION_VALUE_INVALID",
    says:
      "Cannot use name constraint: DNS:*.example.com is malformed, so that nobody can tell which names the authority may certify",
  },
  {
    mistake: "a certificate that JDK before 16 signed with ECDSA, in the profile `strict`",
    make: () =>
      verify({
        algorithm: new DerWriter().sequence((w) => w.oid(OIDS.ecdsaWithSHA256).null()).finish(),
      }, "strict"),
    name: "SEC_ERROR_BAD_DER",
    says:
      'Cannot verify certificate "CN=example.com": its ECDSA algorithm has NULL parameters, as JDK before 16 wrote them; the profile "compatible" accepts them',
  },
  {
    mistake: "a critical `ocspNoCheck`, in the profile `strict`",
    make: () => verify({ extensions: [noCheck(true)] }, "strict"),
    name: "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
    says:
      'Cannot verify certificate "CN=example.com": the critical extension ocspNoCheck is not known; the profile "compatible" knows it',
  },
  {
    mistake: "a server whose critical `netscapeCertType` is a client's",
    make: () =>
      verify({ extensions: [makeExtension(netscapeCertType, new Set([0]), true)] }, "compatible"),
    name: "SEC_ERROR_INADEQUATE_CERT_TYPE",
    says:
      'Cannot verify certificate "CN=example.com": its critical netscapeCertType does not allow this usage',
  },
  {
    mistake: "11 authorities between leaf and root",
    make: () => verify({}, "compatible", Array.from({ length: 11 }, () => ({}))),
    name: "SEC_ERROR_UNKNOWN_ISSUER",
    says:
      'Cannot verify certificate "CN=Authority 0": the path would have more than 10 authorities between; maxDepth of verifyCertificateChain() allows more',
  },
  {
    mistake: "a CRL with an empty `revokedCertificates`, in the profile `strict`",
    make: async () => await accept(await EMPTY_CRL.make(), "strict"),
    name: "SEC_ERROR_CRL_INVALID",
    says:
      'Cannot use CRL 1 of "CN=Leniency Root" of 2020-01-01T00:00:00.000Z: its revokedCertificates is empty; the profile "compatible" accepts it',
  },
  {
    mistake: "several attributes in one part of a name, out of order, in the profile `strict`",
    make: async () => await accept(await UNSORTED.make(), "strict"),
    name: "SEC_ERROR_BAD_DER",
    says:
      'Cannot verify certificate "CN=www.example.com+O=X": a set of attributes in its names is not in the order of DER (the strict profile)',
  },
  {
    mistake: "Latin-1 in a name that is marked as UTF-8",
    make: () => verify({ subject: "CN=example.com,O=#0c0361ff62" }, "compatible"),
    name: "SEC_ERROR_BAD_DER",
    says:
      'Cannot verify certificate "CN=example.com,O=#0c0361ff62": the organizationName of its subject is marked as UTF-8 and is not, so that programs read different names; it has to be issued anew',
  },
  {
    mistake: "a public key that is no point of its curve",
    make: async () => verify(await offCurve(), "compatible"),
    name: "SEC_ERROR_BAD_KEY",
    says:
      'Cannot verify certificate "CN=example.com": its ec P-256 key is no point of its curve, so that nothing can be verified with it',
  },
];
