// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { checkPolicies } from "../../../cert/verify/check_policies.ts";
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
import { issue } from "../_support.ts";

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

async function accepts(levels: Level[], acceptable?: string[]): Promise<boolean> {
  const certificates = await path(...levels);
  const set = acceptable === undefined ? undefined : new Set(acceptable);
  try {
    checkPolicies(certificates, set, new VerificationBudget());
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

Deno.test("checkPolicies() says which certificate no policy holds for", async () => {
  const certificates = await path({ require: 0 }, {});
  const error = assertThrows(
    () => checkPolicies(certificates, undefined, new VerificationBudget()),
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
