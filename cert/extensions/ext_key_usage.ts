// Copyright 2026 the NSS for Deno authors. MIT license.

import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/** The purposes by the bits of netscapeCertType, of end entities and of authorities. */
const NETSCAPE_BITS: readonly (readonly [bit: number, isCa: boolean, purpose: string])[] = [
  [0, false, OIDS.clientAuth],
  [1, false, OIDS.serverAuth],
  [2, false, OIDS.emailProtection],
  [3, false, OIDS.codeSigning],
  [5, true, OIDS.clientAuth],
  [5, true, OIDS.serverAuth],
  [6, true, OIDS.emailProtection],
  [7, true, OIDS.codeSigning],
];

/**
 * The codec of extKeyUsage (RFC 5280, Section 4.2.1.12): purposes as dotted object identifiers.
 *
 * @category Certificate extensions
 */
export const extKeyUsage: ExtensionCodec<readonly string[]> = {
  oid: OIDS.extKeyUsage,
  name: "extKeyUsage",
  read(reader) {
    const purposes: string[] = [];
    const sequence = reader.sequence("");
    // RFC 5280, Section 4.2.1.12: SEQUENCE SIZE (1..MAX) OF KeyPurposeId
    do purposes.push(sequence.oid("keyPurposeId")); while (!sequence.done);
    return purposes;
  },
  write(writer, purposes) {
    writer.sequence((w) => purposes.forEach((purpose) => w.oid(purpose)));
  },
};

/** The codec of netscapeCertType, the predecessor of extKeyUsage: the numbers of its bits. */
export const netscapeCertType: ExtensionCodec<ReadonlySet<number>> = {
  oid: OIDS.netscapeCertType,
  name: "netscapeCertType",
  read: (reader) => reader.namedBits(""),
  write: (writer, bits) => void writer.namedBits(bits),
};

/**
 * Returns the purposes that netscapeCertType allows.
 *
 * @param bits Its bits.
 * @param isCa Whether the purposes of an authority are meant, or those of an end entity.
 * @returns The purposes as dotted object identifiers.
 */
export function netscapePurposes(bits: ReadonlySet<number>, isCa: boolean): readonly string[] {
  return NETSCAPE_BITS.flatMap(([bit, ofCa, purpose]) =>
    bits.has(bit) && ofCa === isCa ? [purpose] : []
  );
}
