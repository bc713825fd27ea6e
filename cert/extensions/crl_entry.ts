// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, isOneOf } from "../base/options.ts";
import type { DerReader } from "../der/der_reader.ts";
import { TAG } from "../der/tag.ts";
import { type GeneralName, readGeneralNames, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import { readGeneralizedTime, writeGeneralizedTime } from "../der/time.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The reason for a revocation (RFC 5280, Section 5.3.1).
 *
 * @category Certificate extensions
 */
export type CrlReason =
  | "unspecified"
  | "keyCompromise"
  | "cACompromise"
  | "affiliationChanged"
  | "superseded"
  | "cessationOfOperation"
  | "certificateHold"
  | "removeFromCRL"
  | "privilegeWithdrawn"
  | "aACompromise";

/** The reasons by number; 7 is not used. */
export const CRL_REASONS: readonly (CrlReason | null)[] = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  null,
  "removeFromCRL",
  "privilegeWithdrawn",
  "aACompromise",
];

/** Accepts a reason. */
export const isCrlReason: Check = isOneOf(CRL_REASONS.filter((reason) => reason !== null));

/**
 * Reads a CRLReason.
 *
 * @param reader The reader.
 * @param field The name of the field.
 * @returns The reason.
 * @throws {NssError} If it is not a reason.
 */
export function readCrlReason(reader: DerReader, field: string): CrlReason {
  const number = reader.smallInteger(field, TAG.enumerated);
  return CRL_REASONS[number] ?? reader.fail(field, `${number} is not a reason`);
}

/**
 * Returns the number of a reason.
 *
 * @param reason The reason.
 * @returns The number.
 */
export function crlReasonNumber(reason: CrlReason): number {
  return CRL_REASONS.indexOf(reason);
}

/**
 * The codec of reasonCode (RFC 5280, Section 5.3.1).
 *
 * @category Certificate extensions
 */
export const reasonCode: ExtensionCodec<CrlReason> = {
  oid: OIDS.reasonCode,
  name: "reasonCode",
  read: (reader) => readCrlReason(reader, ""),
  write: (writer, reason) => {
    writer.integer(crlReasonNumber(reason), TAG.enumerated);
  },
};

/**
 * The codec of invalidityDate (RFC 5280, Section 5.3.2), since when the key is suspect.
 *
 * @category Certificate extensions
 */
export const invalidityDate: ExtensionCodec<Date> = {
  oid: OIDS.invalidityDate,
  name: "invalidityDate",
  read: (reader) => readGeneralizedTime(reader, ""),
  write: writeGeneralizedTime,
};

/**
 * The codec of certificateIssuer (RFC 5280, Section 5.3.3), in entries of indirect CRLs.
 *
 * @category Certificate extensions
 */
export const certificateIssuer: ExtensionCodec<readonly GeneralName[]> = {
  oid: OIDS.certificateIssuer,
  name: "certificateIssuer",
  read: (reader) => readGeneralNames(reader.sequence("")),
  write: (writer, names) => {
    writer.sequence((w) => names.forEach((name) => writeGeneralName(w, name)));
  },
};
