// Copyright 2026 the NSS for Deno authors. MIT license.

import { shown } from "../base/printable.ts";
import {
  isInstance,
  isLike,
  KEY_PAIR_MEMBERS,
  requireArgs,
  required,
  requireSame,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isPrivateKey } from "../certificate/private_key.ts";
import { isPublicKey } from "../certificate/spki.ts";
import { type AltNameOptions, altNamesOf } from "../names/alt_names.ts";
import { bytesEqual, copyBytes } from "../base/bytes.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag, TAG } from "../der/tag.ts";
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
import { type OidName, OIDS } from "../der/oids.ts";
import { decodeOnePemOrDer, encodePem, type PemKind } from "../der/pem.ts";
import type { PrivateKey, SignatureScheme } from "../certificate/private_key.ts";
import {
  parseSignatureAlgorithm,
  readAlgorithmIdentifier,
  type SignatureAlgorithm,
} from "../certificate/signature_algorithm.ts";
import { CONTENT_OPTIONS, encodeSignedData, type KeyPurpose } from "./signed_data.ts";
import { readSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { verifySignedData } from "../verify/verify_signature.ts";

/**
 * The maximum size in bytes of a request, the same as of a certificate.
 *
 * @category Issuing certificates
 */
export const MAX_REQUEST_SIZE = 1 << 20;

/**
 * A certificate signing request (PKCS #10, RFC 2986). It is immutable.
 *
 * Parsing checks the structure only; {@linkcode verifyCertificateRequest} checks the signature.
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
 *
 * @category Issuing certificates
 */
export class CertificateRequest {
  /** The encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The part of the encoding that is signed. */
  readonly requestInfo: Uint8Array<ArrayBuffer>;
  /** The subject. */
  readonly subject: Name;
  /** The public key to certify. */
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  /** The encodings of the values of each attribute, by dotted object identifier. */
  readonly attributes: ReadonlyMap<string, readonly Uint8Array<ArrayBuffer>[]>;
  /** The requested extensions, not decoded, by dotted object identifier. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** The encoding of the AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithmDer: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;

  /**
   * Creates a request from its fields; use {@linkcode parseCertificateRequest} to get one.
   *
   * @param fields The fields.
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

  /**
   * The signature algorithm. Throws `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if it is not
   * supported.
   */
  get signatureAlgorithm(): SignatureAlgorithm {
    return parseSignatureAlgorithm(this.signatureAlgorithmDer);
  }

  /**
   * Reads the value of a requested extension.
   *
   * @param codec The codec of the extension.
   * @returns The value, or `undefined` if the extension is not requested.
   * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if the value is malformed.
   */
  extension<T>(codec: ExtensionCodec<T>): T | undefined {
    requireArgs("Cannot read extension", isLike("a codec", "read")(codec, "codec"));
    const extension = this.extensions.get(codec.oid);
    return extension === undefined ? undefined : readExtension(extension, codec);
  }

  /** The requested alternative names. */
  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.extension(subjectAltName);
  }

  /**
   * Compares the encodings of two requests.
   *
   * @param other The other request.
   * @returns Whether they are equal.
   */
  equals(other: CertificateRequest): boolean {
    requireSame(other, CertificateRequest);
    return bytesEqual(this.der, other.der);
  }

  /**
   * Encodes the request as PEM.
   *
   * @returns A `CERTIFICATE REQUEST` block.
   */
  toPem(): string {
    return encodePem("CERTIFICATE REQUEST", this.der);
  }

  /**
   * Describes the request in one line.
   *
   * @returns For example `Certificate request of "CN=example.com"`.
   */
  toString(): string {
    return `Certificate request of ${shown(this.subject)}`;
  }
}

/** The labels are that of RFC 7468, Section 7, and that of NSS's certutil and old tools. */
const PEM: PemKind = {
  attempt: "Cannot parse certificate request",
  labels: ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"],
  error: "SEC_ERROR_BAD_DER",
};

/**
 * Parses a certificate signing request.
 *
 * @param input PEM text with one request, PEM bytes, or DER, which is copied.
 * @returns The request. Its signature is not verified.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed or the text does not have exactly one
 * request, and what {@linkcode parseSubjectPublicKeyInfo} throws.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseCertificateRequest } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * const empty = Uint8Array.of(0x30, 0x00);
 * assertThrows(() => parseCertificateRequest(empty), NssError, "at byte 2: missing");
 * ```
 *
 * @category Issuing certificates
 */
export function parseCertificateRequest(input: Uint8Array | string): CertificateRequest {
  return readRequest(decodeOnePemOrDer(input, PEM).der);
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
  // RFC 2986 requires the set, but old programs omit it if it is empty
  if (info.done) return attributes;
  const set = info.constructed("attributes", constructedTag(0));
  while (!set.done) {
    const attribute = set.sequence("attribute");
    const type = attribute.oid("type");
    const list = attribute.constructed("values", TAG.set);
    const values: Uint8Array<ArrayBuffer>[] = [];
    // RFC 2986: values SET SIZE(1..MAX); some programs write extensionRequest to request nothing
    if (type !== OIDS.extensionRequest || !list.done) {
      do values.push(list.element("value").der); while (!list.done);
    }
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
  const [value] = values ?? [];
  if (values === undefined || value === undefined) return new Map();
  const reader = new DerReader(value, "extensionRequest of a certificate request");
  if (values.length > 1) reader.fail("", `there are ${values.length} values`);
  if (value.length === 2 && value[0] === TAG.sequence) return new Map();
  const extensions = readExtensions(reader, "");
  reader.finish();
  return extensions;
}

/**
 * Verifies the signature of a request with the public key in it, which proves possession of the
 * private key.
 *
 * @param request The request.
 * @throws {NssError} `SEC_ERROR_BAD_SIGNATURE` if the signature is wrong,
 * `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if its algorithm is weak, such as with SHA-1, or
 * not supported.
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
 *
 * @category Issuing certificates
 */
export async function verifyCertificateRequest(request: CertificateRequest): Promise<void> {
  requireArgs(
    "Cannot verify certificate request",
    isInstance(CertificateRequest, "; parseCertificateRequest() makes one")(request, "request"),
  );
  const { signatureAlgorithm, subjectPublicKeyInfo, requestInfo, signature } = request;
  if (signatureAlgorithm.weak) {
    throw new NssError(
      "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
      `Cannot verify certificate request ${shown(request.subject)}: ` +
        `it is signed with ${signatureAlgorithm.name}, which is disabled`,
    );
  }
  if (!await verifySignedData(subjectPublicKeyInfo, signatureAlgorithm, requestInfo, signature)) {
    throw new NssError(
      "SEC_ERROR_BAD_SIGNATURE",
      `Cannot verify certificate request ${shown(request.subject)}: ` +
        `its signature is not of the ${subjectPublicKeyInfo} key in it`,
    );
  }
}

/**
 * The options of {@linkcode createCertificateRequest}.
 *
 * @category Issuing certificates
 */
export interface CreateCertificateRequestOptions extends AltNameOptions {
  /** The subject, such as `"CN=example.com"`; optional if there are alternative names. */
  readonly subject?: string | Name;
  /** The public key to certify; by default that of `privateKey`. */
  readonly publicKey?: SubjectPublicKeyInfo;
  /** The private key, which signs the request. */
  readonly privateKey: PrivateKey;
  /** The requested key usages. */
  readonly keyUsage?: readonly KeyUsage[];
  /** The requested purposes. */
  readonly extKeyUsage?: readonly KeyPurpose[];
  /** Other requested extensions. */
  readonly extensions?: readonly CertificateExtension[];
  /** The signature scheme; by default the preferred one of the key, of RSA `rsa_pkcs1_sha256`. */
  readonly signatureScheme?: SignatureScheme;
}

const SHAPE: Shape<CreateCertificateRequestOptions> = {
  ...KEY_PAIR_MEMBERS,
  ...CONTENT_OPTIONS,
  publicKey: isPublicKey,
  privateKey: required(isPrivateKey),
};

function invalid(state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot create certificate request: ${state}`);
}

/**
 * Creates a certificate signing request.
 *
 * @param options The contents of the request and the key.
 * @returns The request.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if a name is invalid or there is none, or the public
 * key is not known, `SEC_ERROR_INVALID_ALGORITHM` if the key does not support the scheme,
 * `SEC_ERROR_BAD_SIGNATURE` if the keys are not a pair.
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
 *
 * @category Issuing certificates
 */
export async function createCertificateRequest(
  options: CreateCertificateRequestOptions,
): Promise<CertificateRequest> {
  options = takeOptions("Cannot create certificate request", options, SHAPE);
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
