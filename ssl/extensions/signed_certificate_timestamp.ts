// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

const NAME = "signed_certificate_timestamp";

/** The request for timestamps, in ClientHello and CertificateRequest (RFC 6962, Section 3.3.1). */
export const signedCertificateTimestamp: ExtensionCodec<true> = emptyCodec(
  ExtensionType.signedCertificateTimestamp,
  NAME,
);

/** `SignedCertificateTimestampList`: the SCTs of a certificate (RFC 6962, Section 3.3). */
export const signedCertificateTimestampList: ExtensionCodec<readonly Uint8Array<ArrayBuffer>[]> = {
  type: ExtensionType.signedCertificateTimestamp,
  name: NAME,
  parse: (reader) => reader.reader16(1).list((r) => r.vector16(1)),
  encode: (writer, timestamps) => {
    writer.vector16((list) => timestamps.forEach((sct) => list.vector16(sct, 1)), 1);
  },
};
