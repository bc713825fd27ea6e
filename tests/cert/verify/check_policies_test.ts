// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { checkPolicies, type PolicyInputs } from "../../../cert/verify/check_policies.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { type CertificateExtension, makeExtension } from "../../../cert/extensions/extension.ts";
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
} from "../../../cert/extensions/policies.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { VerificationBudget } from "../../../cert/verify/verification_budget.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { verifyCert } from "../../../cert/verify/verify_cert_usage.ts";
import { issue, NOW } from "../_support.ts";

const A = "1.2.3.1";
const B = "1.2.3.2";
const C = "1.2.3.3";
const ANY = OIDS.anyPolicy;

interface Level {
  readonly policies?: string[];
  readonly map?: [string, string][];
  readonly require?: number;
  readonly inhibitMapping?: number;
  readonly inhibitAny?: number;
  readonly selfIssued?: boolean;
}

const keys = await issue();

/** Certificates with these policies, from the anchor down; the path is the leaf first. */
async function path(...levels: Level[]): Promise<Certificate[]> {
  const certificates: Certificate[] = [];
  let issuerName = "CN=Root";
  for (const [i, level] of levels.entries()) {
    const extensions: CertificateExtension[] = [];
    if (level.policies !== undefined) {
      const policies = level.policies.map((policy) => ({ policy, qualifiers: [] }));
      extensions.push(makeExtension(certificatePolicies, policies));
    }
    if (level.map !== undefined) {
      const mappings = level.map.map(([from, to]) => ({
        issuerDomainPolicy: from,
        subjectDomainPolicy: to,
      }));
      extensions.push(makeExtension(policyMappings, mappings, true));
    }
    if (level.require !== undefined || level.inhibitMapping !== undefined) {
      const constraints = {
        ...(level.require !== undefined && { requireExplicitPolicy: level.require }),
        ...(level.inhibitMapping !== undefined && { inhibitPolicyMapping: level.inhibitMapping }),
      };
      extensions.push(makeExtension(policyConstraints, constraints, true));
    }
    if (level.inhibitAny !== undefined) {
      extensions.push(makeExtension(inhibitAnyPolicy, level.inhibitAny, true));
    }
    const subject = level.selfIssued === true ? issuerName : `CN=L${i}`;
    const { certificate } = await issue({ ca: true, keys, subject, issuerName, extensions });
    issuerName = subject;
    certificates.unshift(certificate);
  }
  return certificates;
}

async function accepts(
  levels: Level[],
  policies?: string[],
  inhibit: Omit<PolicyInputs, "policies"> = {},
): Promise<boolean> {
  const certificates = await path(...levels);
  const inputs = { ...inhibit, ...(policies !== undefined && { policies }) };
  try {
    checkPolicies(certificates, inputs, new VerificationBudget());
    return true;
  } catch (error) {
    if (error instanceof NssError) return false;
    throw error;
  }
}

/** What it is, the levels, the acceptable policies, the verdict. */
const CASES: [string, Level[], string[] | undefined, boolean][] = [
  ["nobody asks", [{}, {}], undefined, true],
  ["nobody asks, and policies differ", [{ policies: [A] }, { policies: [B] }], undefined, true],
  ["the caller asks, none is there", [{}, {}], [A], false],
  ["the caller asks, all have it", [{ policies: [A] }, { policies: [A] }], [A], true],
  ["the caller asks for any", [{ policies: [A] }, { policies: [A] }], [ANY], true],
  ["the caller asks for another", [{ policies: [A] }, { policies: [A] }], [B], false],
  ["one of two is acceptable", [{ policies: [A, B] }, { policies: [B, A] }], [B], true],
  ["the leaf lacks it", [{ policies: [A] }, {}], [A], false],
  ["the authority lacks it", [{}, { policies: [A] }], [A], false],
  ["anyPolicy of the authority", [{ policies: [ANY] }, { policies: [A] }], [A], true],
  ["anyPolicy of the leaf", [{ policies: [A] }, { policies: [ANY] }], [A], true],
  ["anyPolicy of both", [{ policies: [ANY] }, { policies: [ANY] }], [A], true],
  ["required at once, none", [{ require: 0 }, {}], undefined, false],
  ["required at once, one", [{ policies: [A], require: 0 }, { policies: [A] }], undefined, true],
  [
    "required at once, another",
    [{ policies: [A], require: 0 }, { policies: [B] }],
    undefined,
    false,
  ],
  ["required after one more", [{ require: 1 }, {}, {}], undefined, false],
  ["required after the end", [{ require: 3 }, {}, {}], undefined, true],
  ["required by the leaf", [{}, { require: 0 }], undefined, false],
  ["required later by the leaf", [{}, { require: 1 }], undefined, true],
  [
    "self-issued ones do not count",
    [{ require: 2 }, { selfIssued: true }, { selfIssued: true }],
    undefined,
    true,
  ],
  [
    "mapped, the domain of the anchor is the caller's",
    [{ policies: [A], map: [[A, B]] }, { policies: [B] }],
    [A],
    true,
  ],
  [
    "mapped, the domain of the subject is not",
    [{ policies: [A], map: [[A, B]] }, { policies: [B] }],
    [B],
    false,
  ],
  ["mapped away", [{ policies: [A], map: [[A, B]] }, { policies: [A] }], [A], false],
  [
    "mapped twice",
    [{ policies: [A], map: [[A, B]] }, { policies: [B], map: [[B, C]] }, { policies: [C] }],
    [A],
    true,
  ],
  [
    "mapped from anyPolicy",
    [{ policies: [ANY], map: [[A, B]] }, { policies: [B] }],
    [A],
    true,
  ],
  [
    "mapping of a policy that is not there",
    [{ policies: [C], map: [[A, B]] }, { policies: [B] }],
    [A],
    false,
  ],
  [
    "mapping inhibited",
    [{ policies: [A], inhibitMapping: 0 }, { policies: [A], map: [[A, B]] }, { policies: [B] }],
    [A],
    false,
  ],
  [
    "anyPolicy inhibited",
    [{ policies: [A], inhibitAny: 0 }, { policies: [ANY] }],
    [A],
    false,
  ],
  [
    "anyPolicy inhibited after one more",
    [{ policies: [A], inhibitAny: 1 }, { policies: [ANY] }, { policies: [A] }],
    [A],
    true,
  ],
  [
    "anyPolicy inhibited, but for a self-issued one",
    [{ policies: [A], inhibitAny: 0 }, { policies: [ANY], selfIssued: true }, { policies: [A] }],
    [A],
    true,
  ],
];

Deno.test("checkPolicies() computes as RFC 5280 and RFC 9618 say", async () => {
  for (const [name, levels, acceptable, expected] of CASES) {
    assertEquals(await accepts(levels, acceptable), expected, name);
  }
});

Deno.test("checkPolicies() lets the caller inhibit mapping and anyPolicy from the start (RFC 5280, Section 6.1.1)", async () => {
  const noMapping = { inhibitPolicyMapping: true };
  const noAny = { inhibitAnyPolicy: true };
  const mapped: Level[] = [{ policies: [A], map: [[A, B]] }, { policies: [B] }];
  const fromAny: Level[] = [{ policies: [ANY], map: [[A, B]] }, { policies: [B] }];
  const both: Level[] = [{ policies: [A, C], map: [[A, B]] }, { policies: [B, C] }];
  for (const levels of [mapped, fromAny]) {
    assertEquals(await accepts(levels, [A]), true);
    assertEquals(await accepts(levels, [A], noMapping), false);
    assertEquals(await accepts(levels, [A], { inhibitPolicyMapping: false }), true);
  }
  // What is not mapped stays
  assertEquals(await accepts(both, [C], noMapping), true);
  assertEquals(await accepts(both, [A], noMapping), false);

  const any: Level[] = [{ policies: [ANY] }, { policies: [A] }];
  const anyLeaf: Level[] = [{ policies: [A] }, { policies: [ANY] }];
  for (const levels of [any, anyLeaf]) {
    assertEquals(await accepts(levels, [A]), true);
    assertEquals(await accepts(levels, [A], noAny), false);
    assertEquals(await accepts(levels, [A], { inhibitAnyPolicy: false }), true);
  }
  // RFC 5280, Section 6.1.3 (d) (2): a self-issued authority may still say any
  const renewed: Level[] = [{ policies: [ANY], selfIssued: true }, { policies: [A] }];
  assertEquals(await accepts([{ policies: [A] }, ...renewed], [A], noAny), true);
  assertEquals(await accepts([{ policies: [A] }, { policies: [A] }], [A], noAny), true);
  // Where no policy is required, nothing is
  assertEquals(await accepts(anyLeaf, undefined, { ...noAny, ...noMapping }), true);
  assertEquals(
    await accepts([{ policies: [ANY], require: 0 }, { policies: [A] }], undefined, noAny),
    false,
  );
});

Deno.test("checkPolicies() says which certificate no policy holds for", async () => {
  const certificates = await path({ require: 0 }, {});
  const error = assertThrows(
    () => checkPolicies(certificates, {}, new VerificationBudget()),
    NssError,
    'certificate "CN=L1"',
  );
  assertEquals(error.name, "SEC_ERROR_POLICY_VALIDATION_FAILED");
});

Deno.test("checkPolicies() does not grow where a tree would be exponential", async () => {
  // Each level maps each of 16 policies to each: a tree would have 16^8 leaves (CVE-2023-0464)
  const names = Array.from({ length: 16 }, (_, i) => `1.2.4.${i}`);
  const all = names.flatMap((from) => names.map((to): [string, string] => [from, to]));
  const level: Level = { policies: names, map: all };
  const levels = [{ ...level, require: 0 }, ...Array.from({ length: 7 }, () => level)];
  assertEquals(await accepts([...levels, { policies: names }]), true);
  assertEquals(await accepts([...levels, { policies: [A] }]), false);
  assertEquals(await accepts([...levels, { policies: names }], [names[3]!]), true);
});

Deno.test("verifyCertificateChain() and verifyCert() hand on what is inhibited from the start", async () => {
  const said = (...policies: string[]) =>
    makeExtension(certificatePolicies, policies.map((policy) => ({ policy, qualifiers: [] })));
  const map = [{ issuerDomainPolicy: A, subjectDomainPolicy: B }];
  const root = await issue({ ca: true });
  const maps = [said(A), makeExtension(policyMappings, map, true)];
  const mapping = await issue({ ca: true, issuer: root, subject: "CN=Maps", extensions: maps });
  const any = await issue({ ca: true, issuer: root, subject: "CN=Any", extensions: [said(ANY)] });
  const db = new MemoryCertDB();
  await importCert(db, root.certificate, { trust: "C,," });
  for (
    const [authority, policy, inhibit] of [
      [mapping, B, { inhibitPolicyMapping: true }],
      [any, A, { inhibitAnyPolicy: true }],
    ] as const
  ) {
    const { certificate } = await issue({ issuer: authority, extensions: [said(policy)] });
    const options = { policies: [A], intermediates: [authority.certificate] };
    const anchors = [trustAnchorOf(root.certificate)];
    const usage = "sslServer";
    const chain = (more: PolicyInputs) =>
      verifyCertificateChain(certificate, { ...options, ...more, anchors, time: NOW, usage });
    const stored = (more: PolicyInputs) =>
      verifyCert(db, certificate, true, usage, NOW, { ...options, ...more });
    for (const verify of [chain, stored]) {
      assertEquals((await verify({})).length, 3);
      const error = await assertRejects(() => verify(inhibit), NssError);
      assertEquals(error.name, "SEC_ERROR_POLICY_VALIDATION_FAILED");
    }
  }
});
