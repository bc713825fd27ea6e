// Copyright 2026 the NSS for Deno authors. MIT license.

import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * A use of a key (RFC 5280, Section 4.2.1.3).
 *
 * @category Certificate extensions
 */
export type KeyUsage =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"
  | "encipherOnly"
  | "decipherOnly";

/** The uses, in the order of their bits. */
export const KEY_USAGES: readonly KeyUsage[] = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/**
 * The codec of keyUsage.
 *
 * @category Certificate extensions
 */
export const keyUsage: ExtensionCodec<ReadonlySet<KeyUsage>> = {
  oid: OIDS.keyUsage,
  name: "keyUsage",
  read(reader) {
    const usages = new Set<KeyUsage>();
    for (const bit of reader.namedBits("")) {
      const usage = KEY_USAGES[bit];
      if (usage === undefined) return reader.fail("", `bit ${bit} has no meaning`, 0);
      usages.add(usage);
    }
    // RFC 5280: at least one of the bits MUST be set to 1
    if (usages.size === 0) reader.fail("", "no bit is set", 0);
    return usages;
  },
  write(writer, usages) {
    writer.namedBits([...usages].map((usage) => KEY_USAGES.indexOf(usage)));
  },
};
