// Copyright 2026 the NSS for Deno authors. MIT license.

import { contextTag } from "../der/tag.ts";
import { oidName, OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * A policy under which a certificate was issued (RFC 5280, Section 4.2.1.4).
 *
 * @category Certificate extensions
 */
export interface PolicyInformation {
  /** The dotted object identifier of the policy. */
  readonly policy: string;
  /** The qualifiers of the policy. */
  readonly qualifiers: readonly PolicyQualifier[];
}

/**
 * A qualifier of a policy, such as the address of a practice statement.
 *
 * @category Certificate extensions
 */
export interface PolicyQualifier {
  /** The dotted object identifier of the kind of qualifier. */
  readonly type: string;
  /** The encoding of the qualifier. */
  readonly value: Uint8Array<ArrayBuffer>;
}

/**
 * A policy of the issuer and an equivalent policy of the subject (RFC 5280, Section 4.2.1.5).
 *
 * @category Certificate extensions
 */
export interface PolicyMapping {
  /** The policy of the issuer. */
  readonly issuerDomainPolicy: string;
  /** The policy of the subject. */
  readonly subjectDomainPolicy: string;
}

/**
 * The value of policyConstraints (RFC 5280, Section 4.2.1.11).
 *
 * @category Certificate extensions
 */
export interface PolicyConstraints {
  /** The number of further certificates after which an acceptable policy is required. */
  readonly requireExplicitPolicy?: number;
  /** The number of further certificates after which policy mappings are not permitted. */
  readonly inhibitPolicyMapping?: number;
}

/**
 * The codec of certificatePolicies.
 *
 * @category Certificate extensions
 */
export const certificatePolicies: ExtensionCodec<readonly PolicyInformation[]> = {
  oid: OIDS.certificatePolicies,
  name: "certificatePolicies",
  read(reader) {
    const policies = new Map<string, PolicyInformation>();
    const sequence = reader.sequence("");
    do {
      const information = sequence.sequence("policyInformation");
      const policy = information.oid("policyIdentifier");
      const qualifiers: PolicyQualifier[] = [];
      if (!information.done) {
        const list = information.sequence("policyQualifiers");
        do {
          const qualifier = list.sequence("policyQualifierInfo");
          const type = qualifier.oid("policyQualifierId");
          qualifiers.push({ type, value: qualifier.element("qualifier").der });
          qualifier.finish();
        } while (!list.done);
      }
      information.finish();
      // RFC 5280: a certificate policy OID MUST NOT appear more than once
      if (policies.has(policy)) {
        sequence.fail("policyInformation", `${oidName(policy) ?? policy} is there twice`);
      }
      policies.set(policy, { policy, qualifiers });
    } while (!sequence.done);
    return [...policies.values()];
  },
  write(writer, policies) {
    writer.sequence((w) => {
      for (const { policy, qualifiers } of policies) {
        w.sequence((w) => {
          w.oid(policy);
          if (qualifiers.length === 0) return;
          w.sequence((w) => {
            for (const { type, value } of qualifiers) w.sequence((w) => w.oid(type).raw(value));
          });
        });
      }
    });
  },
};

/**
 * The codec of policyMappings.
 *
 * @category Certificate extensions
 */
export const policyMappings: ExtensionCodec<readonly PolicyMapping[]> = {
  oid: OIDS.policyMappings,
  name: "policyMappings",
  read(reader) {
    const mappings: PolicyMapping[] = [];
    const sequence = reader.sequence("");
    do {
      const mapping = sequence.sequence("policyMapping");
      const issuerDomainPolicy = mapping.oid("issuerDomainPolicy");
      const subjectDomainPolicy = mapping.oid("subjectDomainPolicy");
      mapping.finish();
      // RFC 5280: policies MUST NOT be mapped either to or from the special value anyPolicy
      if (issuerDomainPolicy === OIDS.anyPolicy || subjectDomainPolicy === OIDS.anyPolicy) {
        sequence.fail("policyMapping", "anyPolicy is mapped");
      }
      mappings.push({ issuerDomainPolicy, subjectDomainPolicy });
    } while (!sequence.done);
    return mappings;
  },
  write(writer, mappings) {
    writer.sequence((w) => {
      for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
        w.sequence((w) => w.oid(issuerDomainPolicy).oid(subjectDomainPolicy));
      }
    });
  },
};

const REQUIRE = contextTag(0);
const INHIBIT = contextTag(1);

/**
 * The codec of policyConstraints.
 *
 * @category Certificate extensions
 */
export const policyConstraints: ExtensionCodec<PolicyConstraints> = {
  oid: OIDS.policyConstraints,
  name: "policyConstraints",
  read(reader) {
    const sequence = reader.sequence("");
    // RFC 5280: CAs MUST NOT issue certificates where policy constraints is an empty sequence
    if (sequence.done) sequence.fail("", "there are no constraints");
    const requireExplicitPolicy = sequence.nextTag === REQUIRE
      ? sequence.smallInteger("requireExplicitPolicy", REQUIRE)
      : undefined;
    const inhibitPolicyMapping = sequence.nextTag === INHIBIT
      ? sequence.smallInteger("inhibitPolicyMapping", INHIBIT)
      : undefined;
    sequence.finish();
    return {
      ...(requireExplicitPolicy !== undefined && { requireExplicitPolicy }),
      ...(inhibitPolicyMapping !== undefined && { inhibitPolicyMapping }),
    };
  },
  write(writer, { requireExplicitPolicy, inhibitPolicyMapping }) {
    writer.sequence((w) => {
      if (requireExplicitPolicy !== undefined) w.integer(requireExplicitPolicy, REQUIRE);
      if (inhibitPolicyMapping !== undefined) w.integer(inhibitPolicyMapping, INHIBIT);
    });
  },
};

/**
 * The codec of inhibitAnyPolicy (RFC 5280, Section 4.2.1.14).
 *
 * @category Certificate extensions
 */
export const inhibitAnyPolicy: ExtensionCodec<number> = {
  oid: OIDS.inhibitAnyPolicy,
  name: "inhibitAnyPolicy",
  read: (reader) => reader.smallInteger(""),
  write: (writer, value) => {
    writer.integer(value);
  },
};
