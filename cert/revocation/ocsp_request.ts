// Copyright 2026 the NSS for Deno authors. MIT license.

import { isHash } from "../certificate/signature_algorithm.ts";
import { isBytes, requireArgs, type Shape, takeOptions } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { copyBytes } from "../base/bytes.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../extensions/extension.ts";
import { MAX_OCSP_NONCE_SIZE, ocspNonce } from "../extensions/ocsp_nonce.ts";
import { type GeneralName, readGeneralName } from "../names/general_name.ts";
import { type OcspCertId, ocspCertIdOf, readOcspCertId, writeOcspCertId } from "./ocsp_cert_id.ts";
import { readExplicitExtensions, readOcspExtension } from "./ocsp_extensions.ts";
import type { HashName } from "../certificate/private_key.ts";
import { isAnchor, type TrustAnchor } from "../verify/trust_anchor.ts";

export type { OcspCertId } from "./ocsp_cert_id.ts";

/**
 * The maximum size in bytes of a request that {@linkcode parseOcspRequest} accepts, enough for more
 * than a hundred certificates.
 *
 * @category Revocation
 */
export const MAX_OCSP_REQUEST_SIZE = 1 << 14;

/**
 * An OCSP request (RFC 6960, Section 4.1).
 *
 * @category Revocation
 */
export interface OcspRequest {
  /** The DER encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The identifiers of one or more certificates. */
  readonly certIds: readonly OcspCertId[];
  /** The nonce that the response has to repeat, if the client sent one. */
  readonly nonce?: Uint8Array<ArrayBuffer>;
  /** The name of the client, if given. */
  readonly requestorName?: GeneralName;
  /** The extensions of the request, not decoded. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** Whether the request is signed. The signature is not verified. */
  readonly isSigned: boolean;
}

/**
 * The options of {@linkcode createOcspRequest}.
 *
 * @category Revocation
 */
export interface CreateOcspRequestOptions {
  /**
   * The hash function of the identifier; SHA-1 by default, which every responder supports (RFC
   * 5019).
   */
  readonly hash?: HashName;
  /**
   * Random bytes (RFC 9654: 32) that the response must repeat. By default there is none, because
   * responders of the public web prepare responses in advance and ignore nonces.
   */
  readonly nonce?: Uint8Array;
}

const SHAPE: Shape<CreateOcspRequestOptions> = { hash: isHash, nonce: isBytes };

/**
 * Creates a request for the status of a certificate, to be sent to the OCSP responder of its issuer
 * (by POST as `application/ocsp-request`, or by GET as in RFC 5019, Section 5).
 *
 * @param certificate The certificate.
 * @param issuer The issuer.
 * @param options The hash function and the nonce.
 * @returns The request.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the nonce is empty or too long.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createOcspRequest, parseOcspRequest } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const issuer = { certificate: root, privateKey };
 * const leaf = await createCertificate({ publicKey, dnsNames: ["example.com"], issuer });
 *
 * const request = await createOcspRequest(leaf, root);
 * assertEquals(parseOcspRequest(request.der).certIds[0]?.serialNumber, leaf.serialNumber);
 * ```
 *
 * @category Revocation
 */
export async function createOcspRequest(
  certificate: Certificate,
  issuer: Certificate | TrustAnchor,
  options: CreateOcspRequestOptions = {},
): Promise<OcspRequest> {
  const attempt = "Cannot create OCSP request";
  requireArgs(attempt, isCertificate(certificate, "certificate"), isAnchor(issuer, "issuer"));
  const { nonce, hash } = takeOptions(attempt, options, SHAPE);
  if (nonce !== undefined && (nonce.length === 0 || nonce.length > MAX_OCSP_NONCE_SIZE)) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot create OCSP request: the nonce has ${nonce.length} bytes, not 1 to ${MAX_OCSP_NONCE_SIZE}`,
    );
  }
  const id = await ocspCertIdOf(certificate, issuer, hash);
  const writer = new DerWriter().sequence((w) => {
    w.sequence((w) => {
      w.sequence((w) => w.sequence((w) => writeOcspCertId(w, id)));
      if (nonce !== undefined) {
        const extension = makeExtension(ocspNonce, copyBytes(nonce));
        w.constructed(constructedTag(2), (w) => writeExtensions(w, [extension]));
      }
    });
  });
  return parseOcspRequest(writer.finish());
}

/**
 * Parses an OCSP request.
 *
 * @param der The DER encoding, which is copied.
 * @returns The request.
 * @throws {NssError} `SEC_ERROR_OCSP_MALFORMED_REQUEST`, with a message that names the field and
 * the byte.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseOcspRequest } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => parseOcspRequest(Uint8Array.of(0x30, 0x00)),
 *   NssError,
 *   "Cannot parse OCSP request: tbsRequest at byte 2: missing",
 * );
 * ```
 *
 * @category Revocation
 */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const error = "SEC_ERROR_OCSP_MALFORMED_REQUEST";
  requireArgs("Cannot parse OCSP request", isBytes(der, "der"));
  if (der.length > MAX_OCSP_REQUEST_SIZE) {
    throw new NssError(
      error,
      `Cannot parse OCSP request: ${der.length} bytes are more than ${MAX_OCSP_REQUEST_SIZE}`,
    );
  }
  const bytes = copyBytes(der);
  const whole = new DerReader(bytes, "OCSP request", error);
  const request = whole.sequence("");
  whole.finish();
  const tbs = request.sequence("tbsRequest");
  const isSigned = !request.done;
  if (isSigned) request.element("optionalSignature", constructedTag(0));
  request.finish();

  // Version 1, the only one, is the default, which DER omits
  if (tbs.nextTag === constructedTag(0)) tbs.fail("version", "it is not 1");
  let requestorName: GeneralName | undefined;
  if (tbs.nextTag === constructedTag(1)) {
    const explicit = tbs.constructed("requestorName", constructedTag(1));
    requestorName = readGeneralName(explicit, "");
    explicit.finish();
  }
  const certIds: OcspCertId[] = [];
  const list = tbs.sequence("requestList");
  do {
    const one = list.sequence("request");
    certIds.push(readOcspCertId(one, "reqCert"));
    if (!one.done) readExplicitExtensions(one, "singleRequestExtensions", 0);
    one.finish();
  } while (!list.done);
  const extensions = tbs.done
    ? new Map<string, CertificateExtension>()
    : readExplicitExtensions(tbs, "requestExtensions", 2);
  tbs.finish();
  const nonce = readOcspExtension(extensions, ocspNonce, "OCSP request", error);
  return {
    der: bytes,
    certIds,
    ...(nonce !== undefined && { nonce }),
    ...(requestorName !== undefined && { requestorName }),
    extensions,
    isSigned,
  };
}
