// Copyright 2026 the NSS for Deno authors. MIT license.

import { type AltNameOptions, altNamesOf } from "../names/alt_names.ts";
import type { Certificate } from "../certificate/certificate.ts";
import {
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
  type KeyPurpose,
} from "./create_certificate.ts";
import { bytesEqual, constructedTag, copyBytes, DerReader, TAG } from "../der/der.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { subjectAltName } from "../extensions/alt_name.ts";
import {
  type CertificateExtension,
  type ExtensionCodec,
  makeExtension,
  readExtension,
  readExtensions,
  writeExtensions,
} from "../extensions/extension.ts";
import { extKeyUsage } from "../extensions/ext_key_usage.ts";
import { type KeyUsage, keyUsage } from "../extensions/key_usage.ts";
import type { GeneralName } from "../names/general_name.ts";
import { Name } from "../names/name.ts";
import { type OidName, oidName, OIDS } from "../der/oids.ts";
import { decodePem, encodePem } from "../der/pem.ts";
import type { PrivateKey, SignatureScheme } from "../certificate/private_key.ts";
import {
  parseSignatureAlgorithm,
  readAlgorithmIdentifier,
  type SignatureAlgorithm,
} from "../certificate/signature_algorithm.ts";
import { encodeSignedData } from "./signed_data.ts";
import { readSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { verifySignedData } from "../verify/verify_signature.ts";

/** The most bytes of a request: as of a certificate. */
export const MAX_REQUEST_SIZE = 1 << 20;

/**
 * A request to certify a key (PKCS #10, RFC 2986). It is immutable.
 *
 * Parsing checks the structure. {@linkcode verifyCertificateRequest} checks that who asks has the
 * private key.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificateRequest, parseCertificateRequest } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const request = await createCertificateRequest({ ...keys, dnsNames: ["example.com"] });
 * const parsed = parseCertificateRequest(request.toPem());
 * assertEquals(parsed.subjectAltName, [{ type: "dns", value: "example.com" }]);
 * ```
 */
export class CertificateRequest {
  /** The encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The part of the encoding that is signed. */
  readonly requestInfo: Uint8Array<ArrayBuffer>;
  /** Who asks. */
  readonly subject: Name;
  /** The key that is to be certified. */
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  /** The encodings of the values of each attribute, by its dotted identifier. */
  readonly attributes: ReadonlyMap<string, readonly Uint8Array<ArrayBuffer>[]>;
  /** The extensions that are asked for, unread, by their identifiers. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** The encoding of the AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithmDer: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;

  /**
   * Creates a request of its parts; {@linkcode parseCertificateRequest} is the way to get one.
   *
   * @param fields The parts.
   */
  constructor(
    fields: Pick<
      CertificateRequest,
      | "der"
      | "requestInfo"
      | "subject"
      | "subjectPublicKeyInfo"
      | "attributes"
      | "extensions"
      | "signatureAlgorithmDer"
      | "signature"
    >,
  ) {
    this.der = fields.der;
    this.requestInfo = fields.requestInfo;
    this.subject = fields.subject;
    this.subjectPublicKeyInfo = fields.subjectPublicKeyInfo;
    this.attributes = fields.attributes;
    this.extensions = fields.extensions;
    this.signatureAlgorithmDer = fields.signatureAlgorithmDer;
    this.signature = fields.signature;
  }

  /** How the request is signed. Throws `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if unknown. */
  get signatureAlgorithm(): SignatureAlgorithm {
    return parseSignatureAlgorithm(this.signatureAlgorithmDer);
  }

  /**
   * Reads an extension that is asked for.
   *
   * @param codec Which extension.
   * @returns Its value, or `undefined` if it is not asked for.
   * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if the value is malformed.
   */
  extension<T>(codec: ExtensionCodec<T>): T | undefined {
    const extension = this.extensions.get(codec.oid);
    return extension === undefined ? undefined : readExtension(extension, codec);
  }

  /** The names that are asked for. */
  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.extension(subjectAltName);
  }

  /**
   * Compares the encodings.
   *
   * @param other The other request.
   * @returns Whether both are the same request.
   */
  equals(other: CertificateRequest): boolean {
    return bytesEqual(this.der, other.der);
  }

  /**
   * Writes the request as PEM.
   *
   * @returns A `CERTIFICATE REQUEST` block.
   */
  toPem(): string {
    return encodePem("CERTIFICATE REQUEST", this.der);
  }

  /**
   * Says whose request this is.
   *
   * @returns As `Certificate request of "CN=example.com"`.
   */
  toString(): string {
    return `Certificate request of "${this.subject}"`;
  }
}

/** The label of RFC 7468, Section 7, and the one that NSS's certutil and old tools write. */
const LABELS: readonly string[] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/**
 * Parses a request for a certificate.
 *
 * @param input The DER, which is copied, or PEM text with one request.
 * @returns The request, whose signature nobody has checked.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed, and for the key what
 * {@linkcode parseSubjectPublicKeyInfo} throws.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseCertificateRequest } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * const empty = Uint8Array.of(0x30, 0x00);
 * assertThrows(() => parseCertificateRequest(empty), NssError, "at byte 2: missing");
 * ```
 */
export function parseCertificateRequest(input: Uint8Array | string): CertificateRequest {
  if (typeof input !== "string") return readRequest(input);
  const [block, ...more] = decodePem(input, LABELS);
  if (block === undefined || more.length > 0) {
    throw new NssError(
      "SEC_ERROR_BAD_DER",
      `Cannot parse certificate request of PEM: there ${
        block === undefined ? "is none" : `are ${more.length + 1}`
      }`,
    );
  }
  return readRequest(block.der);
}

function readRequest(input: Uint8Array): CertificateRequest {
  if (input.length > MAX_REQUEST_SIZE) {
    throw new NssError(
      "SEC_ERROR_BAD_DER",
      `Cannot parse certificate request: ${input.length} bytes are more than ${MAX_REQUEST_SIZE}`,
    );
  }
  const der = copyBytes(input);
  const whole = new DerReader(der, "certificate request");
  const request = whole.sequence("");
  whole.finish();
  const requestInfo = request.peek("certificationRequestInfo").der;
  const info = request.sequence("certificationRequestInfo");
  const signatureAlgorithmDer = readAlgorithmIdentifier(request, "signatureAlgorithm");
  const signature = request.bitStringBytes("signature");
  request.finish();

  const version = info.smallInteger("version");
  if (version !== 0) info.fail("version", `version ${version + 1} is not 1`);
  const subject = Name.read(info, "subject");
  const spki = info.element("subjectPKInfo", TAG.sequence).der;
  const attributes = readAttributes(info);
  info.finish();
  return new CertificateRequest({
    der,
    requestInfo,
    subject,
    subjectPublicKeyInfo: readSubjectPublicKeyInfo(spki),
    attributes,
    extensions: requestedExtensions(attributes.get(OIDS.extensionRequest)),
    signatureAlgorithmDer,
    signature,
  });
}

function readAttributes(info: DerReader): Map<string, readonly Uint8Array<ArrayBuffer>[]> {
  const attributes = new Map<string, readonly Uint8Array<ArrayBuffer>[]>();
  // RFC 2986: there always, but old programs leave out an empty set
  if (info.done) return attributes;
  const set = info.constructed("attributes", constructedTag(0));
  while (!set.done) {
    const attribute = set.sequence("attribute");
    const type = attribute.oid("type");
    const list = attribute.constructed("values", TAG.set);
    const values: Uint8Array<ArrayBuffer>[] = [];
    // RFC 2986: values SET SIZE(1..MAX)
    do values.push(list.element("value").der); while (!list.done);
    attribute.finish();
    if (attributes.has(type)) set.fail("attribute", `${type} is there twice`);
    attributes.set(type, values);
  }
  return attributes;
}

/** RFC 2985, Section 5.4.2: extensionRequest is single-valued. */
function requestedExtensions(
  values: readonly Uint8Array<ArrayBuffer>[] | undefined,
): ReadonlyMap<string, CertificateExtension> {
  if (values === undefined) return new Map();
  const reader = new DerReader(values[0]!, "extensionRequest of a certificate request");
  if (values.length > 1) reader.fail("", `there are ${values.length} values`);
  const extensions = readExtensions(reader, "");
  reader.finish();
  return extensions;
}

/**
 * Checks that a request is signed with the key that it asks to certify, so that who asks has it.
 *
 * @param request The request.
 * @throws {NssError} `SEC_ERROR_BAD_SIGNATURE` if not,
 * `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if it is signed in a way that proves nothing, as
 * with SHA-1.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificateRequest,
 *   NssError,
 *   parseCertificateRequest,
 *   verifyCertificateRequest,
 * } from "@nss/nss/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const request = await createCertificateRequest({ ...keys, subject: "CN=example.com" });
 * await verifyCertificateRequest(request);
 *
 * const der = request.der.slice();
 * der[der.length - 1]! ^= 1;
 * await assertRejects(() => verifyCertificateRequest(parseCertificateRequest(der)), NssError);
 * ```
 */
export async function verifyCertificateRequest(request: CertificateRequest): Promise<void> {
  const { signatureAlgorithm, subjectPublicKeyInfo, requestInfo, signature } = request;
  if (signatureAlgorithm.weak) {
    throw new NssError(
      "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
      `Cannot verify certificate request "${request.subject}": ` +
        `it is signed with ${signatureAlgorithm.name}, which is disabled`,
    );
  }
  if (!await verifySignedData(subjectPublicKeyInfo, signatureAlgorithm, requestInfo, signature)) {
    throw new NssError(
      "SEC_ERROR_BAD_SIGNATURE",
      `Cannot verify certificate request "${request.subject}": ` +
        `its signature is not of the ${subjectPublicKeyInfo} key in it`,
    );
  }
}

/** What {@linkcode createCertificateRequest} makes. */
export interface CreateCertificateRequestOptions extends AltNameOptions {
  /** Who asks, as `"CN=example.com"`; may be left out where there are other names. */
  readonly subject?: string | Name;
  /** The key that is to be certified; by default the public half of `privateKey`. */
  readonly publicKey?: SubjectPublicKeyInfo;
  /** The key that signs the request. */
  readonly privateKey: PrivateKey;
  /** What the key is to be for. */
  readonly keyUsage?: readonly KeyUsage[];
  /** The purposes that are asked for. */
  readonly extKeyUsage?: readonly KeyPurpose[];
  /** Other extensions that are asked for. */
  readonly extensions?: readonly CertificateExtension[];
  /** How to sign; by default what the key does best and everyone reads. */
  readonly signatureScheme?: SignatureScheme;
}

function invalid(state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot create certificate request: ${state}`);
}

/**
 * Makes a request for a certificate.
 *
 * @param options What to ask for.
 * @returns The request.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if a name is none or there is none, or the public key
 * is not known, `SEC_ERROR_BAD_SIGNATURE` if the keys are no pair.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificateRequest, verifyCertificateRequest } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair("ec-p384");
 * const request = await createCertificateRequest({
 *   privateKey,
 *   subject: "CN=example.com,O=Example",
 *   dnsNames: ["example.com", "www.example.com"],
 * });
 * await verifyCertificateRequest(request);
 * assertEquals(request.subject.commonName, "example.com");
 * assertEquals(request.subjectAltName?.length, 2);
 * ```
 */
export async function createCertificateRequest(
  options: CreateCertificateRequestOptions,
): Promise<CertificateRequest> {
  const { privateKey, publicKey = privateKey.publicKey } = options;
  if (publicKey === undefined) throw invalid("the public key is not known");
  const subject = Name.parse(options.subject ?? "");
  const names = altNamesOf(options, invalid);
  if (subject.isEmpty && names.length === 0) throw invalid("there is no name");
  const extensions = requestExtensions(options, subject, names);

  const der = await encodeSignedData(
    {
      what: "certificate request",
      privateKey,
      publicKey,
      signatureScheme: options.signatureScheme,
    },
    () =>
      new DerWriter().sequence((w) => {
        w.integer(0).raw(subject.der).raw(publicKey.der);
        w.constructed(constructedTag(0), (w) => {
          if (extensions.length === 0) return;
          w.sequence((w) => {
            w.oid(OIDS.extensionRequest).setOf([(w) => writeExtensions(w, extensions)]);
          });
        });
      }),
  );
  return parseCertificateRequest(der);
}

function requestExtensions(
  options: CreateCertificateRequestOptions,
  subject: Name,
  names: readonly GeneralName[],
): CertificateExtension[] {
  const extensions = new Map<string, CertificateExtension>();
  const add = (extension: CertificateExtension) => extensions.set(extension.oid, extension);
  const { keyUsage: usages = [], extKeyUsage: purposes = [] } = options;
  if (names.length > 0) add(makeExtension(subjectAltName, names, subject.isEmpty));
  if (usages.length > 0) add(makeExtension(keyUsage, new Set(usages), true));
  if (purposes.length > 0) {
    const oids = purposes.map((name) => name in OIDS ? OIDS[name as OidName] : name);
    add(makeExtension(extKeyUsage, oids));
  }
  for (const extension of options.extensions ?? []) add(extension);
  return [...extensions.values()];
}

/** An extension that {@linkcode issueCertificate} may take over from a request. */
export type RequestedExtension = "subjectAltName" | "keyUsage" | "extKeyUsage";

/** What {@linkcode issueCertificate} makes of a request. */
export interface IssueCertificateOptions
  extends Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer"> {
  /** Who signs. */
  readonly issuer: CertificateIssuer;
  /**
   * What to take over from the request as it asks, once the names have been looked at; nothing by
   * default. What is given here by other options takes its place. Whether the subject is an
   * authority is never taken over, and a request for what is an authority's own (`keyCertSign`,
   * `cRLSign`, `ocspSigning`, any purpose) is refused.
   */
  readonly copyExtensions?: readonly RequestedExtension[];
}

/**
 * Issues a certificate to who sent a request, after a check that they have the private key.
 *
 * What stands in the certificate is the issuer's to decide: the request gives the key, and the
 * subject unless another is given; its names and purposes only where `copyExtensions` says so.
 *
 * @param request The request.
 * @param options Who signs, and what.
 * @returns The certificate.
 * @throws {NssError} As {@linkcode verifyCertificateRequest} and {@linkcode createCertificate};
 * `SEC_ERROR_INVALID_ARGS` if what is taken over is the authority's own.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createCertificateRequest, issueCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await generateKeyPair();
 * const root = await createCertificate({ ...authority, subject: "CN=Example Root", isCa: true });
 *
 * const { privateKey } = await generateKeyPair();
 * const request = await createCertificateRequest({ privateKey, dnsNames: ["example.com"] });
 * const certificate = await issueCertificate(request, {
 *   issuer: { certificate: root, privateKey: authority.privateKey },
 *   copyExtensions: ["subjectAltName"],
 *   days: 30,
 * });
 * assertEquals(String(certificate.issuer), "CN=Example Root");
 * assertEquals(certificate.subjectAltName, [{ type: "dns", value: "example.com" }]);
 * ```
 */
export async function issueCertificate(
  request: CertificateRequest,
  options: IssueCertificateOptions,
): Promise<Certificate> {
  await verifyCertificateRequest(request);
  const { copyExtensions = [], ...rest } = options;
  const wants = (name: RequestedExtension): boolean => copyExtensions.includes(name);
  const { dnsNames, ipAddresses, emailAddresses } = options;
  const given = dnsNames ?? ipAddresses ?? emailAddresses ?? options.otherNames;
  const names = wants("subjectAltName") && given === undefined ? request.subjectAltName : undefined;
  const usages = wants("keyUsage") ? request.extension(keyUsage) : undefined;
  const purposes = wants("extKeyUsage") ? request.extension(extKeyUsage) : undefined;
  if (options.keyUsage === undefined && options.isCa !== true) refuseOwn(usages ?? [], OWN_USAGES);
  if (options.extKeyUsage === undefined) refuseOwn(purposes ?? [], OWN_PURPOSES);
  return await createCertificate({
    subject: request.subject,
    ...(names !== undefined && { otherNames: names }),
    ...(usages !== undefined && { keyUsage: [...usages] }),
    ...(purposes !== undefined && { extKeyUsage: purposes as readonly KeyPurpose[] }),
    ...rest,
    publicKey: request.subjectPublicKeyInfo,
  });
}

/**
 * What an authority gives to nobody who but asks: to sign certificates, lists and OCSP responses in
 * its name.
 */
const OWN_USAGES: readonly KeyUsage[] = ["keyCertSign", "cRLSign"];
const OWN_PURPOSES: readonly string[] = [OIDS.ocspSigning, OIDS.anyExtendedKeyUsage];

function refuseOwn<T extends string>(asked: Iterable<T>, own: readonly T[]): void {
  for (const one of asked) {
    if (!own.includes(one)) continue;
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot issue certificate: the request asks for ${oidName(one) ?? one}, ` +
        "which is the authority's to give by an option",
    );
  }
}
