// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { certificateError } from "./check_certificate.ts";
import type { PolicyMapping } from "../extensions/policies.ts";
import { OIDS } from "../der/oids.ts";
import type { VerificationBudget } from "./verification_budget.ts";

/** The policies that are valid at a certificate: one level of the graph of RFC 9618, Section 3. */
interface PolicyLevel {
  /** Whether anyPolicy is among them. */
  hasAnyPolicy: boolean;
  /** Each policy with its parents in the level above; no parents if it derives from anyPolicy. */
  readonly policies: Map<string, Set<string>>;
}

/**
 * The inputs of path validation about policies (RFC 5280, Section 6.1.1 (c), (e), (f), (g)).
 *
 * @category Verification
 */
export interface PolicyInputs {
  /**
   * The acceptable policies, one of which must be valid for the path; by default a policy is
   * required only if a certificate says so.
   */
  readonly policies?: readonly string[];
  /**
   * Whether policy mappings are ignored in all certificates (initial-policy-mapping-inhibit);
   * `false` by default.
   */
  readonly inhibitPolicyMapping?: boolean;
  /**
   * Whether anyPolicy in a certificate matches no other policy (initial-any-policy-inhibit);
   * `false` by default.
   */
  readonly inhibitAnyPolicy?: boolean;
}

/**
 * Checks the policies of a path (RFC 5280, Section 6.1, with the graph of RFC 9618 instead of the
 * tree, which an attacker can make exponentially large).
 *
 * @param certificates The path without the anchor, leaf first.
 * @param inputs The acceptable policies, and what is inhibited from the start.
 * @param budget The budget of the verification.
 * @throws {NssError} `SEC_ERROR_POLICY_VALIDATION_FAILED` if a policy is required and none is
 * valid.
 */
export function checkPolicies(
  certificates: readonly Certificate[],
  inputs: PolicyInputs,
  budget: VerificationBudget,
): void {
  const acceptable = inputs.policies && new Set(inputs.policies);
  // No policy is required
  if (
    acceptable === undefined && !certificates.some(({ policyConstraints }) => policyConstraints)
  ) {
    return;
  }
  const size = certificates.length;
  // RFC 5280, Section 6.1.2 (d) to (f): the number of certificates after which each applies
  let explicitPolicy = acceptable === undefined ? size + 1 : 0;
  let inhibitAnyPolicy = inputs.inhibitAnyPolicy === true ? 0 : size + 1;
  let policyMapping = inputs.inhibitPolicyMapping === true ? 0 : size + 1;
  const levels: PolicyLevel[] = [];
  let level: PolicyLevel = { hasAnyPolicy: true, policies: new Map() };
  for (let i = size - 1; i >= 0; i--) {
    const certificate = certificates[i]!;
    const selfIssued = i > 0 && certificate.isSelfIssued;
    budget.spend("policySteps", level.policies.size + stepsOf(certificate));
    // Section 6.1.3 (d), (e)
    applyPolicies(certificate, level, inhibitAnyPolicy > 0 || selfIssued);
    levels.push(level);
    // Section 6.1.3 (f)
    if (explicitPolicy === 0 && isEmpty(level)) throw failed(certificate);
    const constraints = certificate.policyConstraints;
    if (i === 0) {
      // Section 6.1.5 (a), (b)
      if (explicitPolicy > 0) explicitPolicy--;
      if (constraints?.requireExplicitPolicy === 0) explicitPolicy = 0;
      break;
    }
    // Section 6.1.4 (a), (b)
    level = applyMappings(certificate, level, policyMapping > 0);
    // Section 6.1.4 (h)
    if (!selfIssued) {
      explicitPolicy = Math.max(explicitPolicy - 1, 0);
      policyMapping = Math.max(policyMapping - 1, 0);
      inhibitAnyPolicy = Math.max(inhibitAnyPolicy - 1, 0);
    }
    // Section 6.1.4 (i), (j)
    explicitPolicy = Math.min(explicitPolicy, constraints?.requireExplicitPolicy ?? Infinity);
    policyMapping = Math.min(policyMapping, constraints?.inhibitPolicyMapping ?? Infinity);
    inhibitAnyPolicy = Math.min(inhibitAnyPolicy, certificate.inhibitAnyPolicy ?? Infinity);
  }
  // Section 6.1.5 (g)
  if (explicitPolicy === 0 && !isAcceptable(levels, acceptable)) throw failed(certificates[0]!);
}

function stepsOf({ certificatePolicies, policyMappings }: Certificate): number {
  return (certificatePolicies?.length ?? 0) + (policyMappings?.length ?? 0);
}

function failed(certificate: Certificate): Error {
  return certificateError(
    "SEC_ERROR_POLICY_VALIDATION_FAILED",
    certificate,
    "no acceptable policy holds for the path, and one must",
  );
}

function isEmpty({ hasAnyPolicy, policies }: PolicyLevel): boolean {
  return !hasAnyPolicy && policies.size === 0;
}

/**
 * RFC 9618, Section 5.4: removes policies that the certificate does not have, and adds those that
 * derive from anyPolicy.
 */
function applyPolicies(certificate: Certificate, level: PolicyLevel, anyAllowed: boolean): void {
  const stated = new Set(certificate.certificatePolicies?.map(({ policy }) => policy) ?? []);
  const hadAnyPolicy = level.hasAnyPolicy;
  if (!stated.delete(OIDS.anyPolicy) || !anyAllowed) {
    for (const policy of level.policies.keys()) {
      if (!stated.has(policy)) level.policies.delete(policy);
    }
    level.hasAnyPolicy = false;
  }
  if (!hadAnyPolicy) return;
  for (const policy of stated) {
    if (!level.policies.has(policy)) level.policies.set(policy, new Set());
  }
}

/** RFC 9618, Section 5.5: returns the level for the next certificate. */
function applyMappings(
  certificate: Certificate,
  level: PolicyLevel,
  mappingAllowed: boolean,
): PolicyLevel {
  const stated = certificate.policyMappings ?? [];
  const mappings: PolicyMapping[] = [];
  const mapped = new Set<string>();
  for (const mapping of stated) {
    const { issuerDomainPolicy } = mapping;
    if (!mappingAllowed) {
      level.policies.delete(issuerDomainPolicy);
      continue;
    }
    if (!level.policies.has(issuerDomainPolicy)) {
      if (!level.hasAnyPolicy) continue;
      level.policies.set(issuerDomainPolicy, new Set());
    }
    mapped.add(issuerDomainPolicy);
    mappings.push(mapping);
  }
  // Policies that are not mapped stay the same
  for (const policy of level.policies.keys()) {
    if (!mapped.has(policy)) {
      mappings.push({ issuerDomainPolicy: policy, subjectDomainPolicy: policy });
    }
  }
  const next: PolicyLevel = { hasAnyPolicy: level.hasAnyPolicy, policies: new Map() };
  for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
    const parents = next.policies.get(subjectDomainPolicy) ?? new Set();
    next.policies.set(subjectDomainPolicy, parents.add(issuerDomainPolicy));
  }
  return next;
}

/** Returns whether a policy of the last level derives from an acceptable one. */
function isAcceptable(levels: readonly PolicyLevel[], acceptable?: ReadonlySet<string>): boolean {
  const last = levels[levels.length - 1]!;
  if (acceptable === undefined || acceptable.has(OIDS.anyPolicy)) return !isEmpty(last);
  if (last.hasAnyPolicy) return true;
  let reached = new Set(last.policies.keys());
  for (const { policies } of levels.toReversed()) {
    const above = new Set<string>();
    for (const policy of reached) {
      const parents = policies.get(policy)!;
      // A policy that derives from anyPolicy is in the domain of the caller's policies
      if (parents.size === 0 && acceptable.has(policy)) return true;
      for (const parent of parents) above.add(parent);
    }
    reached = above;
  }
  return false;
}
