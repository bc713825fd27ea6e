// Copyright 2026 the NSS for Deno authors. MIT license.

import { type GeneralName, readGeneralNames, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

const codec = (oid: string, name: string): ExtensionCodec<readonly GeneralName[]> => ({
  oid,
  name,
  read: (reader) => readGeneralNames(reader.sequence("")),
  write: (writer, names) => {
    writer.sequence((w) => names.forEach((name) => writeGeneralName(w, name)));
  },
});

/**
 * The codec of subjectAltName (RFC 5280, Section 4.2.1.6).
 *
 * @category Certificate extensions
 */
export const subjectAltName: ExtensionCodec<readonly GeneralName[]> = codec(
  OIDS.subjectAltName,
  "subjectAltName",
);

/**
 * The codec of issuerAltName (RFC 5280, Section 4.2.1.7).
 *
 * @category Certificate extensions
 */
export const issuerAltName: ExtensionCodec<readonly GeneralName[]> = codec(
  OIDS.issuerAltName,
  "issuerAltName",
);
