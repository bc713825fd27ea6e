// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBytes, requireArgs } from "../base/options.ts";
import { Certificate } from "../certificate/certificate.ts";
import { copyBytes } from "../base/bytes.ts";
import { DerReader } from "../der/der_reader.ts";
import { decodeOnePemOrDer, OCSP_RESPONSE_PEM } from "../der/pem.ts";
import { constructedTag, contextTag, TAG } from "../der/tag.ts";
import { NssError } from "../base/errors.ts";
import { type CrlReason, readCrlReason } from "../extensions/crl_entry.ts";
import type { CertificateExtension } from "../extensions/extension.ts";
import { ocspNonce } from "../extensions/ocsp_nonce.ts";
import { Name } from "../names/name.ts";
import { type OcspCertId, readOcspCertId } from "./ocsp_cert_id.ts";
import { readExplicitExtensions, readOcspExtension } from "./ocsp_extensions.ts";
import { OCSP_RESPONSE_STATUSES, type OcspResponseStatus } from "./ocsp_response_status.ts";
import { OIDS } from "../der/oids.ts";
import {
  parseSignatureAlgorithm,
  readAlgorithmIdentifier,
  type SignatureAlgorithm,
} from "../certificate/signature_algorithm.ts";
import { readGeneralizedTime } from "../der/time.ts";

export type { OcspResponseStatus } from "./ocsp_response_status.ts";

/**
 * The maximum size in bytes of a response that {@linkcode parseOcspResponse} accepts, as in OpenSSL
 * (`OCSP_MAX_RESP_LENGTH`). It also bounds the number of single responses.
 *
 * @category Revocation
 */
export const MAX_OCSP_RESPONSE_SIZE = 100 * 1024;

/**
 * The maximum number of certificates in a response; a responder needs one, and some add their
 * issuers.
 */
export const MAX_OCSP_CERTIFICATES = 8;

/**
 * The status of a certificate (RFC 6960, Section 2.2).
 *
 * @category Revocation
 */
export type OcspCertStatus =
  | {
    /** `"good"`: the certificate is not revoked; `"unknown"`: the responder does not know it. */
    readonly status: "good" | "unknown";
  }
  | {
    /** The certificate is revoked. */
    readonly status: "revoked";
    /** When it was revoked. */
    readonly revocationTime: Date;
    /** The reason, if given. */
    readonly reason?: CrlReason;
  };

/**
 * The status of one certificate and its validity (RFC 6960, Section 4.2.1, `SingleResponse`).
 *
 * @category Revocation
 */
export interface OcspSingleResponse {
  /** The identifier of the certificate. */
  readonly certId: OcspCertId;
  /** The status. */
  readonly certStatus: OcspCertStatus;
  /** When the status was known to be correct. */
  readonly thisUpdate: Date;
  /** When newer information is available at the latest; absent if it is always available. */
  readonly nextUpdate?: Date;
  /** The extensions of the single response, not decoded. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

/**
 * The identifier of a responder: its name, or the SHA-1 of its key.
 *
 * @category Revocation
 */
export type OcspResponderId =
  | {
    /** The subject of the responder's certificate. */
    readonly name: Name;
  }
  | {
    /** The SHA-1 of the responder's public key. */
    readonly keyHash: Uint8Array<ArrayBuffer>;
  };

/**
 * The content of a successful response (RFC 6960, Section 4.2.1, `BasicOCSPResponse`).
 *
 * @category Revocation
 */
export interface BasicOcspResponse {
  /** The encoding of the ResponseData, which is signed. */
  readonly tbsResponseData: Uint8Array<ArrayBuffer>;
  /** The responder that signed. */
  readonly responderId: OcspResponderId;
  /** When the response was signed. */
  readonly producedAt: Date;
  /** The statuses of the certificates. */
  readonly responses: readonly OcspSingleResponse[];
  /** The nonce of the request, if the responder repeats it. */
  readonly nonce?: Uint8Array<ArrayBuffer>;
  /** The extensions of the response, not decoded. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** The encoding of the AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithmDer: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The certificates included to verify the signature. */
  readonly certificates: readonly Certificate[];
}

/**
 * An OCSP response (RFC 6960, Section 4.2). It is immutable. Its contents must not be trusted
 * before {@linkcode verifyOcspResponse} has verified it.
 *
 * @category Revocation
 */
export class OcspResponse {
  /** The encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The response status. */
  readonly status: OcspResponseStatus;
  /** The content; `null` unless the status is `"successful"`. */
  readonly basic: BasicOcspResponse | null;
  #signatureAlgorithm: SignatureAlgorithm | undefined;

  /**
   * Creates a response from its fields; use {@linkcode parseOcspResponse} to get one.
   *
   * @param der The encoding.
   * @param status The response status.
   * @param basic The content; `null` unless the status is `"successful"`.
   */
  constructor(
    der: Uint8Array<ArrayBuffer>,
    status: OcspResponseStatus,
    basic: BasicOcspResponse | null,
  ) {
    this.der = der;
    this.status = status;
    this.basic = basic;
  }

  /**
   * The signature algorithm; `undefined` if the response reports an error, which is not signed.
   * Throws `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if the algorithm is not supported.
   */
  get signatureAlgorithm(): SignatureAlgorithm | undefined {
    if (this.basic === null) return undefined;
    return this.#signatureAlgorithm ??= parseSignatureAlgorithm(this.basic.signatureAlgorithmDer);
  }
}

const WHAT = "OCSP response";
const ERROR = "SEC_ERROR_OCSP_MALFORMED_RESPONSE";

/**
 * Parses an OCSP response.
 *
 * @param input PEM text with one `OCSP RESPONSE`, PEM bytes, or DER, which is copied.
 * @returns The response.
 * @throws {NssError} `SEC_ERROR_OCSP_MALFORMED_RESPONSE`, with a message that names the field and
 * the byte; `SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS`; `SEC_ERROR_OCSP_UNKNOWN_RESPONSE_TYPE`.
 *
 * @example A responder that is busy
 * ```ts
 * import { parseOcspResponse } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 3)).status, "tryLater");
 * ```
 *
 * @category Revocation
 */
export function parseOcspResponse(input: Uint8Array | string): OcspResponse {
  return readOcspResponse(decodeOnePemOrDer(input, OCSP_RESPONSE_PEM).der);
}

/**
 * Parses DER and nothing else, as peers and responders send it.
 *
 * @param der The encoding, which is copied.
 * @returns The response.
 * @throws {NssError} See {@linkcode parseOcspResponse}.
 */
export function readOcspResponse(der: Uint8Array): OcspResponse {
  requireArgs("Cannot parse OCSP response", isBytes(der, "der"));
  if (der.length > MAX_OCSP_RESPONSE_SIZE) {
    throw new NssError(
      ERROR,
      `Cannot parse OCSP response: ${der.length} bytes are more than ${MAX_OCSP_RESPONSE_SIZE}`,
    );
  }
  const bytes = copyBytes(der);
  const whole = new DerReader(bytes, WHAT, ERROR);
  const response = whole.sequence("");
  whole.finish();
  const number = response.smallInteger("responseStatus", TAG.enumerated);
  const status = OCSP_RESPONSE_STATUSES[number];
  if (status === undefined || status === null) {
    throw new NssError(
      "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
      `Cannot parse OCSP response: the status ${number} is unknown`,
    );
  }
  let basic: BasicOcspResponse | null = null;
  // RFC 6960, Section 4.2.1: if the value is one of the error conditions, responseBytes is not set
  if (status === "successful") {
    const explicit = response.constructed("responseBytes", constructedTag(0));
    basic = readResponseBytes(explicit.sequence(""));
    explicit.finish();
  }
  response.finish();
  return new OcspResponse(bytes, status, basic);
}

function readResponseBytes(reader: DerReader): BasicOcspResponse {
  const type = reader.oid("responseType");
  if (type !== OIDS.ocspBasic) {
    throw new NssError(
      "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_TYPE",
      `Cannot parse OCSP response: the type ${type} is not known`,
    );
  }
  const octets = reader.octetStringReader("response");
  reader.finish();
  const basic = octets.sequence("");
  octets.finish();
  const tbsResponseData = basic.peek("tbsResponseData").der;
  const data = readResponseData(basic.sequence("tbsResponseData"));
  const signatureAlgorithmDer = readAlgorithmIdentifier(basic, "signatureAlgorithm");
  const signature = basic.bitStringBytes("signature");
  const certificates = basic.done ? [] : readCertificates(basic);
  basic.finish();
  return { tbsResponseData, ...data, signatureAlgorithmDer, signature, certificates };
}

function readCertificates(basic: DerReader): Certificate[] {
  const explicit = basic.constructed("certs", constructedTag(0));
  const list = explicit.sequence("");
  explicit.finish();
  const certificates: Certificate[] = [];
  while (!list.done) {
    const start = list.offset;
    const { der } = list.element("certificate");
    if (certificates.length === MAX_OCSP_CERTIFICATES) {
      list.fail("", `there are more than ${MAX_OCSP_CERTIFICATES} certificates`);
    }
    try {
      certificates.push(Certificate.fromDer(der));
    } catch (cause) {
      if (!(cause instanceof NssError)) throw cause;
      throw new NssError(
        ERROR,
        `Cannot parse OCSP response: certs at byte ${start}: ${cause.message}`,
        { cause },
      );
    }
  }
  return certificates;
}

type ResponseData = Pick<
  BasicOcspResponse,
  "responderId" | "producedAt" | "responses" | "nonce" | "extensions"
>;

function readResponseData(data: DerReader): ResponseData {
  // Version 1, the only one, is the default, which DER omits
  if (data.nextTag === constructedTag(0)) data.fail("version", "it is not 1");
  const responderId = readResponderId(data);
  const producedAt = readGeneralizedTime(data, "producedAt");
  const responses: OcspSingleResponse[] = [];
  const list = data.sequence("responses");
  // The syntax allows an empty list; the verifier then does not find its certificate
  while (!list.done) responses.push(readSingleResponse(list));
  const extensions = data.done
    ? new Map<string, CertificateExtension>()
    : readExplicitExtensions(data, "responseExtensions", 1);
  data.finish();
  const nonce = readOcspExtension(extensions, ocspNonce, WHAT, ERROR);
  return {
    responderId,
    producedAt,
    responses,
    ...(nonce !== undefined && { nonce }),
    extensions,
  };
}

function readResponderId(data: DerReader): OcspResponderId {
  if (data.nextTag === constructedTag(1)) {
    const explicit = data.constructed("responderID.byName", constructedTag(1));
    const name = Name.read(explicit, "");
    explicit.finish();
    return { name };
  }
  const explicit = data.constructed("responderID.byKey", constructedTag(2));
  const keyHash = explicit.octetString("");
  explicit.finish();
  // RFC 6960, Section 4.2.1: SHA-1 hash of responder's public key
  if (keyHash.length !== 20) data.fail("responderID.byKey", "the SHA-1 has not 20 bytes");
  return { keyHash };
}

function readSingleResponse(list: DerReader): OcspSingleResponse {
  const single = list.sequence("singleResponse");
  const certId = readOcspCertId(single, "certID");
  const certStatus = readCertStatus(single);
  const thisUpdate = readGeneralizedTime(single, "thisUpdate");
  let nextUpdate: Date | undefined;
  if (single.nextTag === constructedTag(0)) {
    const explicit = single.constructed("nextUpdate", constructedTag(0));
    nextUpdate = readGeneralizedTime(explicit, "");
    explicit.finish();
  }
  const extensions = single.done
    ? new Map<string, CertificateExtension>()
    : readExplicitExtensions(single, "singleExtensions", 1);
  single.finish();
  return {
    certId,
    certStatus,
    thisUpdate,
    ...(nextUpdate !== undefined && { nextUpdate }),
    extensions,
  };
}

function readCertStatus(single: DerReader): OcspCertStatus {
  for (const [number, status] of [[0, "good"], [2, "unknown"]] as const) {
    if (single.nextTag !== contextTag(number)) continue;
    if (single.content("certStatus", contextTag(number)).length !== 0) {
      single.fail("certStatus", "the NULL is not empty");
    }
    return { status };
  }
  const revoked = single.constructed("certStatus", constructedTag(1));
  const revocationTime = readGeneralizedTime(revoked, "revocationTime");
  if (revoked.done) return { status: "revoked", revocationTime };
  const explicit = revoked.constructed("revocationReason", constructedTag(0));
  const reason = readCrlReason(explicit, "");
  explicit.finish();
  revoked.finish();
  return { status: "revoked", revocationTime, reason };
}
