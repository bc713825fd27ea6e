// Copyright 2026 the NSS for Deno authors. MIT license.

/** Input that is made to cost much: for the test of what it costs, and the bench. @module */

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { createCrl } from "../../cert/create/create_crl.ts";
import { createOcspResponse } from "../../cert/create/create_ocsp_response.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { subjectAltName } from "../../cert/extensions/alt_name.ts";
import { type CertificateExtension, makeExtension } from "../../cert/extensions/extension.ts";
import { keyUsage } from "../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../cert/extensions/name_constraints.ts";
import {
  certificatePolicies,
  policyConstraints,
  policyMappings,
} from "../../cert/extensions/policies.ts";
import type { GeneralName } from "../../cert/names/general_name.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import type { VerifyChainOptions } from "../../cert/verify/verify_cert.ts";
import { issue, type IssueOptions, makeKeys, NOW, type TestCertificate } from "./_support.ts";

/** What is verified. */
export interface Pathological {
  /** The certificate. */
  readonly leaf: Certificate;
  /** With what. */
  readonly options: VerifyChainOptions;
}

// One key for all: an authority is told from another by name and key, so other names are enough
const keys = await makeKeys();
const root = await issue({ ca: true });
const stranger = (await makeKeys()).privateKey;

/** Names of one kind, all different. */
export function names(type: "dns" | "email", count: number, word = "example"): GeneralName[] {
  const form = type === "dns" ? word : `user@${word}`;
  return Array.from({ length: count }, (_, i) => ({ type, value: `${form}${i}.com` }));
}

function verification(leaf: TestCertificate, between: readonly TestCertificate[]): Pathological {
  return {
    leaf: leaf.certificate,
    options: {
      anchors: [trustAnchorOf(root.certificate)],
      intermediates: between.map(({ certificate }) => certificate),
      time: NOW,
      usage: "sslServer",
    },
  };
}

/** An authority that anybody can make up: only the name of its issuer is true. */
function authority(
  subject: string,
  issuerName: string,
  options: IssueOptions = {},
): Promise<TestCertificate> {
  return issue({ ca: true, keys, subject, issuerName, signer: stranger, ...options });
}

/** Authorities each of which is issued by every other, and by the root where that is wanted. */
async function mesh(
  size: number,
  rooted: boolean,
  options: IssueOptions = {},
  nameOf: (i: number) => string = (i) => `CN=W${i}`,
): Promise<TestCertificate[]> {
  const subjects = Array.from({ length: size }, (_, i) => nameOf(i));
  const issuers = rooted ? [...subjects, "CN=Test Root"] : subjects;
  const made: TestCertificate[] = [];
  for (const subject of subjects) {
    for (const issuerName of issuers) {
      if (issuerName !== subject) made.push(await authority(subject, issuerName, options));
    }
  }
  return made;
}

const policies = (count: number, mapped: boolean): CertificateExtension[] => {
  const all = Array.from({ length: count }, (_, i) => `1.2.3.${i}`);
  const list = all.map((policy) => ({ policy, qualifiers: [] }));
  const mappings = all.flatMap((from) =>
    all.slice(0, 16).map((to) => ({ issuerDomainPolicy: from, subjectDomainPolicy: to }))
  );
  return [
    makeExtension(certificatePolicies, list),
    makeExtension(policyConstraints, { requireExplicitPolicy: 0 }, true),
    ...(mapped ? [makeExtension(policyMappings, mappings, true)] : []),
  ];
};

const constrained = (excluded: readonly GeneralName[]) =>
  issue({
    ca: true,
    subject: "CN=Constrained",
    issuer: root,
    extensions: [makeExtension(nameConstraints, { permitted: [], excluded }, true)],
  });

async function underConstraints(
  excluded: readonly GeneralName[],
  presented: readonly GeneralName[],
): Promise<Pathological> {
  const above = await constrained(excluded);
  const extensions = [makeExtension(subjectAltName, presented)];
  return verification(await issue({ issuer: above, extensions }), [above]);
}

/** Chains and meshes, by what is much in them. */
export const VERIFICATIONS: Readonly<Record<string, () => Promise<Pathological>>> = {
  "a loop of two authorities": async () => {
    const loop = [await authority("CN=A", "CN=B"), await authority("CN=B", "CN=A")];
    return verification(await issue({ issuer: loop[0]! }), loop);
  },
  "14 authorities issued by each other": async () => {
    const between = await mesh(14, false);
    return verification(await issue({ issuer: between[0]! }), between);
  },
  "8 authorities issued by each other and the root, with 4 KB of subject": async () => {
    const between = await mesh(
      8,
      true,
      { pathLength: 1 },
      (i) => `O=${"x".repeat(4_000)},CN=W${i}`,
    );
    return verification(await issue({ issuer: between[0]! }), between);
  },
  "8 authorities issued by each other and the root, and a leaf of 10,000 names of which the last is bad":
    async () => {
      const between = await mesh(8, true);
      const presented: GeneralName[] = [...names("dns", 9_999), { type: "dns", value: "a b" }];
      const extensions = [makeExtension(subjectAltName, presented)];
      return verification(await issue({ issuer: between[0]!, extensions }), between);
    },
  "8 authorities issued by each other and the root, with 300 policies each": async () => {
    const between = await mesh(8, true, { extensions: policies(300, false) });
    return verification(await issue({ issuer: between[0]! }), between);
  },
  "1,000 issuers of one name": async () => {
    const between: TestCertificate[] = [];
    for (let i = 0; i < 1_000; i++) {
      const serial = Uint8Array.of(1, i >> 8, i & 0xff);
      between.push(await authority("CN=Many", "CN=Test Root", { serial }));
    }
    return verification(await issue({ issuer: between[0]! }), between);
  },
  "15 authorities of the anchor's name": async () => {
    const between: TestCertificate[] = [];
    for (let i = 0; i < 15; i++) {
      const keys = await makeKeys();
      between.push(await authority("CN=Test Root", "CN=Test Root", { keys }));
    }
    return verification(await issue({ issuer: between[0]! }), between);
  },
  "a chain of 1,000 authorities": async () => {
    const between: TestCertificate[] = [];
    for (let i = 0; i < 1_000; i++) between.push(await authority(`CN=${i}`, `CN=${i + 1}`));
    return verification(await issue({ issuer: between[0]! }), between);
  },
  "16 policies mapped onto each other, six times": async () => {
    let issuer = root;
    const between: TestCertificate[] = [];
    for (let i = 0; i < 6; i++) {
      const extensions = policies(16, true);
      issuer = await issue({ ca: true, subject: `CN=P${i}`, issuer, extensions });
      between.push(issuer);
    }
    const extensions = [
      makeExtension(certificatePolicies, [{ policy: "1.2.3.0", qualifiers: [] }]),
    ];
    return verification(await issue({ issuer, extensions }), between);
  },
  "1,000 constraints and 1,000 names": () =>
    underConstraints(names("dns", 1_000), names("dns", 1_000, "other")),
  "20,000 constraints and 20,000 names of another kind": () =>
    underConstraints(names("email", 20_000), names("dns", 20_000)),
  "20,000 constraints on a mailbox of 400 KB": () =>
    underConstraints(names("email", 20_000), [
      { type: "email", value: `${"x".repeat(400_000)}@other.com` },
    ]),
};

/** A name of so many attributes. */
function manyRdns(count: number): string {
  return Array.from({ length: count }, (_, i) => `OU=${i}`).join(",");
}

const sequenceOf = (count: number, write: (w: DerWriter, i: number) => void) =>
  new DerWriter().sequence((w) => {
    for (let i = 0; i < count; i++) write(w, i);
  }).finish();

const withExtension = async (oid: string, value: Uint8Array<ArrayBuffer>) =>
  (await issue({ extensions: [{ oid, critical: false, value, offset: 0 }] })).certificate.der;

/** Certificates of which one part is large: about so many bytes. */
export const CERTIFICATES: Readonly<
  Record<string, (size: number) => Promise<Uint8Array<ArrayBuffer>>>
> = {
  "relative distinguished names": async (size) =>
    (await issue({ subject: manyRdns(size / 16) })).certificate.der,
  "subject alternative names": async (size) => {
    const extensions = [makeExtension(subjectAltName, names("dns", size / 20))];
    return (await issue({ extensions })).certificate.der;
  },
  "extensions": async (size) => {
    const extensions = Array.from({ length: size / 16 }, (_, i) => ({
      oid: `1.2.3.${i}`,
      critical: false,
      value: Uint8Array.of(5, 0),
      offset: 0,
    }));
    return (await issue({ extensions })).certificate.der;
  },
  "an unknown extension": (size) => withExtension("1.2.3.4", new Uint8Array(size)),
  "purposes": (size) =>
    withExtension("2.5.29.37", sequenceOf(size / 8, (w, i) => w.oid(`1.3.6.1.4.${i}`))),
  "policies": (size) =>
    withExtension(
      "2.5.29.32",
      sequenceOf(size / 10, (w, i) => w.sequence((w) => w.oid(`1.3.6.1.4.${i}`))),
    ),
  "long object identifiers": (size) => {
    // Each of one arc that takes 128 bytes
    const oid = new Uint8Array(128).fill(0xff);
    oid[0] = 0x2a;
    oid[127] = 0x7f;
    return withExtension("2.5.29.37", sequenceOf(size / 131, (w) => w.primitive(TAG.oid, oid)));
  },
  "the serial number": async (size) =>
    (await issue({ serial: new Uint8Array(size).fill(1) })).certificate.der,
  "levels of SEQUENCE": (size) => {
    // From the inside: a header of 4 bytes with the length of all that is in it
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    const levels = Math.floor((Math.min(size, 0xffff) - 4) / 4);
    for (let i = 0; i < levels; i++) {
      view.setUint16(4 * i, 0x3082);
      view.setUint16(4 * i + 2, 4 * (levels - i - 1));
    }
    return withExtension("2.5.29.17", bytes.subarray(0, 4 * levels));
  },
};

/** A revocation list of so many entries, each with a reason. */
export async function crlOf(count: number): Promise<Uint8Array<ArrayBuffer>> {
  const { certificate, privateKey } = await issue({
    ca: true,
    extensions: [makeExtension(keyUsage, new Set(["keyCertSign", "cRLSign"] as const), true)],
  });
  const revoked = Array.from({ length: count }, (_, i) => ({
    serialNumber: Uint8Array.of(1, i >> 16, i >> 8, i),
    revocationDate: NOW,
    reason: "superseded" as const,
  }));
  const issuer = { certificate, privateKey };
  return (await createCrl({ issuer, crlNumber: 1, thisUpdate: NOW, revoked })).der;
}

/** An OCSP response about so many certificates. */
export async function ocspResponseOf(count: number): Promise<Uint8Array<ArrayBuffer>> {
  const issuer = await issue({ ca: true });
  const { certificate } = await issue({ issuer });
  const responses = Array.from({ length: count }, () => ({ certificate, status: "good" }) as const);
  const options = { issuer: issuer.certificate, responder: issuer, producedAt: NOW, responses };
  return (await createOcspResponse(options)).der;
}
