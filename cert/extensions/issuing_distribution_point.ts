// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../der/der_reader.ts";
import { constructedTag, contextTag } from "../der/tag.ts";
import type { DerWriter } from "../der/der_writer.ts";
import { type GeneralName, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import { readDistributionPointName } from "./crl_distribution_points.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The scope of a CRL (RFC 5280, Section 5.2.5).
 *
 * @category Certificate extensions
 */
export interface IssuingDistributionPoint {
  /**
   * The location of the CRL: one of these names must be in the certificate's distribution points.
   */
  readonly fullName?: readonly GeneralName[];
  /** The content of the name relative to the CRL issuer. */
  readonly nameRelativeToCrlIssuer?: Uint8Array<ArrayBuffer>;
  /** Whether the CRL covers end entity certificates only. */
  readonly onlyContainsUserCerts: boolean;
  /** Whether the CRL covers CA certificates only. */
  readonly onlyContainsCaCerts: boolean;
  /** The numbers of the reasons that the CRL covers; all if absent. */
  readonly onlySomeReasons?: ReadonlySet<number>;
  /** Whether the CRL covers certificates of other issuers as well. */
  readonly indirectCrl: boolean;
  /** Whether the CRL covers attribute certificates only. */
  readonly onlyContainsAttributeCerts: boolean;
}

const NAME = constructedTag(0);
const USER = contextTag(1);
const CA = contextTag(2);
const REASONS = contextTag(3);
const INDIRECT = contextTag(4);
const ATTRIBUTE = contextTag(5);

function readFlag(sequence: DerReader, field: string, tag: number): boolean {
  if (sequence.nextTag !== tag) return false;
  const start = sequence.offset;
  const content = sequence.content(field, tag);
  // X.690, Sections 11.1 and 11.5: FALSE, the default, is omitted
  if (content.length !== 1 || content[0] !== 0xff) {
    sequence.fail(field, `at byte ${start} there is no TRUE of DER`);
  }
  return true;
}

/**
 * The codec of issuingDistributionPoint.
 *
 * @category Certificate extensions
 */
export const issuingDistributionPoint: ExtensionCodec<IssuingDistributionPoint> = {
  oid: OIDS.issuingDistributionPoint,
  name: "issuingDistributionPoint",
  read(reader) {
    const sequence = reader.sequence("");
    // RFC 5280, Section 5.2.5: MUST NOT be an empty sequence
    if (sequence.done) sequence.fail("", "it says nothing");
    const name = sequence.nextTag === NAME ? readDistributionPointName(sequence) : {};
    const onlyContainsUserCerts = readFlag(sequence, "onlyContainsUserCerts", USER);
    const onlyContainsCaCerts = readFlag(sequence, "onlyContainsCACerts", CA);
    const onlySomeReasons = sequence.nextTag === REASONS
      ? sequence.namedBits("onlySomeReasons", REASONS)
      : undefined;
    const indirectCrl = readFlag(sequence, "indirectCRL", INDIRECT);
    const onlyContainsAttributeCerts = readFlag(sequence, "onlyContainsAttributeCerts", ATTRIBUTE);
    sequence.finish();
    // RFC 5280: at most one of the three may be set to TRUE
    if (
      Number(onlyContainsUserCerts) + Number(onlyContainsCaCerts) +
          Number(onlyContainsAttributeCerts) > 1
    ) reader.fail("", "it says only of two kinds of certificates", 0);
    return {
      ...name,
      onlyContainsUserCerts,
      onlyContainsCaCerts,
      ...(onlySomeReasons !== undefined && { onlySomeReasons }),
      indirectCrl,
      onlyContainsAttributeCerts,
    };
  },
  write(writer, point) {
    const { fullName, nameRelativeToCrlIssuer, onlySomeReasons } = point;
    const flag = (w: DerWriter, tag: number, value: boolean) => {
      if (value) w.primitive(tag, Uint8Array.of(0xff));
    };
    writer.sequence((w) => {
      if (fullName !== undefined) {
        w.constructed(NAME, (w) => {
          w.constructed(constructedTag(0), (w) => fullName.forEach((n) => writeGeneralName(w, n)));
        });
      } else if (nameRelativeToCrlIssuer !== undefined) {
        w.constructed(NAME, (w) => w.primitive(constructedTag(1), nameRelativeToCrlIssuer));
      }
      flag(w, USER, point.onlyContainsUserCerts);
      flag(w, CA, point.onlyContainsCaCerts);
      if (onlySomeReasons !== undefined) w.namedBits(onlySomeReasons, REASONS);
      flag(w, INDIRECT, point.indirectCrl);
      flag(w, ATTRIBUTE, point.onlyContainsAttributeCerts);
    });
  },
};
