// Copyright 2026 the NSS for Deno authors. MIT license.

import { toBase64 } from "../base/runtime.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { colonHex } from "./certificate_text.ts";
import type { HashName } from "../certificate/private_key.ts";

/**
 * Computes the fingerprint of a certificate in text form.
 *
 * @param certificate The certificate.
 * @param hash The hash function, SHA-256 by default.
 * @returns The digest in hexadecimal with colons, such as `AB:CD:...`.
 */
export async function formatFingerprint(
  certificate: Certificate,
  hash: HashName = "SHA-256",
): Promise<string> {
  return colonHex(await certificate.fingerprint(hash));
}

/**
 * Computes the pin of a certificate's key (RFC 7469, Section 2.4), which stays the same when the
 * certificate is renewed with the same key. Keys of unsupported kinds have one as well.
 *
 * @param certificate The certificate.
 * @returns The SHA-256 of the SubjectPublicKeyInfo in base64, 44 characters.
 */
export async function spkiPin(certificate: Certificate): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", certificate.subjectPublicKeyInfoDer);
  return toBase64(new Uint8Array(digest));
}
