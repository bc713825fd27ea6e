// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Certificates for tests, local servers and private authorities. `@nss/nss/cert` has certificates
 * for requests of others (PKCS#10), too.
 *
 * ```ts
 * import { createCertificate } from "@nss/nss/cert/create-certificate";
 * import { generateKeyPair } from "@nss/nss/pkcs11/generate-key-pair";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * assertStringIncludes(certificate.toPem(), "-----BEGIN CERTIFICATE-----");
 * ```
 *
 * @module
 */

import { KEY_PAIR_MEMBERS, required, type Shape, takeOptions } from "../base/options.ts";
import { isIssuer } from "../certificate/checks.ts";
import { isPrivateKey } from "../certificate/private_key.ts";
import { isPublicKey } from "../certificate/spki.ts";
import { type AltNameOptions, altNamesOf } from "../names/alt_names.ts";
import { type Certificate, parseCertificate } from "../certificate/certificate.ts";
import { constructedTag } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { subjectAltName } from "../extensions/alt_name.ts";
import { basicConstraints } from "../extensions/basic_constraints.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../extensions/extension.ts";
import { extKeyUsage } from "../extensions/ext_key_usage.ts";
import { authorityKeyIdentifier, subjectKeyIdentifier } from "../extensions/key_identifiers.ts";
import { type KeyUsage, keyUsage } from "../extensions/key_usage.ts";
import { type NameConstraints, nameConstraints } from "../extensions/name_constraints.ts";
import type { GeneralName } from "../names/general_name.ts";
import { Name } from "../names/name.ts";
import { type OidName, OIDS } from "../der/oids.ts";
import type { PrivateKey, SignatureScheme } from "../certificate/private_key.ts";
import { CERTIFICATE_OPTIONS, encodeSignedData, type KeyPurpose } from "./signed_data.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { writeTime } from "../der/time.ts";

export type { KeyPurpose };

/**
 * The issuer of a certificate.
 *
 * @category Issuing certificates
 */
export interface CertificateIssuer {
  /** The issuer's certificate. */
  readonly certificate: Certificate;
  /** The issuer's private key. */
  readonly privateKey: PrivateKey;
}

/**
 * The options of {@linkcode createCertificate}.
 *
 * @category Issuing certificates
 */
export interface CreateCertificateOptions extends AltNameOptions {
  /** The subject, such as `"CN=example.com"`; optional if there are alternative names. */
  readonly subject?: string | Name;
  /** The public key to certify. */
  readonly publicKey: SubjectPublicKeyInfo;
  /**
   * The subject's private key; required for a self-signed certificate, ignored if there is an
   * `issuer`.
   */
  readonly privateKey?: PrivateKey;
  /** The issuer; by default the certificate is self-signed. */
  readonly issuer?: CertificateIssuer;
  /** Whether it is a CA certificate; `false` by default. */
  readonly isCa?: boolean;
  /** The maximum number of CA certificates below this one; not limited by default. */
  readonly pathLength?: number;
  /** The names for which the CA may issue certificates; any by default. */
  readonly nameConstraints?: NameConstraints;
  /**
   * The key usages; by default `digitalSignature`, for RSA also `keyEncipherment`, and for a CA
   * `keyCertSign` and `cRLSign`.
   */
  readonly keyUsage?: readonly KeyUsage[];
  /** The purposes of the key; by default `serverAuth` and `clientAuth`, for a CA no restriction. */
  readonly extKeyUsage?: readonly KeyPurpose[];
  /** Other extensions; they replace those that result from other options. */
  readonly extensions?: readonly CertificateExtension[];
  /** The time from which the certificate is valid; an hour before `now` by default. */
  readonly notBefore?: Date;
  /** The time until which the certificate is valid; see `days` for the default. */
  readonly notAfter?: Date;
  /** The validity in days from `now` if there is no `notAfter`; 90 by default, for a CA 3650. */
  readonly days?: number;
  /** The current time; by default that of the clock. */
  readonly now?: Date;
  /**
   * The serial number, big-endian and unsigned, from 1 to 2^159 - 1; 16 random bytes by default.
   */
  readonly serialNumber?: Uint8Array;
  /**
   * The signature scheme; by default the preferred one of the issuer's key, of RSA
   * `rsa_pkcs1_sha256`.
   */
  readonly signatureScheme?: SignatureScheme;
}

const SHAPE: Shape<CreateCertificateOptions> = {
  ...KEY_PAIR_MEMBERS,
  ...CERTIFICATE_OPTIONS,
  publicKey: required(isPublicKey),
  privateKey: isPrivateKey,
  issuer: isIssuer,
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Creates a certificate.
 *
 * By default it is a certificate for TLS servers and clients that passes the strict profile of
 * {@linkcode verifyCertificateChain}: with a random serial number, key identifiers and a critical
 * `basicConstraints`.
 *
 * @param options The contents of the certificate and its issuer.
 * @returns The certificate.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the options contradict each other or a name is
 * invalid, `SEC_ERROR_INVALID_ALGORITHM` if the issuer's key does not support the scheme,
 * `SEC_ERROR_BAD_SIGNATURE` if it does not belong to the issuer's certificate.
 *
 * @example A private CA and a server certificate
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, verifyCertName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await generateKeyPair("ec-p256");
 * const root = await createCertificate({ ...authority, subject: "CN=Example Root", isCa: true });
 *
 * const { publicKey } = await generateKeyPair("ec-p256");
 * const certificate = await createCertificate({
 *   publicKey,
 *   dnsNames: ["example.com", "*.example.com"],
 *   ipAddresses: ["192.0.2.1"],
 *   issuer: { certificate: root, privateKey: authority.privateKey },
 * });
 * verifyCertName(certificate, "www.example.com");
 * assertEquals(String(certificate.issuer), "CN=Example Root");
 * ```
 *
 * @category Issuing certificates
 */
export async function createCertificate(options: CreateCertificateOptions): Promise<Certificate> {
  options = takeOptions("Cannot create certificate", options, SHAPE);
  const { publicKey, issuer } = options;
  const privateKey = issuer?.privateKey ?? options.privateKey;
  if (privateKey === undefined) {
    throw invalid("there is neither an issuer nor a private key");
  }
  const names = altNamesOf(options, invalid);
  const subject = Name.parse(options.subject ?? "");
  if (subject.isEmpty && (options.isCa === true || names.length === 0)) {
    throw invalid(options.isCa === true ? "an authority needs a subject" : "there is no name");
  }
  const issuerKey = issuer?.certificate.subjectPublicKeyInfo ?? publicKey;
  const { notBefore, notAfter } = validityOf(options);
  const serialNumber = serialNumberOf(options.serialNumber);
  const extensions = await extensionsOf(options, subject, names, issuerKey);
  const der = await encodeSignedData(
    {
      what: "certificate",
      privateKey,
      publicKey: issuerKey,
      signatureScheme: options.signatureScheme,
    },
    (signatureAlgorithm) =>
      new DerWriter().sequence((w) => {
        w.constructed(constructedTag(0), (w) => w.integer(2)); // version 3
        w.unsignedInteger(serialNumber);
        w.raw(signatureAlgorithm);
        w.raw((issuer?.certificate.subject ?? subject).der);
        w.sequence((w) => {
          writeTime(w, notBefore);
          writeTime(w, notAfter);
        });
        w.raw(subject.der);
        w.raw(publicKey.der);
        w.constructed(constructedTag(3), (w) => writeExtensions(w, extensions.values()));
      }),
  );
  return parseCertificate(der);
}

function invalid(state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot create certificate: ${state}`);
}

function validityOf(options: CreateCertificateOptions): { notBefore: Date; notAfter: Date } {
  const now = (options.now ?? new Date()).getTime();
  const days = options.days ?? (options.isCa === true ? 3650 : 90);
  const notBefore = options.notBefore ?? new Date(now - HOUR);
  const notAfter = options.notAfter ?? new Date(now + days * DAY);
  if (!(notBefore <= notAfter)) throw invalid("notAfter is before notBefore");
  return { notBefore, notAfter };
}

function serialNumberOf(given: Uint8Array | undefined): Uint8Array {
  if (given !== undefined) {
    // RFC 5280, Section 4.1.2.2: a positive integer, not longer than 20 octets with its sign bit
    const first = given.findIndex((byte) => byte !== 0);
    const size = first < 0 ? 0 : given.length - first + (given[first]! >> 7);
    if (size === 0 || size > 20) throw invalid("the serial number is not from 1 to 2^159 - 1");
    return given;
  }
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return serial;
}

/** RFC 7093, Section 2, method 1: the first 160 bits of the SHA-256 of the key. */
async function keyIdentifierOf(key: SubjectPublicKeyInfo): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", key.publicKey)).slice(0, 20);
}

async function extensionsOf(
  options: CreateCertificateOptions,
  subject: Name,
  names: readonly GeneralName[],
  issuerKey: SubjectPublicKeyInfo,
): Promise<Map<string, CertificateExtension>> {
  const { isCa = false, pathLength } = options;
  if (!isCa && (pathLength !== undefined || options.nameConstraints !== undefined)) {
    throw invalid("pathLength and nameConstraints are an authority's");
  }
  const usages = options.keyUsage ?? defaultKeyUsage(isCa, options.publicKey);
  const purposes = options.extKeyUsage ?? (isCa ? [] : ["serverAuth", "clientAuth"]);
  const identifier = await keyIdentifierOf(options.publicKey);
  const authority = options.issuer?.certificate.subjectKeyIdentifier ??
    await keyIdentifierOf(issuerKey);

  const list: CertificateExtension[] = [
    // RFC 5280, Section 4.2.1.9: critical in CA certificates
    makeExtension(
      basicConstraints,
      { isCa, ...(pathLength !== undefined && { pathLength }) },
      true,
    ),
  ];
  if (usages.length > 0) list.push(makeExtension(keyUsage, new Set(usages), true));
  if (purposes.length > 0) {
    const oids = purposes.map((name) => name in OIDS ? OIDS[name as OidName] : name);
    list.push(makeExtension(extKeyUsage, oids));
  }
  // RFC 5280, Section 4.2.1.6: critical if the subject is empty
  if (names.length > 0) list.push(makeExtension(subjectAltName, names, subject.isEmpty));
  if (options.nameConstraints !== undefined) {
    list.push(makeExtension(nameConstraints, options.nameConstraints, true));
  }
  list.push(makeExtension(subjectKeyIdentifier, identifier));
  list.push(makeExtension(authorityKeyIdentifier, { keyIdentifier: authority }));

  const extensions = new Map(list.map((extension) => [extension.oid, extension]));
  for (const extension of options.extensions ?? []) extensions.set(extension.oid, extension);
  return extensions;
}

/** RSA keys also get keyEncipherment, which NSS requires of TLS servers for any key exchange. */
function defaultKeyUsage(isCa: boolean, { algorithm }: SubjectPublicKeyInfo): readonly KeyUsage[] {
  if (isCa) return ["keyCertSign", "cRLSign"];
  return algorithm.type === "rsa" ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"];
}
