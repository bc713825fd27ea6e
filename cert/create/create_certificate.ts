// Copyright 2026 the NSS for Deno authors. MIT license.

import { type AltNameOptions, altNamesOf } from "../names/alt_names.ts";
import { type Certificate, parseCertificate } from "../certificate/certificate.ts";
import { constructedTag } from "../der/der.ts";
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
import { encodeSignedData } from "./signed_data.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { writeTime } from "../der/time.ts";

/** A purpose of a key by its name, or any other by its dotted identifier. */
export type KeyPurpose =
  | "serverAuth"
  | "clientAuth"
  | "codeSigning"
  | "emailProtection"
  | "timeStamping"
  | "ocspSigning"
  | "anyExtendedKeyUsage"
  | `${number}.${string}`;

/** Who signs a certificate. */
export interface CertificateIssuer {
  /** The authority's certificate. */
  readonly certificate: Certificate;
  /** The authority's key. */
  readonly privateKey: PrivateKey;
}

/** What {@linkcode createCertificate} makes. */
export interface CreateCertificateOptions extends AltNameOptions {
  /**
   * Whose certificate it is, as `"CN=example.com"`; may be left out where there are other names.
   */
  readonly subject?: string | Name;
  /** The key that is certified. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** The subject's own key, for a self-signed certificate. */
  readonly privateKey?: PrivateKey;
  /** Who signs; without it the certificate is self-signed. */
  readonly issuer?: CertificateIssuer;
  /** Whether the certificate is an authority's; `false` by default. */
  readonly isCa?: boolean;
  /** How many authorities may be under this one; any number by default. */
  readonly pathLength?: number;
  /** In which names the authority may issue; any by default. */
  readonly nameConstraints?: NameConstraints;
  /**
   * What the key is for; by default `digitalSignature`, with RSA also `keyEncipherment`, of an
   * authority `keyCertSign` and `cRLSign`.
   */
  readonly keyUsage?: readonly KeyUsage[];
  /** The purposes of the key; by default `serverAuth` and `clientAuth`, of an authority any. */
  readonly extKeyUsage?: readonly KeyPurpose[];
  /** Other extensions; one of a kind named above takes its place. */
  readonly extensions?: readonly CertificateExtension[];
  /** The time from which the certificate is valid; an hour before now by default. */
  readonly notBefore?: Date;
  /** The time through which the certificate is valid. */
  readonly notAfter?: Date;
  /**
   * The validity in days from now where there is no `notAfter`; by default 90, of an authority
   * 3650.
   */
  readonly days?: number;
  /** The time now, from which the validity counts. */
  readonly now?: Date;
  /** The serial number, a magnitude of 20 bytes at most; 16 random bytes by default. */
  readonly serialNumber?: Uint8Array;
  /** How to sign; by default what the issuer's key does best and everyone reads. */
  readonly signatureScheme?: SignatureScheme;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Makes a certificate.
 *
 * The defaults are safe: a certificate of a TLS server and client with 16 random bytes of serial
 * number, key identifiers, a critical `basicConstraints` that says that it is no authority's,
 * `digitalSignature` and 90 days; of an authority (`isCa`) `keyCertSign` and `cRLSign` and 3650
 * days. It passes the strict profile of {@linkcode verifyCertificateChain}.
 *
 * @param options What to make.
 * @returns The certificate.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the options contradict each other or a name is
 * none, `SEC_ERROR_INVALID_ALGORITHM` if the issuer's key cannot sign so, `SEC_ERROR_BAD_SIGNATURE`
 * if it is not the key of the issuer's certificate.
 *
 * @example A private authority and a server's certificate
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
 */
export async function createCertificate(options: CreateCertificateOptions): Promise<Certificate> {
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
    // RFC 5280, Section 4.1.2.2: a positive integer, not longer than 20 octets with its sign
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
    // RFC 5280, Section 4.2.1.9: critical in certificates of authorities
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
  // RFC 5280, Section 4.2.1.6: critical where the subject is empty
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

/** RSA keys get keyEncipherment, too: NSS wants it of TLS servers, whatever the key exchange. */
function defaultKeyUsage(isCa: boolean, { algorithm }: SubjectPublicKeyInfo): readonly KeyUsage[] {
  if (isCa) return ["keyCertSign", "cRLSign"];
  return algorithm.type === "rsa" ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"];
}
