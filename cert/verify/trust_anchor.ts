// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import type { NameConstraints } from "../extensions/name_constraints.ts";
import type { Name } from "../names/name.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";

/** An authority that is trusted without a signature (RFC 5280, Section 6.1.1 (d)). */
export interface TrustAnchor {
  /** The name of the authority. */
  readonly subject: Name;
  /** The key of the authority. */
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  /** In which names the authority is trusted, where that is not in its certificate. */
  readonly nameConstraints?: NameConstraints;
  /**
   * Certificates whose validity begins after this are not trusted
   * (`CKA_NSS_SERVER_DISTRUST_AFTER`).
   */
  readonly distrustAfter?: Date;
  /**
   * Whether a root programme has examined the certificate, as Mozilla does for the platform's
   * roots: then the strict profile leaves its form alone. Seven of Mozilla's roots, from before
   * 2013, would not pass.
   */
  readonly vetted?: boolean;
  /** The certificate of the authority, whose validity and extensions are then checked as well. */
  readonly certificate?: Certificate;
}

const ANCHORS = new WeakMap<Certificate, TrustAnchor>();

/**
 * Takes a certificate as a trust anchor.
 *
 * @param certificate The certificate, usually of a root authority.
 * @returns The trust anchor, the same one for the same certificate.
 * @throws {NssError} `SEC_ERROR_UNSUPPORTED_KEYALG` and the like if its key cannot be used.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, trustAnchorOf } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * assertEquals(trustAnchorOf(root).subject.toString(), "CN=Example Root");
 * ```
 */
export function trustAnchorOf(certificate: Certificate): TrustAnchor {
  let anchor = ANCHORS.get(certificate);
  if (anchor === undefined) {
    const { subject, subjectPublicKeyInfo } = certificate;
    anchor = { subject, subjectPublicKeyInfo, certificate };
    ANCHORS.set(certificate, anchor);
  }
  return anchor;
}
