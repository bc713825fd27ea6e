// Copyright 2026 the NSS for Deno authors. MIT license.

/** Certificates in words. @module */

import {
  type Certificate,
  formatGeneralName,
  type KeyAlgorithm,
  NssError,
} from "../../cert/mod.ts";

/** Whose certificate it is: the subject, or the first other name where that is empty. */
export function subjectOf(certificate: Certificate): string {
  if (!certificate.subject.isEmpty) return String(certificate.subject);
  try {
    const [name] = certificate.subjectAltName ?? [];
    return name === undefined ? "-" : formatGeneralName(name);
  } catch (error) {
    if (error instanceof NssError) return "-"; // the names are malformed
    throw error;
  }
}

/** The kind of a key in words. */
export function keyText(algorithm: KeyAlgorithm | null): string {
  if (algorithm === null) return "unknown";
  if (algorithm.type === "ec") return `ec ${algorithm.curve}`;
  if ("modulusLength" in algorithm) return `${algorithm.type} ${algorithm.modulusLength}`;
  return algorithm.type;
}
