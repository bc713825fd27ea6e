// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Certificates that are read and not verified: their fields, extensions and fingerprints.
 *
 * ```ts
 * import { parseCertificate } from "@nss/nss/cert/certificate";
 * import { createCertificate, generateKeyPair } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { der } = await createCertificate({ ...await generateKeyPair(), subject: "CN=example" });
 * assertEquals(parseCertificate(der).subject.commonName, "example");
 * ```
 *
 * @module
 */

import { isBytes, isLike, requireArgs, requireSame } from "../base/options.ts";
import { bytesEqual, copyBytes } from "../base/bytes.ts";
import { shown } from "../base/printable.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag, contextTag, TAG } from "../der/tag.ts";
import { NssError } from "../base/errors.ts";
import { issuerAltName, subjectAltName } from "../extensions/alt_name.ts";
import { type BasicConstraints, basicConstraints } from "../extensions/basic_constraints.ts";
import {
  crlDistributionPoints,
  type DistributionPoint,
} from "../extensions/crl_distribution_points.ts";
import {
  type CertificateExtension,
  type ExtensionCodec,
  readExtension,
  readExtensions,
} from "../extensions/extension.ts";
import { extKeyUsage } from "../extensions/ext_key_usage.ts";
import { type AccessDescription, authorityInfoAccess } from "../extensions/info_access.ts";
import {
  type AuthorityKeyIdentifier,
  authorityKeyIdentifier,
  subjectKeyIdentifier,
} from "../extensions/key_identifiers.ts";
import { type KeyUsage, keyUsage } from "../extensions/key_usage.ts";
import { type NameConstraints, nameConstraints } from "../extensions/name_constraints.ts";
import {
  certificatePolicies,
  inhibitAnyPolicy,
  type PolicyConstraints,
  policyConstraints,
  type PolicyInformation,
  type PolicyMapping,
  policyMappings,
} from "../extensions/policies.ts";
import { tlsFeature } from "../extensions/tls_feature.ts";
import type { GeneralName } from "../names/general_name.ts";
import { Name } from "../names/name.ts";
import { decodeOnePemOrDer, decodePemOrDer, encodePem } from "../der/pem.ts";
import { CERTIFICATE_PEM, withoutTrust } from "./certificate_pem.ts";
import type { HashName } from "./private_key.ts";
import {
  isHash,
  parseSignatureAlgorithm,
  readAlgorithmIdentifier,
  type SignatureAlgorithm,
} from "./signature_algorithm.ts";
import { readSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from "./spki.ts";
import { readTime } from "../der/time.ts";

/**
 * The maximum size in bytes of a certificate that {@linkcode parseCertificate} accepts. The largest
 * on the public web have 30,000 bytes. NSS and OpenSSL have no limit of their own; TLS stacks
 * accept messages of 64 to 128 KiB.
 *
 * @category Certificates
 */
export const MAX_CERTIFICATE_SIZE = 1 << 20;

/** The fields that are read when a certificate is parsed. */
type CertificateFields = ConstructorParameters<typeof Certificate>[0];

/**
 * An X.509 certificate (RFC 5280). It is immutable.
 *
 * Parsing checks the structure. The public key and the extensions are read when their property is
 * first used, which throws if they are malformed or not supported (`SEC_ERROR_UNSUPPORTED_KEYALG`,
 * `SEC_ERROR_EXTENSION_VALUE_INVALID` and others).
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const dnsNames = ["example.com"];
 * const certificate = await createCertificate({ ...keys, subject: "CN=example.com", dnsNames });
 * assertEquals(certificate.subject.toString(), "CN=example.com");
 * assertEquals(certificate.subjectAltName, [{ type: "dns", value: "example.com" }]);
 * ```
 *
 * @category Certificates
 */
export class Certificate {
  /** The DER encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The encoding of the TBSCertificate, which is signed. */
  readonly tbsCertificate: Uint8Array<ArrayBuffer>;
  /** The version; 3 if the certificate has extensions. */
  readonly version: 1 | 2 | 3;
  /**
   * The serial number in two's complement, in the fewest bytes. RFC 5280 requires it to be
   * positive; parsing does not.
   */
  readonly serialNumber: Uint8Array<ArrayBuffer>;
  /** The encoding of the AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithmDer: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The distinguished name of the issuer. */
  readonly issuer: Name;
  /** The distinguished name of the subject. */
  readonly subject: Name;
  /** The encoding of the SubjectPublicKeyInfo. */
  readonly subjectPublicKeyInfoDer: Uint8Array<ArrayBuffer>;
  /** The extensions, not decoded, by dotted object identifier, in the order of the encoding. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  readonly #notBefore: number;
  readonly #notAfter: number;
  readonly #values = new Map<string, { value: unknown } | { error: unknown }>();
  readonly #fingerprints = new Map<HashName, Promise<Uint8Array<ArrayBuffer>>>();
  #selfIssued: boolean | undefined;
  #spki: SubjectPublicKeyInfo | undefined;
  #signatureAlgorithm: SignatureAlgorithm | undefined;

  /**
   * Creates a certificate from its fields; use {@linkcode parseCertificate} to get one.
   *
   * @param fields The fields.
   */
  constructor(
    fields: Pick<
      Certificate,
      | "der"
      | "tbsCertificate"
      | "version"
      | "serialNumber"
      | "signatureAlgorithmDer"
      | "signature"
      | "issuer"
      | "subject"
      | "notBefore"
      | "notAfter"
      | "subjectPublicKeyInfoDer"
      | "extensions"
    >,
  ) {
    this.der = fields.der;
    this.tbsCertificate = fields.tbsCertificate;
    this.version = fields.version;
    this.serialNumber = fields.serialNumber;
    this.signatureAlgorithmDer = fields.signatureAlgorithmDer;
    this.signature = fields.signature;
    this.issuer = fields.issuer;
    this.subject = fields.subject;
    this.subjectPublicKeyInfoDer = fields.subjectPublicKeyInfoDer;
    this.extensions = fields.extensions;
    this.#notBefore = fields.notBefore.getTime();
    this.#notAfter = fields.notAfter.getTime();
  }

  /**
   * Parses DER and nothing else, as a peer sends it; see {@linkcode parseCertificate}.
   *
   * @param der The encoding, which is copied.
   * @returns The certificate.
   * @throws {NssError} `SEC_ERROR_BAD_DER`; the message names the field and the byte.
   */
  static fromDer(der: Uint8Array): Certificate {
    requireArgs("Cannot parse certificate", isBytes(der, "der"));
    if (der.length > MAX_CERTIFICATE_SIZE) {
      throw new NssError(
        "SEC_ERROR_BAD_DER",
        `Cannot parse certificate: ${der.length} bytes are more than ${MAX_CERTIFICATE_SIZE}`,
      );
    }
    return new Certificate(readCertificate(copyBytes(der)));
  }

  /** The first second at which the certificate is valid. */
  get notBefore(): Date {
    return new Date(this.#notBefore);
  }

  /** The last second at which the certificate is valid. */
  get notAfter(): Date {
    return new Date(this.#notAfter);
  }

  /**
   * The public key. Throws what {@linkcode parseSubjectPublicKeyInfo} throws if it is malformed or
   * not supported.
   */
  get subjectPublicKeyInfo(): SubjectPublicKeyInfo {
    return this.#spki ??= readSubjectPublicKeyInfo(this.subjectPublicKeyInfoDer);
  }

  /** The signature algorithm. Throws `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if unknown. */
  get signatureAlgorithm(): SignatureAlgorithm {
    return this.#signatureAlgorithm ??= parseSignatureAlgorithm(this.signatureAlgorithmDer);
  }

  /** Whether subject and issuer have the same name. They may still have different keys. */
  get isSelfIssued(): boolean {
    return this.#selfIssued ??= this.subject.equals(this.issuer);
  }

  /**
   * Reads the value of an extension. The result is cached.
   *
   * @param codec The codec of the extension.
   * @returns The value, or `undefined` if the certificate does not have the extension.
   * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if the value is malformed.
   */
  extension<T>(codec: ExtensionCodec<T>): T | undefined {
    if (typeof codec?.oid !== "string") {
      requireArgs("Cannot read extension", isLike("a codec", "read")(codec, "codec"));
    }
    const extension = this.extensions.get(codec.oid);
    if (extension === undefined) return undefined;
    let entry = this.#values.get(codec.oid);
    if (entry === undefined) {
      try {
        entry = { value: readExtension(extension, codec) };
      } catch (error) {
        entry = { error };
      }
      this.#values.set(codec.oid, entry);
    }
    if ("error" in entry) throw entry.error;
    return entry.value as T;
  }

  /** Whether this is a CA certificate, and the maximum length of paths below it. */
  get basicConstraints(): BasicConstraints | undefined {
    return this.extension(basicConstraints);
  }

  /** The uses of the key. */
  get keyUsage(): ReadonlySet<KeyUsage> | undefined {
    return this.extension(keyUsage);
  }

  /** The purposes of the key, as dotted object identifiers. */
  get extKeyUsage(): readonly string[] | undefined {
    return this.extension(extKeyUsage);
  }

  /** The alternative names of the subject. */
  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.extension(subjectAltName);
  }

  /** The alternative names of the issuer. */
  get issuerAltName(): readonly GeneralName[] | undefined {
    return this.extension(issuerAltName);
  }

  /** The names for which the CA may issue certificates. */
  get nameConstraints(): NameConstraints | undefined {
    return this.extension(nameConstraints);
  }

  /** The identifier of the public key. */
  get subjectKeyIdentifier(): Uint8Array<ArrayBuffer> | undefined {
    return this.extension(subjectKeyIdentifier);
  }

  /** The key of the issuer that signed the certificate. */
  get authorityKeyIdentifier(): AuthorityKeyIdentifier | undefined {
    return this.extension(authorityKeyIdentifier);
  }

  /** The addresses of the issuer's certificate and OCSP responder. */
  get authorityInfoAccess(): readonly AccessDescription[] | undefined {
    return this.extension(authorityInfoAccess);
  }

  /** The addresses of the CRLs. */
  get crlDistributionPoints(): readonly DistributionPoint[] | undefined {
    return this.extension(crlDistributionPoints);
  }

  /** The policies under which the certificate was issued. */
  get certificatePolicies(): readonly PolicyInformation[] | undefined {
    return this.extension(certificatePolicies);
  }

  /** The policies of the issuer that are equivalent to policies of the subject. */
  get policyMappings(): readonly PolicyMapping[] | undefined {
    return this.extension(policyMappings);
  }

  /** After how many more certificates an explicit policy is required, or mappings are inhibited. */
  get policyConstraints(): PolicyConstraints | undefined {
    return this.extension(policyConstraints);
  }

  /** After how many more certificates anyPolicy is no longer a match for other policies. */
  get inhibitAnyPolicy(): number | undefined {
    return this.extension(inhibitAnyPolicy);
  }

  /** The numbers of the TLS extensions that the server must support; 5 is "must-staple". */
  get tlsFeature(): readonly number[] | undefined {
    return this.extension(tlsFeature);
  }

  /**
   * Computes the fingerprint, a digest of the encoding.
   *
   * @param hash The hash function, SHA-256 by default.
   * @returns The digest.
   */
  async fingerprint(hash: HashName = "SHA-256"): Promise<Uint8Array<ArrayBuffer>> {
    requireArgs("Cannot digest certificate", isHash(hash, "hash"));
    let promise = this.#fingerprints.get(hash);
    if (promise === undefined) {
      promise = crypto.subtle.digest(hash, this.der).then((digest) => new Uint8Array(digest));
      this.#fingerprints.set(hash, promise);
    }
    return (await promise).slice();
  }

  /**
   * Compares the encodings of two certificates.
   *
   * @param other The other certificate.
   * @returns Whether they are equal.
   */
  equals(other: Certificate): boolean {
    requireSame(other, Certificate);
    return bytesEqual(this.der, other.der);
  }

  /**
   * Encodes the certificate as PEM.
   *
   * @returns A `CERTIFICATE` block.
   */
  toPem(): string {
    return encodePem("CERTIFICATE", this.der);
  }

  /**
   * Describes the certificate in one line.
   *
   * @returns For example `Certificate "CN=example.com" of "CN=Example Root", valid 2026-01-01 to
   * 2026-12-31`.
   */
  toString(): string {
    const day = (time: number) => new Date(time).toISOString().slice(0, 10);
    return `Certificate ${shown(this.subject)} of ${shown(this.issuer)}, ` +
      `valid ${day(this.#notBefore)} to ${day(this.#notAfter)}`;
  }
}

/**
 * Parses a certificate.
 *
 * The encoding must be DER: indefinite lengths, long forms of short lengths, padded integers and
 * other forms that only BER allows are errors, so that no two readers can see different
 * certificates in the same bytes. Accepted are three that change no meaning and that authorities
 * write: an explicit FALSE, zero bits at the end of named bits, and sets of attributes in another
 * order, which the `strict` profile refuses (`docs/leniency.md`). What a peer has sent is for
 * {@linkcode Certificate.fromDer}.
 *
 * @param input PEM text with one certificate, PEM bytes, or DER, which is copied.
 * @returns The certificate.
 * @throws {NssError} `SEC_ERROR_BAD_DER`; the message names the field and the byte, or the line.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseCertificate } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => parseCertificate(Uint8Array.of(0x31, 0x00)),
 *   NssError,
 *   "Cannot parse certificate: at byte 0: expected tag 0x30, found 0x31",
 * );
 * ```
 *
 * @category Certificates
 */
export function parseCertificate(input: Uint8Array | string): Certificate {
  const several = "parseCertificatesPem() reads them all";
  return Certificate.fromDer(withoutTrust(decodeOnePemOrDer(input, CERTIFICATE_PEM, several)));
}

function readCertificate(der: Uint8Array<ArrayBuffer>): CertificateFields {
  const whole = new DerReader(der, "certificate");
  const certificate = whole.sequence("");
  whole.finish();
  if (certificate.nextTag === TAG.oid) {
    certificate.fail("", "this is PKCS #7, which parsePkcs7Certificates() reads");
  }
  const tbsCertificate = certificate.peek("tbsCertificate").der;
  const tbs = certificate.sequence("tbsCertificate");
  const signatureAlgorithmDer = readAlgorithmIdentifier(certificate, "signatureAlgorithm");
  const signature = certificate.bitStringBytes("signatureValue");
  certificate.finish();

  const version = readVersion(tbs);
  const serialNumber = tbs.integer("serialNumber");
  const innerOffset = tbs.offset;
  const inner = readAlgorithmIdentifier(tbs, "signature");
  // RFC 5280, Section 4.1.1.2: MUST contain the same algorithm identifier as the signature field
  if (!bytesEqual(inner, signatureAlgorithmDer)) {
    tbs.fail("signature", "the algorithm is not that of the certificate", innerOffset);
  }
  const issuer = Name.read(tbs, "issuer");
  const validity = tbs.sequence("validity");
  const notBefore = readTime(validity, "notBefore");
  const notAfter = readTime(validity, "notAfter");
  validity.finish();
  const subject = Name.read(tbs, "subject");
  const subjectPublicKeyInfoDer = readSpkiDer(tbs);
  // RFC 5280, Section 4.1.2.8: unique identifiers MUST only appear if the version is 2 or 3
  for (const [number, name] of [[1, "issuerUniqueID"], [2, "subjectUniqueID"]] as const) {
    const tag = contextTag(number);
    if (version !== 1 && tbs.nextTag === tag) tbs.bitString(name, tag);
  }
  let extensions: ReadonlyMap<string, CertificateExtension> = new Map();
  // RFC 5280, Section 4.1.2.9: extensions MUST only appear if the version is 3
  if (version === 3 && tbs.nextTag === constructedTag(3)) {
    const explicit = tbs.constructed("extensions", constructedTag(3));
    extensions = readExtensions(explicit, "");
    explicit.finish();
  }
  tbs.finish();
  return {
    der,
    tbsCertificate,
    version,
    serialNumber,
    signatureAlgorithmDer,
    signature,
    issuer,
    subject,
    notBefore,
    notAfter,
    subjectPublicKeyInfoDer,
    extensions,
  };
}

function readVersion(tbs: DerReader): 1 | 2 | 3 {
  if (tbs.nextTag !== constructedTag(0)) return 1;
  const explicit = tbs.constructed("version", constructedTag(0));
  const number = explicit.smallInteger("");
  explicit.finish();
  // Version 1 is the default, which DER omits
  if (number !== 1 && number !== 2) tbs.fail("version", `version ${number + 1} is not 2 or 3`);
  return number === 1 ? 2 : 3;
}

function readSpkiDer(tbs: DerReader): Uint8Array<ArrayBuffer> {
  const { der } = tbs.peek("subjectPublicKeyInfo");
  const spki = tbs.sequence("subjectPublicKeyInfo");
  readAlgorithmIdentifier(spki, "algorithm");
  spki.bitString("subjectPublicKey");
  spki.finish();
  return der;
}

/**
 * Parses all certificates in PEM.
 *
 * Blocks with other labels and text outside of blocks are skipped. A `TRUSTED CERTIFICATE` of
 * OpenSSL's is refused if it says for which uses it is trusted, since that would be lost.
 *
 * @param pem The text, or the bytes of its file; DER is taken as one certificate.
 * @returns The certificates, in the order of the text.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if the text has no certificate or one is malformed.
 *
 * @example Usage
 * ```ts
 * import { parseCertificatesPem, NssError } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => parseCertificatesPem("no certificate"), NssError, "there is none");
 * ```
 *
 * @category Certificates
 */
export function parseCertificatesPem(pem: string | Uint8Array): Certificate[] {
  return decodePemOrDer(pem, CERTIFICATE_PEM)
    .map((encoding) => Certificate.fromDer(withoutTrust(encoding)));
}
