// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  Certificate,
  checkRevocation,
  parseSubjectPublicKeyInfo,
  parseTrust,
  trustAnchorOf,
  verifyCertificateChain,
  verifyCertName,
  type VerifyChainOptions,
} from "@nss/nss/cert";
import { subjectAltName } from "../../cert/extensions/alt_name.ts";
import { makeExtension } from "../../cert/extensions/extension.ts";
import { nameConstraints } from "../../cert/extensions/name_constraints.ts";
import { certificatePolicies } from "../../cert/extensions/policies.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { crlOf, days, ocspFor, pki } from "../cert/_revocation_support.ts";
import { issue, NOW, type TestCertificate } from "../cert/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Certificates, roots and revocation";

const root = await issue({ ca: true });
const intermediate = await issue({ ca: true, subject: "CN=Test CA", issuer: root });
const leaf = await issue({ issuer: intermediate });
const text = (value: string, tag: number) =>
  new DerWriter().primitive(tag, new TextEncoder().encode(value)).finish();

function verify(
  end: TestCertificate,
  between: readonly TestCertificate[] = [],
  options: Partial<VerifyChainOptions> = {},
): Promise<unknown> {
  return verifyCertificateChain(end.certificate, {
    anchors: [trustAnchorOf(root.certificate)],
    intermediates: between.map(({ certificate }) => certificate),
    time: NOW,
    usage: "sslServer",
    ...options,
  });
}

async function revocation(
  options: Omit<Parameters<typeof checkRevocation>[0], "time" | "policy">,
): Promise<void> {
  const { leaf, intermediate } = await pki();
  await checkRevocation({ policy: "soft", time: NOW, ...options })({
    certificates: [leaf.certificate],
    anchor: trustAnchorOf(intermediate.certificate),
  });
}

const TUBITAK =
  "CN=TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1,OU=Kamu Sertifikasyon Merkezi - Kamu SM," +
  "O=Turkiye Bilimsel ve Teknolojik Arastirma Kurumu - TUBITAK,L=Gebze - Kocaeli,C=TR";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a server that does not send its intermediate certificate",
    make: () => verify(leaf),
    name: "SEC_ERROR_UNKNOWN_ISSUER",
    says:
      'Cannot verify certificate "CN=example.com": its issuer "CN=Test CA" is not known: the peer has not sent an intermediate certificate, or the root is not trusted; give it in caCerts, or in the file of DENO_CERT or NODE_EXTRA_CA_CERTS (programs cannot see the roots of Deno\'s --cert)',
  },
  {
    mistake: "a self-signed certificate that is not in `caCerts`",
    make: async () => verify(await issue({ subject: "CN=localhost" })),
    name: "SEC_ERROR_UNKNOWN_ISSUER",
    says:
      'Cannot verify certificate "CN=localhost": it is self-signed and no trust anchor; to trust it, put it into caCerts',
  },
  {
    mistake: "`time: new Date(text)` of a text that is no date",
    make: () => verify(leaf, [intermediate], { time: new Date("today") }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot verify certificate chain: time is an invalid Date",
  },
  {
    mistake: "PEM, given to `Certificate.fromDer`, which is for what peers send",
    make: () => Certificate.fromDer(new TextEncoder().encode(root.certificate.toPem())),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot parse certificate: at byte 0: expected tag 0x30, found 0x2d; this is PEM: parseCertificatesPem() reads certificates, decodePem() all else",
  },
  {
    mistake: "a certificate for another host",
    make: () => verifyCertName(leaf.certificate, "example.org"),
    name: "SSL_ERROR_BAD_CERT_DOMAIN",
    says: 'Cannot verify certificate name "example.org": the certificate is for DNS:example.com',
  },
  {
    mistake: "a subject of 30,000 characters",
    make: async () =>
      verify(await issue({ issuer: root, subject: `CN=${"x".repeat(29_997)}` }), [], {
        time: days(-200),
      }),
    name: "SEC_ERROR_EXPIRED_CERTIFICATE",
    says:
      'Cannot verify certificate "CN=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (30000 characters)": it is not valid before 2026-01-01T00:00:00.000Z',
  },
  {
    mistake: "an Ed25519 key for which anyone can sign",
    make: () =>
      parseSubjectPublicKeyInfo(
        Uint8Array.fromHex(`302a300506032b657003210001${"00".repeat(31)}`),
      ),
    name: "SEC_ERROR_BAD_KEY",
    says:
      "Cannot use public key: the Ed25519 key is a point of small order, for which anyone can sign",
  },
  {
    mistake: "TUBITAK's root for a host outside of `.tr`",
    make: async () => {
      const authority = await issue({ ca: true, subject: TUBITAK });
      const anchors = [trustAnchorOf(authority.certificate)];
      await verify(await issue({ issuer: authority }), [], { anchors });
    },
    name: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    says:
      'Cannot verify certificate "CN=example.com": the name DNS:example.com is not permitted by the constraints of an authority above it',
  },
  {
    mistake: "a mailbox in UTF-8 outside of what the authority may name",
    make: async () => {
      const permitted = [{ type: "email", value: "example.com" }] as const;
      const constraints = makeExtension(nameConstraints, { permitted, excluded: [] }, true);
      const extensions = [constraints];
      const authority = await issue({ ca: true, subject: "CN=Mail", issuer: root, extensions });
      const value = text("ü@example.org", TAG.utf8String);
      const names = [{ type: "other", typeId: OIDS.smtpUtf8Mailbox, value }] as const;
      const end = { issuer: authority, extensions: [makeExtension(subjectAltName, names)] };
      await verify(await issue(end), [authority], { profile: "compatible" });
    },
    name: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    says:
      'Cannot verify certificate "CN=example.com": the name email:ü@example.org is not permitted by the constraints of an authority above it',
  },
  {
    mistake: "critical policies with a qualifier that is not known",
    make: async () => {
      const qualifiers = [{ type: "1.2.3.6", value: text("?", TAG.utf8String) }];
      const policies = [{ policy: "1.2.3.4", qualifiers }];
      const extensions = [makeExtension(certificatePolicies, policies, true)];
      await verify(await issue({ issuer: root, extensions }));
    },
    name: "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
    says:
      'Cannot verify certificate "CN=example.com": the policy qualifier 1.2.3.6 in its critical policies is not known',
  },
  {
    mistake: "a client's certificate from a root that is trusted for servers only",
    make: async () => {
      const extensions = [makeExtension(subjectAltName, [{ type: "dns", value: "a.example" }])];
      const client = await issue({ issuer: root, extensions, without: [OIDS.extKeyUsage] });
      const anchors = [{ ...trustAnchorOf(root.certificate), trust: parseTrust("C,,") }];
      await verify(client, [], { anchors, usage: "sslClient" });
    },
    name: "SEC_ERROR_UNTRUSTED_ISSUER",
    says:
      'Cannot verify certificate "CN=example.com": "CN=Test Root" is not trusted for the usage sslClient',
  },
  {
    mistake: "a new certificate of a root that Mozilla phases out",
    make: async () => {
      const distrustAfter = new Date("2024-11-30T23:59:59Z");
      const anchors = [{ ...trustAnchorOf(root.certificate), distrustAfter }];
      await verify(await issue({ issuer: root }), [], { anchors });
    },
    name: "SEC_ERROR_UNTRUSTED_ISSUER",
    says:
      'Cannot verify certificate "CN=example.com": certificates of "CN=Test Root" made after 2024-11-30T23:59:59.000Z are not trusted',
  },
  {
    mistake: "a certificate that an overdue CRL names",
    make: async () => {
      const { leaf, intermediate } = await pki();
      const crl = await crlOf(intermediate, [leaf.certificate], {
        thisUpdate: days(-9),
        nextUpdate: days(-2),
      });
      await revocation({ crls: [crl] });
    },
    name: "SEC_ERROR_REVOKED_CERTIFICATE",
    says:
      'Cannot verify certificate "CN=example.com": it was revoked at 2026-05-30T12:00:00.000Z (keyCompromise), says CRL 1 of "CN=Test CA" of 2026-05-23T12:00:00.000Z',
  },
  {
    mistake: "a server that staples an expired OCSP response",
    make: async () => {
      const { leaf, intermediate } = await pki();
      const expired = { thisUpdate: days(-9), nextUpdate: days(-2) };
      const stapledOcspResponse = await ocspFor(leaf, intermediate)(expired);
      await revocation({ mustStaple: true, stapledOcspResponse });
    },
    name: "SEC_ERROR_OCSP_OLD_RESPONSE",
    says:
      'Cannot verify certificate "CN=example.com": its stapled OCSP response does not count: Cannot use OCSP response: it was good until 2026-05-30T12:00:00.000Z; the server has to fetch a new one, unless lenientStaple lets it be ignored',
  },
];
