// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../der/der_reader.ts";
import { constructedTag } from "../der/tag.ts";
import {
  type CertificateExtension,
  type ExtensionCodec,
  readExtensions,
} from "../extensions/extension.ts";

/**
 * Reads extensions in an explicit tag, as in OCSP.
 *
 * @param reader The reader.
 * @param field The name of the field.
 * @param number The number of the tag.
 * @returns The extensions by dotted object identifier.
 * @throws {NssError} If they are malformed.
 */
export function readExplicitExtensions(
  reader: DerReader,
  field: string,
  number: number,
): ReadonlyMap<string, CertificateExtension> {
  const explicit = reader.constructed(field, constructedTag(number));
  const extensions = readExtensions(explicit, "");
  explicit.finish();
  return extensions;
}

/**
 * Decodes the value of an extension of an OCSP request or response.
 *
 * @param extensions The extensions.
 * @param codec The codec of the extension.
 * @param what What has the extension, for error messages.
 * @param error The name of the error thrown.
 * @returns The value, or `undefined` if the extension is absent.
 * @throws {NssError} If it is malformed.
 */
export function readOcspExtension<T>(
  extensions: ReadonlyMap<string, CertificateExtension>,
  codec: ExtensionCodec<T>,
  what: string,
  error: "SEC_ERROR_OCSP_MALFORMED_REQUEST" | "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
): T | undefined {
  const extension = extensions.get(codec.oid);
  if (extension === undefined) return undefined;
  const reader = new DerReader(extension.value, `${what}'s ${codec.name}`, error, extension.offset);
  const value = codec.read(reader);
  reader.finish();
  return value;
}
