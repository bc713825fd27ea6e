// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { type ExtensionCodec, u16ListCodec } from "./extension_codec.ts";

/** The maximum length in bytes of `supported_signature_algorithms<2..2^16-2>`. */
const MAX_LENGTH = 0xfffe;

/** `signature_algorithms`: for CertificateVerify and certificates (RFC 8446, Section 4.2.3). */
export const signatureAlgorithms: ExtensionCodec<readonly number[]> = u16ListCodec(
  ExtensionType.signatureAlgorithms,
  "signature_algorithms",
  MAX_LENGTH,
);

/** `signature_algorithms_cert`: for certificates only (RFC 8446, Section 4.2.3). */
export const signatureAlgorithmsCert: ExtensionCodec<readonly number[]> = u16ListCodec(
  ExtensionType.signatureAlgorithmsCert,
  "signature_algorithms_cert",
  MAX_LENGTH,
);
