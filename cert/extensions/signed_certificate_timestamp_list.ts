// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../der/der_reader.ts";
import { NssError } from "../base/errors.ts";
import { OIDS } from "../der/oids.ts";
import { encodeSctList, parseSctList, type Sct } from "./sct.ts";
import type { ExtensionCodec } from "./extension.ts";

function read(reader: DerReader): readonly Sct[] {
  try {
    return parseSctList(reader.octetString(""));
  } catch (error) {
    if (error instanceof NssError && error.name === "SEC_ERROR_BAD_DATA") {
      return reader.fail("", error.message, 0);
    }
    throw error;
  }
}

const codec = (oid: string, name: string): ExtensionCodec<readonly Sct[]> => ({
  oid,
  name,
  read,
  write: (writer, scts) => {
    writer.octetString(encodeSctList(scts));
  },
});

/**
 * The codec of the SCTs in a certificate (RFC 6962, Section 3.3).
 *
 * @category Certificate extensions
 */
export const signedCertificateTimestampList: ExtensionCodec<readonly Sct[]> = codec(
  OIDS.signedCertificateTimestampList,
  "signedCertificateTimestampList",
);

/**
 * The codec of the SCTs in a single response of OCSP (RFC 6962, Section 3.3).
 *
 * @category Certificate extensions
 */
export const ocspSignedCertificateTimestampList: ExtensionCodec<readonly Sct[]> = codec(
  "1.3.6.1.4.1.11129.2.4.5",
  "signedCertificateTimestampList",
);
