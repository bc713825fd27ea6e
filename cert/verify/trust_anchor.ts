// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, isDate, isOneOf, kindOf, requireArgs } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import { Certificate } from "../certificate/certificate.ts";
import type { NameConstraints } from "../extensions/name_constraints.ts";
import { Name } from "../names/name.ts";
import type { CertTrust } from "../db/trust_flags.ts";
import { SubjectPublicKeyInfo } from "../certificate/spki.ts";

/**
 * A trust anchor: a CA that is trusted without a signature (RFC 5280, Section 6.1.1 (d)).
 *
 * @category Verification
 */
export interface TrustAnchor {
  /** The distinguished name of the CA. */
  readonly subject: Name;
  /** The public key of the CA. */
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  /** The names for which the CA is trusted, besides the constraints in its certificate. */
  readonly nameConstraints?: NameConstraints;
  /**
   * Leaf certificates whose notBefore is after this time are not trusted
   * (`CKA_NSS_SERVER_DISTRUST_AFTER`).
   */
  readonly distrustAfter?: Date;
  /**
   * The purposes for which the CA is trusted, as in a database; all if absent. Mozilla's roots are
   * trusted for servers only.
   */
  readonly trust?: CertTrust;
  /**
   * Whether a root program, such as Mozilla's, has examined the certificate. Then the strict
   * profile does not check its form, which seven of Mozilla's roots, from before 2013, would not
   * pass.
   */
  readonly vetted?: boolean;
  /** The certificate of the CA; what of it is held against it, {@linkcode AnchorChecks} says. */
  readonly certificate?: Certificate;
}

/**
 * What a verification holds of an anchor's own certificate against it. The length of its key, and
 * what the {@linkcode TrustAnchor} itself says (`nameConstraints`, `distrustAfter`, `trust`),
 * always count; its signature never does.
 *
 * - `all`: its validity, basicConstraints with the path length, keyUsage, purposes, name
 *   constraints, form and unknown critical extensions. What OpenSSL and Go do.
 * - `constraints`: all but its validity, for a root that has expired and is trusted still.
 * - `none`: nothing. A trust anchor is a name and a key (RFC 5280, Section 6.1.1 (d)), and whoever
 *   gives it answers for it: even a server's own certificate, given so, issues others.
 *
 * @category Verification
 */
export type AnchorChecks = "all" | "constraints" | "none";

/** Accepts what is held against an anchor. */
export const isAnchorChecks: Check = isOneOf(
  ["all", "constraints", "none"] satisfies AnchorChecks[],
);

/** Returns the certificate of an anchor if it is held against it. */
export function heldCertificate(
  { certificate }: TrustAnchor,
  { anchorChecks }: { readonly anchorChecks?: AnchorChecks },
): Certificate | undefined {
  return anchorChecks === "none" ? undefined : certificate;
}

/** Accepts a trust anchor; a certificate is one as well. */
export const isAnchor: Check = (value, name) => {
  if (value instanceof Certificate) return null;
  const anchor = value as Partial<TrustAnchor> | null | undefined;
  if (
    typeof anchor === "object" && anchor !== null && anchor.subject instanceof Name &&
    anchor.subjectPublicKeyInfo instanceof SubjectPublicKeyInfo
  ) {
    const { distrustAfter } = anchor;
    return distrustAfter === undefined ? null : isDate(distrustAfter, `${name}.distrustAfter`);
  }
  return `${name} is ${kindOf(value)}, not a trust anchor; trustAnchorOf(certificate) makes one`;
};

/** Returns anchors of which none is a certificate, which would be one without its checks. */
export function toAnchors(anchors: readonly TrustAnchor[]): readonly TrustAnchor[] {
  if (!anchors.some((anchor) => anchor instanceof Certificate)) return anchors;
  return anchors.map((anchor) => anchor instanceof Certificate ? trustAnchorOf(anchor) : anchor);
}

const ANCHORS = new WeakMap<Certificate, TrustAnchor>();

/**
 * Returns a trust anchor for a certificate.
 *
 * @param certificate The certificate, usually that of a root CA.
 * @returns The trust anchor; the same object for the same certificate.
 * @throws {NssError} What {@linkcode parseSubjectPublicKeyInfo} throws if the key is malformed or
 * not supported.
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
 *
 * @category Verification
 */
export function trustAnchorOf(certificate: Certificate): TrustAnchor {
  requireArgs("Cannot make trust anchor", isCertificate(certificate, "certificate"));
  let anchor = ANCHORS.get(certificate);
  if (anchor === undefined) {
    const { subject, subjectPublicKeyInfo } = certificate;
    anchor = { subject, subjectPublicKeyInfo, certificate };
    ANCHORS.set(certificate, anchor);
  }
  return anchor;
}
