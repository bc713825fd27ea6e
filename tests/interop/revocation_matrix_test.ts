// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Revocation as authorities publish it, and what path validation takes from outside, judged by
// openssl beside us: where it differs, the case says who is right by which clause.

import { assertEquals } from "@std/assert";
import { programVersion, run } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { Crl } from "../../cert/revocation/crl.ts";
import { type MadeCase, ROOT_CRL, type Verdict } from "../cert/_crl_case_makers.ts";
import { CRL_CASES } from "../cert/_crl_cases.ts";
import { party } from "../cert/_revocation_support.ts";
import { NOW } from "../cert/_support.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { type CertificateExtension, makeExtension } from "../../cert/extensions/extension.ts";
import { certificatePolicies, policyMappings } from "../../cert/extensions/policies.ts";
import type { PolicyInputs } from "../../cert/verify/check_policies.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";

const found = await programVersion("openssl", ["version"], /OpenSSL ([0-9.]+)/);

/** What openssl says about a case: its verdict, and its own words. */
async function openssl(folder: string, made: MadeCase): Promise<readonly [Verdict, string]> {
  const { leaf, path, root, sent = [], given = [], crls, rootCrl = ROOT_CRL } = made;
  const write = async (name: string, items: readonly (Certificate | Crl)[]) => {
    await Deno.writeTextFile(`${folder}/${name}`, items.map((item) => item.toPem()).join(""));
    return `${folder}/${name}`;
  };
  const untrusted = [...path, ...sent, ...given];
  const { stdout, stderr } = await run("openssl", {
    args: [
      ...["verify", "-attime", String(NOW.getTime() / 1000), "-no-CApath", "-no-CAstore"],
      ...["-crl_check_all", "-extended_crl", "-use_deltas"],
      ...["-CAfile", await write("root.pem", [root])],
      ...untrusted.length === 0 ? [] : ["-untrusted", await write("between.pem", untrusted)],
      ...["-CRLfile", await write("crls.pem", [...crls, rootCrl])],
      await write("leaf.pem", [leaf]),
    ],
  });
  const text = stdout + stderr;
  if (/^error 23 at 0 depth/m.test(text)) return ["revoked", text];
  // The tool prints what is wrong with the path of a CRL's signer, and goes on
  const isGood = text.includes("leaf.pem: OK") && !text.includes("[CRL path] error");
  return [isGood ? "good" : "unknown", text];
}

for (const { title, make, verdict, openssl: differs } of CRL_CASES) {
  const name = `openssl and checkRevocation() take for ${verdict}: ${title}`;
  if (!found.ok) {
    skip(name, found.reason);
    continue;
  }
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss revocation " });
    try {
      const [theirs, words] = await openssl(folder, await make());
      assertEquals(theirs, differs?.[0] ?? verdict, words);
      if (differs !== undefined) {
        const [, why] = differs;
        note(`openssl says ${theirs}, we say ${verdict}: ${title}: ${why}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

// The inputs of path validation about policies (RFC 5280, Section 6.1.1)

const A = "1.2.3.1";
const B = "1.2.3.2";
const policiesOf = (...policies: string[]) =>
  makeExtension(certificatePolicies, policies.map((policy) => ({ policy, qualifiers: [] })));
const mapped = makeExtension(
  policyMappings,
  [{ issuerDomainPolicy: A, subjectDomainPolicy: B }],
  true,
);

interface PolicyCase {
  readonly title: string;
  /** Of the authority. */
  readonly authority: readonly CertificateExtension[];
  /** Of the leaf. */
  readonly leaf: readonly CertificateExtension[];
  readonly inputs: PolicyInputs;
  readonly isValid: boolean;
}

const mapping = { authority: [policiesOf(A), mapped], leaf: [policiesOf(B)] };
const anyOfCa = { authority: [policiesOf(OIDS.anyPolicy)], leaf: [policiesOf(A)] };
const anyOfLeaf = { authority: [policiesOf(A)], leaf: [policiesOf(OIDS.anyPolicy)] };
const plain = { authority: [policiesOf(A)], leaf: [policiesOf(A)] };
const policies = [A];

const POLICY_CASES: readonly PolicyCase[] = [
  { title: "mapped", ...mapping, inputs: { policies }, isValid: true },
  {
    title: "mapped, and mapping inhibited",
    ...mapping,
    inputs: { policies, inhibitPolicyMapping: true },
    isValid: false,
  },
  { title: "anyPolicy of the authority", ...anyOfCa, inputs: { policies }, isValid: true },
  { title: "anyPolicy of the leaf", ...anyOfLeaf, inputs: { policies }, isValid: true },
  {
    title: "anyPolicy of the authority, and anyPolicy inhibited",
    ...anyOfCa,
    inputs: { policies, inhibitAnyPolicy: true },
    isValid: false,
  },
  {
    title: "anyPolicy of the leaf, and anyPolicy inhibited",
    ...anyOfLeaf,
    inputs: { policies, inhibitAnyPolicy: true },
    isValid: false,
  },
  {
    title: "the same policy, and both inhibited",
    ...plain,
    inputs: { policies, inhibitAnyPolicy: true, inhibitPolicyMapping: true },
    isValid: true,
  },
  { title: "another policy", ...plain, inputs: { policies: [B] }, isValid: false },
  {
    title: "nothing required, and both inhibited",
    ...mapping,
    inputs: { inhibitAnyPolicy: true, inhibitPolicyMapping: true },
    isValid: true,
  },
];

for (const { title, authority, leaf, inputs, isValid } of POLICY_CASES) {
  const name = `openssl and verifyCertificateChain() take policies as ${isValid}: ${title}`;
  if (!found.ok) {
    skip(name, found.reason);
    continue;
  }
  Deno.test(name, async () => {
    const root = await party({ subject: "CN=Root", isCa: true });
    const ca = await party({ subject: "CN=P", isCa: true, issuer: root, extensions: authority });
    const end = await party({ dnsNames: ["a.example"], issuer: ca, extensions: leaf });
    const ours = await verifyCertificateChain(end.certificate, {
      anchors: [trustAnchorOf(root.certificate)],
      intermediates: [ca.certificate],
      time: NOW,
      usage: "sslServer",
      ...inputs,
    }).then(() => true, ({ name }) => name !== "SEC_ERROR_POLICY_VALIDATION_FAILED");
    assertEquals(ours, isValid);
    const folder = await Deno.makeTempDir({ prefix: "nss policies " });
    try {
      for (const [file, { certificate }] of [["r", root], ["c", ca], ["e", end]] as const) {
        await Deno.writeTextFile(`${folder}/${file}.pem`, certificate.toPem());
      }
      const { code, stdout, stderr } = await run("openssl", {
        args: [
          ...["verify", "-attime", String(NOW.getTime() / 1000), "-no-CApath", "-no-CAstore"],
          ...inputs.policies === undefined ? ["-policy_check"] : ["-explicit_policy"],
          ...(inputs.policies ?? []).flatMap((policy) => ["-policy", policy]),
          ...inputs.inhibitPolicyMapping === true ? ["-inhibit_map"] : [],
          ...inputs.inhibitAnyPolicy === true ? ["-inhibit_any"] : [],
          ...["-CAfile", `${folder}/r.pem`, "-untrusted", `${folder}/c.pem`, `${folder}/e.pem`],
        ],
      });
      assertEquals(code === 0, isValid, stdout + stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
