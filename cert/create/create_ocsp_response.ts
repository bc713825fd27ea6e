// Copyright 2026 the NSS for Deno authors. MIT license.

import { isHash } from "../certificate/signature_algorithm.ts";
import {
  hasMembers,
  isArrayOf,
  isBytes,
  isDate,
  isEither,
  isObjectOf,
  isOneOf,
  isString,
  KEY_PAIR_MEMBERS,
  orNull,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isCertificate, isCertificates, isExtensions, isIssuer } from "../certificate/checks.ts";
import { isSignatureScheme } from "../certificate/signature_algorithm.ts";
import { isCrlReason } from "../extensions/crl_entry.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { CertificateIssuer } from "./create_certificate.ts";
import { copyBytes } from "../base/bytes.ts";
import { constructedTag, contextTag, TAG } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { type CrlReason, crlReasonNumber } from "../extensions/crl_entry.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../extensions/extension.ts";
import { MAX_OCSP_NONCE_SIZE, ocspNonce } from "../extensions/ocsp_nonce.ts";
import {
  type OcspCertId,
  ocspCertIdOf,
  ocspKeyHash,
  writeOcspCertId,
} from "../revocation/ocsp_cert_id.ts";
import { type OcspResponse, parseOcspResponse } from "../revocation/ocsp_response.ts";
import {
  OCSP_RESPONSE_STATUSES,
  type OcspResponseStatus,
  ocspResponseStatusNumber,
} from "../revocation/ocsp_response_status.ts";
import { OIDS } from "../der/oids.ts";
import type { HashName, SignatureScheme } from "../certificate/private_key.ts";
import { encodeSignedData } from "./signed_data.ts";
import { isAnchor, type TrustAnchor } from "../verify/trust_anchor.ts";
import { writeGeneralizedTime } from "../der/time.ts";

/**
 * The status of one certificate.
 *
 * @category Issuing certificates
 */
export interface OcspStatusOptions {
  /** The certificate, or the identifier in the request. */
  readonly certificate: Certificate | OcspCertId;
  /** The status. */
  readonly status: "good" | "revoked" | "unknown";
  /** When it was revoked; `thisUpdate` by default. */
  readonly revocationTime?: Date;
  /** The reason for the revocation. */
  readonly reason?: CrlReason;
  /** When the status was known to be correct; `producedAt` by default. */
  readonly thisUpdate?: Date;
  /**
   * When newer information is available at the latest; 7 days after `thisUpdate` by default, `null`
   * to omit it.
   */
  readonly nextUpdate?: Date | null;
  /** The extensions of this single response. */
  readonly extensions?: readonly CertificateExtension[];
}

/**
 * The options of {@linkcode createOcspResponse}.
 *
 * @category Issuing certificates
 */
export interface CreateOcspResponseOptions {
  /** The issuer of the certificates. */
  readonly issuer: Certificate | TrustAnchor;
  /**
   * The signer: the issuer, or a holder of a certificate from it with the purpose `ocspSigning`.
   */
  readonly responder: CertificateIssuer;
  /** When the response is signed. */
  readonly producedAt: Date;
  /** The statuses of one or more certificates. */
  readonly responses: readonly OcspStatusOptions[];
  /** The nonce of the request. */
  readonly nonce?: Uint8Array;
  /** The hash function of certificate identifiers; SHA-1 by default. */
  readonly hash?: HashName;
  /** How the responder is identified; by default `"keyHash"`, which is shorter. */
  readonly responderId?: "keyHash" | "name";
  /** The certificates to include; by default the responder's, unless it is the issuer. */
  readonly certificates?: readonly Certificate[];
  /** Other extensions of the response. */
  readonly extensions?: readonly CertificateExtension[];
  /**
   * The signature scheme; by default the preferred one of the responder's key, of RSA
   * `rsa_pkcs1_sha256`.
   */
  readonly signatureScheme?: SignatureScheme;
}

const isStatus = isObjectOf<OcspStatusOptions>({
  certificate: required(
    isEither(
      "a Certificate or an OcspCertId",
      isCertificate,
      hasMembers("", {
        hashOid: required(isString),
        issuerNameHash: required(isBytes),
        issuerKeyHash: required(isBytes),
        serialNumber: required(isBytes),
      }),
    ),
  ),
  status: required(isOneOf(["good", "revoked", "unknown"])),
  revocationTime: isDate,
  reason: isCrlReason,
  thisUpdate: isDate,
  nextUpdate: orNull(isDate),
  extensions: isExtensions,
});

const SHAPE: Shape<CreateOcspResponseOptions> = {
  ...KEY_PAIR_MEMBERS,
  issuer: required(isAnchor),
  responder: required(isIssuer),
  producedAt: required(isDate),
  responses: required(isArrayOf(isStatus)),
  nonce: isBytes,
  hash: isHash,
  responderId: isOneOf(["keyHash", "name"]),
  certificates: isCertificates,
  extensions: isExtensions,
  signatureScheme: isSignatureScheme,
};

const WEEK = 7 * 24 * 3_600_000;

/**
 * Creates an OCSP response, to answer a request or to be stapled.
 *
 * @param options The statuses and the signer.
 * @returns The response.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the options contradict each other,
 * `SEC_ERROR_INVALID_ALGORITHM` if the responder's key does not support the scheme,
 * `SEC_ERROR_BAD_SIGNATURE` if it does not belong to the responder's certificate.
 *
 * @example A response to staple
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createOcspResponse } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const issuer = { certificate: root, privateKey };
 * const leaf = await createCertificate({ publicKey, dnsNames: ["example.com"], issuer });
 *
 * const response = await createOcspResponse({
 *   issuer: root,
 *   responder: issuer,
 *   producedAt: new Date("2026-01-01T00:00:00Z"),
 *   responses: [{ certificate: leaf, status: "revoked", reason: "keyCompromise" }],
 * });
 * assertEquals(response.basic?.responses[0]?.certStatus, {
 *   status: "revoked",
 *   revocationTime: new Date("2026-01-01T00:00:00Z"),
 *   reason: "keyCompromise",
 * });
 * ```
 *
 * @category Issuing certificates
 */
export async function createOcspResponse(
  options: CreateOcspResponseOptions,
): Promise<OcspResponse> {
  options = takeOptions("Cannot create OCSP response", options, SHAPE);
  const { issuer, producedAt, responses, nonce } = options;
  const { certificate: responder, privateKey } = options.responder;
  if (responses.length === 0) throw invalid("there is no certificate");
  if (nonce !== undefined && (nonce.length === 0 || nonce.length > MAX_OCSP_NONCE_SIZE)) {
    throw invalid(`the nonce has ${nonce.length} bytes, not 1 to ${MAX_OCSP_NONCE_SIZE}`);
  }
  const isIssuer = responder.subjectPublicKeyInfo.equals(issuer.subjectPublicKeyInfo);
  if (!isIssuer && responder.extKeyUsage?.includes(OIDS.ocspSigning) !== true) {
    throw invalid("the responder is not the issuer, and its extKeyUsage has no ocspSigning");
  }
  const ids = await Promise.all(
    responses.map(({ certificate }) =>
      "hashOid" in certificate ? certificate : ocspCertIdOf(certificate, issuer, options.hash)
    ),
  );
  const keyHash = await ocspKeyHash(responder);
  const certificates = options.certificates ?? (isIssuer ? [] : [responder]);
  const extensions = [
    ...(nonce === undefined ? [] : [makeExtension(ocspNonce, copyBytes(nonce))]),
    ...options.extensions ?? [],
  ];
  const basic = await encodeSignedData(
    {
      what: "OCSP response",
      privateKey,
      publicKey: responder.subjectPublicKeyInfo,
      signatureScheme: options.signatureScheme,
    },
    () =>
      new DerWriter().sequence((w) => {
        if (options.responderId === "name") {
          w.constructed(constructedTag(1), (w) => w.raw(responder.subject.der));
        } else {
          w.constructed(constructedTag(2), (w) => w.octetString(keyHash));
        }
        writeGeneralizedTime(w, producedAt);
        w.sequence((w) => {
          responses.forEach((response, i) => writeSingle(w, ids[i]!, response, producedAt));
        });
        writeExplicitExtensions(w, extensions);
      }),
    (w) => {
      if (certificates.length === 0) return;
      w.constructed(constructedTag(0), (w) => {
        w.sequence((w) => certificates.forEach(({ der }) => w.raw(der)));
      });
    },
  );
  const writer = new DerWriter().sequence((w) => {
    w.integer(ocspResponseStatusNumber("successful"), TAG.enumerated);
    w.constructed(constructedTag(0), (w) => {
      w.sequence((w) => w.oid(OIDS.ocspBasic).octetString(basic));
    });
  });
  return parseOcspResponse(writer.finish());
}

/**
 * Creates an unsigned OCSP response that reports an error.
 *
 * @param status The error.
 * @returns The response.
 *
 * @example Usage
 * ```ts
 * import { createOcspErrorResponse } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(createOcspErrorResponse("tryLater").der, Uint8Array.of(0x30, 3, 0x0a, 1, 3));
 * ```
 *
 * @category Issuing certificates
 */
export function createOcspErrorResponse(
  status: Exclude<OcspResponseStatus, "successful">,
): OcspResponse {
  requireArgs("Cannot create OCSP response", isErrorStatus(status, "status"));
  const number = ocspResponseStatusNumber(status);
  return parseOcspResponse(
    new DerWriter().sequence((w) => w.integer(number, TAG.enumerated)).finish(),
  );
}

const isErrorStatus = isOneOf(
  OCSP_RESPONSE_STATUSES.filter((status) => status !== null && status !== "successful"),
);

function invalid(state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot create OCSP response: ${state}`);
}

function writeExplicitExtensions(w: DerWriter, extensions: readonly CertificateExtension[]): void {
  if (extensions.length === 0) return;
  w.constructed(constructedTag(1), (w) => writeExtensions(w, extensions));
}

function writeSingle(
  writer: DerWriter,
  id: OcspCertId,
  options: OcspStatusOptions,
  producedAt: Date,
): void {
  const { status, reason, thisUpdate = producedAt, revocationTime = thisUpdate } = options;
  if (status !== "revoked" && (reason ?? options.revocationTime) !== undefined) {
    throw invalid(`a certificate that is ${status} has no reason and time of revocation`);
  }
  const nextUpdate = options.nextUpdate === undefined
    ? new Date(thisUpdate.getTime() + WEEK)
    : options.nextUpdate;
  if (nextUpdate !== null && !(thisUpdate <= nextUpdate)) {
    throw invalid("nextUpdate is before thisUpdate");
  }
  writer.sequence((w) => {
    writeOcspCertId(w, id);
    if (status === "revoked") {
      w.constructed(constructedTag(1), (w) => {
        writeGeneralizedTime(w, revocationTime);
        if (reason === undefined) return;
        w.constructed(constructedTag(0), (w) => w.integer(crlReasonNumber(reason), TAG.enumerated));
      });
    } else {
      w.primitive(contextTag(status === "good" ? 0 : 2), new Uint8Array(0));
    }
    writeGeneralizedTime(w, thisUpdate);
    if (nextUpdate !== null) {
      w.constructed(constructedTag(0), (w) => writeGeneralizedTime(w, nextUpdate));
    }
    writeExplicitExtensions(w, options.extensions ?? []);
  });
}
