// Copyright 2026 the NSS for Deno authors. MIT license.

import { toBigInt } from "../base/bytes.ts";
import type { DerWriter } from "../der/der_writer.ts";
import type { DerReader } from "../der/der_reader.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The maximum size in bytes of a CRL number. RFC 5280, Section 5.2.3: CRL verifiers MUST be able to
 * handle CRLNumber values up to 20 octets.
 */
export const MAX_CRL_NUMBER_SIZE = 20;

function readNumber(reader: DerReader): bigint {
  const start = reader.offset;
  const bytes = reader.unsignedInteger("");
  if (bytes.length > MAX_CRL_NUMBER_SIZE) {
    reader.fail("", `the number of ${bytes.length} bytes at byte ${start} is too long`, 0);
  }
  return toBigInt(bytes);
}

const codec = (oid: string, name: string): ExtensionCodec<bigint> => ({
  oid,
  name,
  read: readNumber,
  write: (writer: DerWriter, value: bigint) => {
    writer.integer(value);
  },
});

/**
 * The codec of cRLNumber (RFC 5280, Section 5.2.3), which increases with each CRL.
 *
 * @category Certificate extensions
 */
export const crlNumber: ExtensionCodec<bigint> = codec(OIDS.cRLNumber, "cRLNumber");

/**
 * The codec of deltaCRLIndicator (RFC 5280, Section 5.2.4), the number of the base CRL.
 *
 * @category Certificate extensions
 */
export const deltaCrlIndicator: ExtensionCodec<bigint> = codec(
  OIDS.deltaCRLIndicator,
  "deltaCRLIndicator",
);
