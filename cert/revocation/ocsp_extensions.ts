// Copyright 2026 the NSS for Deno authors. MIT license.

import { constructedTag, DerReader } from "../der/der.ts";
import {
  type CertificateExtension,
  type ExtensionCodec,
  readExtensions,
} from "../extensions/extension.ts";

/**
 * Reads extensions in an explicit tag, as OCSP has them.
 *
 * @param reader Where to read.
 * @param field The name of the field.
 * @param number The number of the tag.
 * @returns The extensions.
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
 * Reads the value of an extension of a request or a response.
 *
 * @param extensions Where to look.
 * @param codec Which extension.
 * @param what Of what it is, for messages.
 * @param error What a failure is called.
 * @returns Its value, or `undefined` if there is none.
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
