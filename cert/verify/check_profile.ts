// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CandidatePath } from "./build_path.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { certUsageRow, isUsedAsCa } from "./check_cert_usage.ts";
import {
  attempt,
  certificateError,
  type CheckOptions,
  errorOf,
  refuse,
} from "./check_certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import { normalizeDnsName } from "../names/dns_name.ts";
import type { ErrorName, NssError } from "../base/errors.ts";
import { formatIpAddress, parseIpAddress } from "../names/ip_address.ts";
import { shown } from "../base/printable.ts";
import { isSorted } from "../names/name.ts";
import { NULL_PARAMETERS } from "../certificate/signature_algorithm.ts";
import { OIDS } from "../der/oids.ts";
import { heldCertificate, type TrustAnchor } from "./trust_anchor.ts";

/** The results of checks of form in a search; `null` if there is no error. */
export type FormVerdicts = Map<Certificate | TrustAnchor, NssError | null>;

/**
 * Checks the certificates of a path against the `"strict"` profile: the form that RFC 5280 and, if
 * it says nothing, the CA/Browser Forum's Baseline Requirements (BR) prescribe.
 *
 * None of these checks stops an attacker without a certificate of a trusted CA. They refuse CAs
 * that make mistakes, and reduce differences between implementations.
 *
 * A leaf that is the certificate of an anchor is not checked, because no CA has issued it.
 *
 * @param path The path.
 * @param options The options of the verification.
 * @param known The results of other paths of the search.
 * @throws {NssError} The first error found.
 */
export function checkStrictProfile(
  path: CandidatePath,
  options: CheckOptions,
  known: FormVerdicts = new Map(),
): void {
  if (path.leafIsAnchor) return;
  const check = (key: Certificate | TrustAnchor, run: () => void): void => {
    if (options.note !== undefined) return attempt(run, options);
    let verdict = known.get(key);
    if (verdict === undefined) known.set(key, verdict = errorOf(run));
    if (verdict !== null) throw verdict;
  };
  const [leaf, ...authorities] = path.certificates;
  const anchor = heldCertificate(path.anchor, options);
  if (anchor !== undefined && path.anchor.vetted !== true) {
    check(path.anchor, () => {
      checkEvery(anchor, options);
      checkAuthorityForm(anchor, options);
      if (anchor.isSelfIssued) checkRootForm(anchor, options);
    });
  }
  for (const authority of authorities.reverse()) {
    check(authority, () => {
      checkEvery(authority, options);
      checkIssued(authority, options);
      checkAuthorityForm(authority, options);
    });
  }
  check(leaf!, () => {
    checkEvery(leaf!, options);
    checkIssued(leaf!, options);
    if (isUsedAsCa(leaf!, certUsageRow(options.usage))) checkAuthorityForm(leaf!, options);
    else checkLeafForm(leaf!, options);
    if (options.usage === "sslServer") checkServerForm(leaf!, options);
  });
}

/** Reports an error about a certificate if a condition is false. */
function demand(
  options: CheckOptions,
  certificate: Certificate,
  condition: boolean,
  state: string,
  name: ErrorName = "SEC_ERROR_EXTENSION_VALUE_INVALID",
): void {
  if (condition) return;
  refuse(certificateError(name, certificate, `${state} (the strict profile)`), options);
}

function isCritical(certificate: Certificate, oid: string): boolean | undefined {
  return certificate.extensions.get(oid)?.critical;
}

function checkEvery(certificate: Certificate, options: CheckOptions): void {
  // X.690, Section 11.6
  demand(
    options,
    certificate,
    isSorted(certificate.subject) && isSorted(certificate.issuer),
    "a set of attributes in its names is not in the order of DER",
    "SEC_ERROR_BAD_DER",
  );
  // RFC 5280, Section 4.1.2.1
  demand(
    options,
    certificate,
    certificate.version === 3,
    "it is not of version 3",
    "SEC_ERROR_BAD_DER",
  );
  // RFC 5280, Section 4.1.2.4
  demand(
    options,
    certificate,
    !certificate.issuer.isEmpty,
    "it names no issuer",
    "SEC_ERROR_BAD_DER",
  );
  const { algorithm } = certificate.subjectPublicKeyInfo;
  if (algorithm.type === "rsa" || algorithm.type === "rsa-pss") {
    // BR, Section 6.1.5
    demand(
      options,
      certificate,
      algorithm.modulusLength % 8 === 0,
      `its RSA key has ${algorithm.modulusLength} bits, which are no whole bytes`,
      "SEC_ERROR_INVALID_KEY",
    );
  }
}

/**
 * The checks of certificates that are not trust anchors: some of Mozilla's roots have a serial
 * number of 0.
 */
function checkIssued(certificate: Certificate, options: CheckOptions): void {
  const { serialNumber } = certificate;
  // RFC 5280, Section 4.1.2.2: positive, not longer than 20 octets
  const positive = serialNumber[0]! < 0x80 && serialNumber.some((byte) => byte !== 0);
  demand(
    options,
    certificate,
    positive && serialNumber.length <= 20,
    "its serial number is not from 1 to 2^159 - 1",
    "SEC_ERROR_BAD_DER",
  );
  // RFC 5280, Section 4.2.1.1: MUST be present, except in self-signed certificates
  demand(
    options,
    certificate,
    certificate.authorityKeyIdentifier?.keyIdentifier !== undefined,
    "it has no authorityKeyIdentifier with a keyIdentifier",
    "SEC_ERROR_EXTENSION_NOT_FOUND",
  );
  if (certificate.signatureAlgorithm.nullParameters === true) {
    refuse(certificateError("SEC_ERROR_BAD_DER", certificate, NULL_PARAMETERS), options);
  }
}

function checkAuthorityForm(certificate: Certificate, options: CheckOptions): void {
  // RFC 5280, Section 4.1.2.6
  demand(
    options,
    certificate,
    !certificate.subject.isEmpty,
    "it is an authority's and names no subject",
    "SEC_ERROR_CA_CERT_INVALID",
  );
  // RFC 5280, Section 4.2.1.9
  demand(
    options,
    certificate,
    isCritical(certificate, OIDS.basicConstraints) === true,
    "its basicConstraints are not critical",
  );
  // RFC 5280, Section 4.2.1.2
  demand(
    options,
    certificate,
    certificate.subjectKeyIdentifier !== undefined,
    "it is an authority's and has no subjectKeyIdentifier",
    "SEC_ERROR_EXTENSION_NOT_FOUND",
  );
  // RFC 5280, Section 4.2.1.11. BR, Section 7.1.2.5.2, allows nameConstraints not to be critical
  demand(
    options,
    certificate,
    isCritical(certificate, OIDS.policyConstraints) !== false,
    "its policyConstraints are not critical",
  );
}

function checkRootForm(certificate: Certificate, options: CheckOptions): void {
  // BR, Section 7.1.2.1.2
  demand(
    options,
    certificate,
    certificate.extKeyUsage === undefined,
    "it is a root authority's and has an extKeyUsage",
  );
  const identifier = certificate.authorityKeyIdentifier;
  if (identifier === undefined) return;
  // BR, Section 7.1.2.1.3: the keyIdentifier, and nothing else
  demand(
    options,
    certificate,
    identifier.keyIdentifier !== undefined &&
      certificate.subjectKeyIdentifier !== undefined &&
      bytesEqual(identifier.keyIdentifier, certificate.subjectKeyIdentifier) &&
      identifier.authorityCertIssuer === undefined &&
      identifier.authorityCertSerialNumber === undefined,
    "its authorityKeyIdentifier is not its own subjectKeyIdentifier alone",
  );
}

function checkLeafForm(certificate: Certificate, options: CheckOptions): void {
  const { basicConstraints, keyUsage, subjectAltName } = certificate;
  // BR, Section 7.1.2.7.8
  demand(
    options,
    certificate,
    basicConstraints?.isCa !== true,
    "it is an authority's",
    "SEC_ERROR_CA_CERT_INVALID",
  );
  // RFC 5280, Section 4.2.1.9
  demand(
    options,
    certificate,
    basicConstraints?.pathLength === undefined && keyUsage?.has("keyCertSign") !== true,
    "it is no authority's and has a pathLenConstraint or keyCertSign",
  );
  // RFC 5280, Section 4.2.1.10
  demand(
    options,
    certificate,
    !certificate.extensions.has(OIDS.nameConstraints),
    "it is no authority's and has nameConstraints",
  );
  // RFC 5280, Section 4.2.1.6
  demand(
    options,
    certificate,
    !certificate.subject.isEmpty || isCritical(certificate, OIDS.subjectAltName) === true,
    "it names no subject, and its subjectAltName is not critical",
  );
  for (const name of subjectAltName ?? []) {
    if (name.type === "dns") {
      // RFC 5280, Section 4.2.1.6: the preferred name syntax
      demand(
        options,
        certificate,
        normalizeDnsName(name.value, { wildcard: true }) !== null,
        `${shown(name.value)} is no DNS name`,
      );
    } else if (name.type === "ip") {
      demand(
        options,
        certificate,
        name.value.length === 4 || name.value.length === 16,
        "an IP address has not 4 or 16 bytes",
      );
    }
  }
}

function checkServerForm(certificate: Certificate, options: CheckOptions): void {
  const { subject, extKeyUsage } = certificate;
  // BR, Section 7.1.2.7.12
  demand(
    options,
    certificate,
    subject.isEmpty || isCritical(certificate, OIDS.subjectAltName) !== true,
    "it names a subject, and its subjectAltName is critical",
  );
  // BR, Section 7.1.2.7.10. extKeyUsage may be absent, as in RFC 5280
  demand(
    options,
    certificate,
    isCritical(certificate, OIDS.extKeyUsage) !== true &&
      extKeyUsage?.includes(OIDS.anyExtendedKeyUsage) !== true,
    "its extKeyUsage is critical or says any",
  );
  checkCommonNames(certificate, options);
}

/**
 * BR, Section 7.1.4.3: a common name is a copy, character for character, of a name in
 * subjectAltName.
 *
 * Common names that programs may interpret differently are refused: an address not in canonical
 * form, a name in another case than in subjectAltName, a name with non-ASCII characters. One that
 * is merely absent from subjectAltName is accepted: clients must not use it (RFC 9525, Section 2),
 * and x509-limbo and BetterTLS have such chains among valid and invalid ones.
 */
function checkCommonNames(certificate: Certificate, options: CheckOptions): void {
  const names = (certificate.subjectAltName ?? []).flatMap((name) =>
    name.type === "dns" ? [name.value] : []
  );
  for (const commonName of certificate.subject.values(OIDS.commonName)) {
    const lowerCase = commonName.toLowerCase();
    demand(
      options,
      certificate,
      !isNonCanonicalAddress(commonName) && !isInternational(commonName) &&
        (names.includes(commonName) || !names.some((name) => name.toLowerCase() === lowerCase)),
      `its common name ${shown(commonName)} is a host in another form than subjectAltName's`,
    );
  }
}

/**
 * Returns whether `inet_aton` or a lenient parser accepts the text as an address, but it is not in
 * canonical form.
 */
function isNonCanonicalAddress(text: string): boolean {
  const address = parseIpAddress(text);
  if (address !== null) return formatIpAddress(address) !== text;
  return /^(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]+|[0-9]+)){0,3}$/i.test(text) && /[.x]/i.test(text);
}

function isInternational(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[^\s.]+(\.[^\s.]+)+$/.test(text) && /[^\x00-\x7f]/.test(text);
}
