// Copyright 2026 the NSS for Deno authors. MIT license.

import { constructedTag, contextTag } from "../der/tag.ts";
import { type GeneralName, readGeneralNames, writeGeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The identification of the key that signed a certificate (RFC 5280, Section 4.2.1.1).
 *
 * @category Certificate extensions
 */
export interface AuthorityKeyIdentifier {
  /** The subject key identifier of the issuer's certificate. */
  readonly keyIdentifier?: Uint8Array<ArrayBuffer>;
  /** The names of the issuer of the issuer's certificate. */
  readonly authorityCertIssuer?: readonly GeneralName[];
  /** The serial number of the issuer's certificate. */
  readonly authorityCertSerialNumber?: Uint8Array<ArrayBuffer>;
}

/**
 * The codec of subjectKeyIdentifier (RFC 5280, Section 4.2.1.2).
 *
 * @category Certificate extensions
 */
export const subjectKeyIdentifier: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  oid: OIDS.subjectKeyIdentifier,
  name: "subjectKeyIdentifier",
  read: (reader) => reader.octetString(""),
  write: (writer, value) => {
    writer.octetString(value);
  },
};

const ISSUER = constructedTag(1);
const SERIAL = contextTag(2);

/**
 * The codec of authorityKeyIdentifier.
 *
 * @category Certificate extensions
 */
export const authorityKeyIdentifier: ExtensionCodec<AuthorityKeyIdentifier> = {
  oid: OIDS.authorityKeyIdentifier,
  name: "authorityKeyIdentifier",
  read(reader) {
    const sequence = reader.sequence("");
    const keyIdentifier = sequence.nextTag === contextTag(0)
      ? sequence.octetString("keyIdentifier", contextTag(0))
      : undefined;
    const authorityCertIssuer = sequence.nextTag === ISSUER
      ? readGeneralNames(sequence.constructed("authorityCertIssuer", ISSUER))
      : undefined;
    const authorityCertSerialNumber = sequence.nextTag === SERIAL
      ? sequence.integer("authorityCertSerialNumber", SERIAL)
      : undefined;
    sequence.finish();
    return {
      ...(keyIdentifier !== undefined && { keyIdentifier }),
      ...(authorityCertIssuer !== undefined && { authorityCertIssuer }),
      ...(authorityCertSerialNumber !== undefined && { authorityCertSerialNumber }),
    };
  },
  write(writer, { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber }) {
    writer.sequence((w) => {
      if (keyIdentifier !== undefined) w.primitive(contextTag(0), keyIdentifier);
      if (authorityCertIssuer !== undefined) {
        w.constructed(ISSUER, (w) => authorityCertIssuer.forEach((n) => writeGeneralName(w, n)));
      }
      if (authorityCertSerialNumber !== undefined) w.integer(authorityCertSerialNumber, SERIAL);
    });
  },
};
