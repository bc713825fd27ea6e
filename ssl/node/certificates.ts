// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

/** Certificates in the forms of Node's `tls`. @module */

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";

/** Returns a certificate as Node's class. */
export function toX509(certificate: Certificate | undefined): X509Certificate | undefined {
  return certificate && new X509Certificate(certificate.der);
}

/**
 * Returns a certificate as the object that `getPeerCertificate()` gives.
 *
 * What Deno's lacks or has in another form is put right: `ext_key_usage`, and `pubkey` as a Buffer.
 */
function toObject(certificate: Certificate): PeerCertificate {
  const object = new X509Certificate(certificate.der).toLegacyObject();
  const fixes: { pubkey?: Buffer; ext_key_usage?: string[] } = {};
  const { pubkey } = object;
  if (pubkey !== undefined) fixes.pubkey = Buffer.from(pubkey);
  const { extKeyUsage } = certificate;
  if (extKeyUsage !== undefined) fixes.ext_key_usage = [...extKeyUsage];
  if (object.subjectaltname === "") delete object.subjectaltname;
  return Object.assign(object, fixes);
}

/**
 * Returns certificates as `getPeerCertificate()` gives them.
 *
 * @param chain The certificates, the leaf first.
 * @param detailed Whether each has its issuer's, and a self-issued one itself.
 * @param anchors Where the issuer of the last one may be.
 * @returns The leaf; an empty object if there is none.
 */
export function certificateObject(
  chain: readonly Certificate[],
  detailed = false,
  anchors: readonly TrustAnchor[] = [],
): PeerCertificate | Record<string, never> {
  if (!detailed) return chain[0] === undefined ? {} : toObject(chain[0]);
  let issuer: PeerCertificate | undefined;
  for (const certificate of [...chain, ...rootOf(chain, anchors)].reverse()) {
    const object = toObject(certificate);
    const issuerCertificate = issuer ?? (certificate.isSelfIssued ? object : undefined);
    issuer = issuerCertificate ? Object.assign(object, { issuerCertificate }) : object;
  }
  return issuer ?? {};
}

/** The root of a chain, if it is known and not part of it. */
function rootOf(
  chain: readonly Certificate[],
  anchors: readonly TrustAnchor[],
): readonly Certificate[] {
  const last = chain.at(-1);
  if (last === undefined || last.isSelfIssued) return [];
  const root = anchors.find(({ subject }) => subject.equals(last.issuer))?.certificate;
  return root === undefined ? [] : [root];
}
