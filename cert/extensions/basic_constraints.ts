// Copyright 2026 the NSS for Deno authors. MIT license.

import { TAG } from "../der/tag.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The value of basicConstraints (RFC 5280, Section 4.2.1.9).
 *
 * @category Certificate extensions
 */
export interface BasicConstraints {
  /** Whether the subject is a CA. */
  readonly isCa: boolean;
  /**
   * The maximum number of intermediate certificates that are not self-issued between this one and
   * the end entity's.
   */
  readonly pathLength?: number;
}

/**
 * The codec of basicConstraints.
 *
 * @category Certificate extensions
 */
export const basicConstraints: ExtensionCodec<BasicConstraints> = {
  oid: OIDS.basicConstraints,
  name: "basicConstraints",
  read(reader) {
    const sequence = reader.sequence("");
    // An explicit FALSE is not DER, but common
    const isCa = sequence.nextTag === TAG.boolean ? sequence.boolean("cA") : false;
    const pathLength = sequence.done ? undefined : sequence.smallInteger("pathLenConstraint");
    sequence.finish();
    // RFC 5280: CAs MUST NOT include pathLenConstraint unless cA is asserted. The verifier checks
    // that.
    return { isCa, ...(pathLength !== undefined && { pathLength }) };
  },
  write(writer, { isCa, pathLength }) {
    writer.sequence((w) => {
      if (isCa) w.boolean(true);
      if (pathLength !== undefined) w.integer(pathLength);
    });
  },
};
