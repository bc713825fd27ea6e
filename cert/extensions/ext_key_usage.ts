// Copyright 2026 the NSS for Deno authors. MIT license.

import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/** The codec of extKeyUsage (RFC 5280, Section 4.2.1.12): purposes as dotted object identifiers. */
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
