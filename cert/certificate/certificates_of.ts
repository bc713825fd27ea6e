// Copyright 2026 the NSS for Deno authors. MIT license.

import { isArray, isEither, requireArgs } from "../base/options.ts";
import { asciiOf } from "../base/bytes.ts";
import { Certificate, parseCertificate, parseCertificatesPem } from "./certificate.ts";

/**
 * Converts certificates in any form to parsed ones.
 *
 * @param input PEM text, PEM or DER bytes, a certificate, or an array of these.
 * @returns The certificates.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if one is malformed or PEM text has no certificate.
 */
export function certificatesOf(
  input: string | Uint8Array | Certificate | readonly (string | Uint8Array | Certificate)[],
): Certificate[] {
  if (input instanceof Certificate) return [input];
  if (typeof input === "string") return parseCertificatesPem(input);
  if (!(input instanceof Uint8Array)) {
    const isForm = isEither("a Certificate, PEM text or bytes", isArray);
    requireArgs("Cannot read certificates", isForm(input, "the input"));
    return input.flatMap((one) => certificatesOf(one));
  }
  const text = input[0] === 0x30 ? null : asciiOf(input);
  return text?.includes("-----BEGIN ") ? parseCertificatesPem(text) : [parseCertificate(input)];
}
