// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../der/der_reader.ts";
import { constructedTag } from "../der/tag.ts";
import type { DerWriter } from "../der/der_writer.ts";
import { type GeneralName, readGeneralName, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The names for which a CA may issue certificates (RFC 5280, Section 4.2.1.10).
 *
 * @category Certificate extensions
 */
export interface NameConstraints {
  /** The permitted subtrees. A name of a kind that occurs here must be in one of them. */
  readonly permitted: readonly GeneralName[];
  /** The excluded subtrees, in which no name may be. */
  readonly excluded: readonly GeneralName[];
}

function readSubtrees(sequence: DerReader, field: string, tag: number): GeneralName[] {
  const subtrees: GeneralName[] = [];
  if (sequence.nextTag !== tag) return subtrees;
  const reader = sequence.constructed(field, tag);
  // GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree
  do {
    const subtree = reader.sequence("generalSubtree");
    subtrees.push(readGeneralName(subtree, "base"));
    // RFC 5280: minimum MUST be zero, which DER omits, and maximum MUST be absent
    subtree.finish();
  } while (!reader.done);
  return subtrees;
}

function writeSubtrees(writer: DerWriter, tag: number, subtrees: readonly GeneralName[]): void {
  if (subtrees.length === 0) return;
  writer.constructed(tag, (w) => {
    for (const base of subtrees) w.sequence((w) => writeGeneralName(w, base));
  });
}

/**
 * The codec of nameConstraints.
 *
 * @category Certificate extensions
 */
export const nameConstraints: ExtensionCodec<NameConstraints> = {
  oid: OIDS.nameConstraints,
  name: "nameConstraints",
  read(reader) {
    const sequence = reader.sequence("");
    const permitted = readSubtrees(sequence, "permittedSubtrees", constructedTag(0));
    const excluded = readSubtrees(sequence, "excludedSubtrees", constructedTag(1));
    sequence.finish();
    // RFC 5280: CAs MUST NOT issue certificates where name constraints is an empty sequence
    if (permitted.length + excluded.length === 0) reader.fail("", "there are no constraints", 0);
    return { permitted, excluded };
  },
  write(writer, { permitted, excluded }) {
    writer.sequence((w) => {
      writeSubtrees(w, constructedTag(0), permitted);
      writeSubtrees(w, constructedTag(1), excluded);
    });
  },
};
