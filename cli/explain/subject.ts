// Copyright 2026 the NSS for Deno authors. MIT license.

/** Who a certificate is of, in words. @module */

import { NssError } from "../../cert/base/errors.ts";
import { type Certificate, formatGeneralName } from "../../cert/mod.ts";
import { safe } from "../base/text.ts";
import { keyText } from "../store/text.ts";

/** Who a certificate is of: its subject, or its first other name. */
export function subjectOf(certificate: Certificate): string {
  if (certificate.subject.commonName) return safe(certificate.subject.commonName, 100);
  if (!certificate.subject.isEmpty) return safe(certificate.subject, 100);
  return namesOf(certificate)[0] ?? "-";
}

/** The other names of a certificate; none if they are malformed. */
export function namesOf(certificate: Certificate): readonly string[] {
  try {
    return (certificate.subjectAltName ?? []).map((name) => safe(formatGeneralName(name), 100));
  } catch (error) {
    if (error instanceof NssError) return [];
    throw error;
  }
}

/** The kind of a certificate's key. */
export function keyOf(certificate: Certificate): string {
  try {
    return keyText(certificate.subjectPublicKeyInfo.algorithm);
  } catch (error) {
    if (error instanceof NssError) return "of an unknown kind";
    throw error;
  }
}
