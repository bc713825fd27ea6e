// Copyright 2026 the NSS for Deno authors. MIT license.

import { contextTag } from "../der/der.ts";
import { oidName, OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/** A policy that a certificate was issued under (RFC 5280, Section 4.2.1.4). */
export interface PolicyInformation {
  /** The dotted identifier of the policy. */
  readonly policy: string;
  /** What else the authority says of it. */
  readonly qualifiers: readonly PolicyQualifier[];
}

/** A remark on a policy. */
export interface PolicyQualifier {
  /** The dotted identifier of the kind of remark. */
  readonly type: string;
  /** The encoding of the remark. */
  readonly value: Uint8Array<ArrayBuffer>;
}

/** A policy of the issuer that a policy of the subject stands for (RFC 5280, Section 4.2.1.5). */
export interface PolicyMapping {
  /** The policy of the issuer. */
  readonly issuerDomainPolicy: string;
  /** The policy of the subject. */
  readonly subjectDomainPolicy: string;
}

/** After how many more certificates policies get stricter (RFC 5280, Section 4.2.1.11). */
export interface PolicyConstraints {
  /** When every certificate needs an acceptable policy. */
  readonly requireExplicitPolicy?: number;
  /** When policies are mapped no more. */
  readonly inhibitPolicyMapping?: number;
}

/** How certificatePolicies is read and written. */
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

/** How policyMappings is read and written. */
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

/** How policyConstraints is read and written. */
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

/** How inhibitAnyPolicy (RFC 5280, Section 4.2.1.14) is read and written. */
export const inhibitAnyPolicy: ExtensionCodec<number> = {
  oid: OIDS.inhibitAnyPolicy,
  name: "inhibitAnyPolicy",
  read: (reader) => reader.smallInteger(""),
  write: (writer, value) => {
    writer.integer(value);
  },
};
