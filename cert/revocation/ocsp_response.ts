// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Certificate, parseCertificate } from "../certificate/certificate.ts";
import { constructedTag, contextTag, copyBytes, DerReader, TAG } from "../der/der.ts";
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
 * The most bytes of a response that {@linkcode parseOcspResponse} takes, as in OpenSSL
 * (`OCSP_MAX_RESP_LENGTH`). With it the number of single responses is bounded.
 */
export const MAX_OCSP_RESPONSE_SIZE = 100 * 1024;

/** The most certificates in a response; a responder needs one, some add their issuers. */
export const MAX_OCSP_CERTIFICATES = 8;

/** What a responder says of a certificate. */
export type OcspCertStatus =
  | {
    /**
     * Whether the certificate is revoked, not revoked as far as the responder knows, or not known
     * to it.
     */
    readonly status: "good" | "unknown";
  }
  | {
    /** The certificate is revoked. */
    readonly status: "revoked";
    /** Since when. */
    readonly revocationTime: Date;
    /** Why, where the responder says so. */
    readonly reason?: CrlReason;
  };

/** What a responder says of one certificate, and for how long. */
export interface OcspSingleResponse {
  /** Of which certificate. */
  readonly certId: OcspCertId;
  /** What it says. */
  readonly certStatus: OcspCertStatus;
  /** When that was known to be right. */
  readonly thisUpdate: Date;
  /** By when there will be newer information; absent where there always is. */
  readonly nextUpdate?: Date;
  /** All extensions of this single response, unread. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

/** Who signed a response: by name, or by the SHA-1 of the key. */
export type OcspResponderId =
  | {
    /** The subject of the responder's certificate. */
    readonly name: Name;
  }
  | {
    /** The SHA-1 of the responder's public key. */
    readonly keyHash: Uint8Array<ArrayBuffer>;
  };

/** The answer of a responder that could answer (RFC 6960, Section 4.2.1, `BasicOCSPResponse`). */
export interface BasicOcspResponse {
  /** The part of the encoding that is signed. */
  readonly tbsResponseData: Uint8Array<ArrayBuffer>;
  /** Who signed. */
  readonly responderId: OcspResponderId;
  /** When the response was signed. */
  readonly producedAt: Date;
  /** What it says of each certificate. */
  readonly responses: readonly OcspSingleResponse[];
  /** What the request had, where the responder repeats it. */
  readonly nonce?: Uint8Array<ArrayBuffer>;
  /** All extensions of the response, unread. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** The encoding of the AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithmDer: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The certificates that may be the responder's. */
  readonly certificates: readonly Certificate[];
}

/**
 * An OCSP response (RFC 6960, Section 4.2). It is immutable, and nothing in it is trusted until
 * {@linkcode verifyOcspResponse} says so.
 */
export class OcspResponse {
  /** The encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** What became of the request. */
  readonly status: OcspResponseStatus;
  /** The answer; `null` unless the status is `"successful"`. */
  readonly basic: BasicOcspResponse | null;
  #signatureAlgorithm: SignatureAlgorithm | undefined;

  /**
   * Creates a response of its parts; {@linkcode parseOcspResponse} is the way to get one.
   *
   * @param der The encoding.
   * @param status What became of the request.
   * @param basic The answer.
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
   * How the response is signed; `undefined` if it is an error, which nobody signs. Throws
   * `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if the algorithm is unknown.
   */
  get signatureAlgorithm(): SignatureAlgorithm | undefined {
    if (this.basic === null) return undefined;
    return this.#signatureAlgorithm ??= parseSignatureAlgorithm(this.basic.signatureAlgorithmDer);
  }
}

const WHAT = "OCSP response";
const ERROR = "SEC_ERROR_OCSP_MALFORMED_RESPONSE";

/**
 * Parses an OCSP response, as a responder sends it or a server staples it.
 *
 * @param der The encoding, which is copied.
 * @returns The response.
 * @throws {NssError} `SEC_ERROR_OCSP_MALFORMED_RESPONSE`, whose message names the field and the
 * byte; `SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS`, `SEC_ERROR_OCSP_UNKNOWN_RESPONSE_TYPE`.
 *
 * @example A responder that wants to be asked later
 * ```ts
 * import { parseOcspResponse } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 3)).status, "tryLater");
 * ```
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
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
      certificates.push(parseCertificate(der));
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
  // Version 1 is the default, which DER omits, and there is no other
  if (data.nextTag === constructedTag(0)) data.fail("version", "it is not 1");
  const responderId = readResponderId(data);
  const producedAt = readGeneralizedTime(data, "producedAt");
  const responses: OcspSingleResponse[] = [];
  const list = data.sequence("responses");
  // The syntax allows none, which answers nothing; the verifier will not find its certificate
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
