// Copyright 2026 the NSS for Deno authors. MIT license.

import { type GeneralName, readGeneralName, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * An AccessDescription: the location of a service or of information (RFC 5280, Section 4.2.2.1).
 *
 * @category Certificate extensions
 */
export interface AccessDescription {
  /** The kind of information, a dotted object identifier such as that of OCSP or caIssuers. */
  readonly method: string;
  /** The location. */
  readonly location: GeneralName;
}

const codec = (oid: string, name: string): ExtensionCodec<readonly AccessDescription[]> => ({
  oid,
  name,
  read(reader) {
    const descriptions: AccessDescription[] = [];
    const sequence = reader.sequence("");
    // AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF AccessDescription
    do {
      const description = sequence.sequence("accessDescription");
      const method = description.oid("accessMethod");
      descriptions.push({ method, location: readGeneralName(description, "accessLocation") });
      description.finish();
    } while (!sequence.done);
    return descriptions;
  },
  write(writer, descriptions) {
    writer.sequence((w) => {
      for (const { method, location } of descriptions) {
        w.sequence((w) => writeGeneralName(w.oid(method), location));
      }
    });
  },
});

/**
 * The codec of authorityInfoAccess (RFC 5280, Section 4.2.2.1).
 *
 * @category Certificate extensions
 */
export const authorityInfoAccess: ExtensionCodec<readonly AccessDescription[]> = codec(
  OIDS.authorityInfoAccess,
  "authorityInfoAccess",
);

/**
 * The codec of subjectInfoAccess (RFC 5280, Section 4.2.2.2).
 *
 * @category Certificate extensions
 */
export const subjectInfoAccess: ExtensionCodec<readonly AccessDescription[]> = codec(
  OIDS.subjectInfoAccess,
  "subjectInfoAccess",
);
