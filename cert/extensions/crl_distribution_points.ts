// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../der/der_reader.ts";
import { constructedTag, contextTag } from "../der/tag.ts";
import type { DerWriter } from "../der/der_writer.ts";
import { type GeneralName, readGeneralNames, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * A DistributionPoint: the location of a CRL (RFC 5280, Section 4.2.1.13).
 *
 * @category Certificate extensions
 */
export interface DistributionPoint {
  /** The location; absent if only a relative name or the issuer is given. */
  readonly fullName?: readonly GeneralName[];
  /** The content of the name relative to the CRL issuer. */
  readonly nameRelativeToCrlIssuer?: Uint8Array<ArrayBuffer>;
  /** The numbers of the reasons that the CRL covers; all if absent. */
  readonly reasons?: ReadonlySet<number>;
  /** The issuer of the CRL, if it is not the issuer of the certificate. */
  readonly crlIssuer?: readonly GeneralName[];
}

const NAME = constructedTag(0);
const FULL_NAME = constructedTag(0);
const RELATIVE_NAME = constructedTag(1);
const REASONS = contextTag(1);
const CRL_ISSUER = constructedTag(2);

/**
 * Reads a DistributionPointName, which is a CHOICE.
 *
 * @param reader A reader before its `[0]` tag.
 * @returns The full name or the relative name.
 * @throws {NssError} If it is malformed.
 */
export function readDistributionPointName(
  reader: DerReader,
): Pick<DistributionPoint, "fullName" | "nameRelativeToCrlIssuer"> {
  const choice = reader.constructed("distributionPoint", NAME);
  const relative = choice.nextTag === RELATIVE_NAME;
  const name = relative
    ? { nameRelativeToCrlIssuer: choice.content("nameRelativeToCRLIssuer", RELATIVE_NAME) }
    : { fullName: readGeneralNames(choice.constructed("fullName", FULL_NAME)) };
  choice.finish();
  return name;
}

function readDistributionPoint(sequence: DerReader): DistributionPoint {
  const point = sequence.sequence("distributionPoint");
  const name = point.nextTag === NAME ? readDistributionPointName(point) : {};
  const reasons = point.nextTag === REASONS ? point.namedBits("reasons", REASONS) : undefined;
  const crlIssuer = point.nextTag === CRL_ISSUER
    ? readGeneralNames(point.constructed("cRLIssuer", CRL_ISSUER))
    : undefined;
  point.finish();
  return {
    ...name,
    ...(reasons !== undefined && { reasons }),
    ...(crlIssuer !== undefined && { crlIssuer }),
  };
}

function writeDistributionPoint(writer: DerWriter, point: DistributionPoint): void {
  const { fullName, nameRelativeToCrlIssuer, reasons, crlIssuer } = point;
  const names = (list: readonly GeneralName[]) => (w: DerWriter) =>
    list.forEach((name) => writeGeneralName(w, name));
  writer.sequence((w) => {
    if (fullName !== undefined) {
      w.constructed(NAME, (w) => w.constructed(FULL_NAME, names(fullName)));
    } else if (nameRelativeToCrlIssuer !== undefined) {
      w.constructed(NAME, (w) => w.primitive(RELATIVE_NAME, nameRelativeToCrlIssuer));
    }
    if (reasons !== undefined) w.namedBits(reasons, REASONS);
    if (crlIssuer !== undefined) w.constructed(CRL_ISSUER, names(crlIssuer));
  });
}

const codec = (oid: string, name: string): ExtensionCodec<readonly DistributionPoint[]> => ({
  oid,
  name,
  read(reader) {
    const points: DistributionPoint[] = [];
    const sequence = reader.sequence("");
    // CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
    do points.push(readDistributionPoint(sequence)); while (!sequence.done);
    return points;
  },
  write(writer, points) {
    writer.sequence((w) => points.forEach((point) => writeDistributionPoint(w, point)));
  },
});

/**
 * The codec of cRLDistributionPoints.
 *
 * @category Certificate extensions
 */
export const crlDistributionPoints: ExtensionCodec<readonly DistributionPoint[]> = codec(
  OIDS.cRLDistributionPoints,
  "cRLDistributionPoints",
);

/**
 * The codec of freshestCRL (RFC 5280, Section 4.2.1.15).
 *
 * @category Certificate extensions
 */
export const freshestCrl: ExtensionCodec<readonly DistributionPoint[]> = codec(
  OIDS.freshestCRL,
  "freshestCRL",
);
