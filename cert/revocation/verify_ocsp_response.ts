// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  isAmount,
  isBoolean,
  isBytes,
  isDate,
  isInteger,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { shown } from "../base/printable.ts";
import {
  type CertProfile,
  checkLeaf,
  checkSignatureAlgorithm,
  isProfile,
} from "../verify/check_certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import { toHex } from "../base/runtime.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import type { CertificateExtension } from "../extensions/extension.ts";
import { ocspCertIdOf, ocspCertIdsEqual, ocspKeyHash } from "./ocsp_cert_id.ts";
import {
  type BasicOcspResponse,
  type OcspCertStatus,
  OcspResponse,
  type OcspSingleResponse,
  parseOcspResponse,
} from "./ocsp_response.ts";
import type { OcspResponseStatus } from "./ocsp_response_status.ts";
import { oidName, OIDS } from "../der/oids.ts";
import type { HashName } from "../certificate/private_key.ts";
import { MIN_RSA_BITS } from "../verify/search_path.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { NULL_PARAMETERS } from "../certificate/signature_algorithm.ts";
import { timeText } from "../der/time.ts";
import { isAnchor, type TrustAnchor } from "../verify/trust_anchor.ts";
import { isVerified, rememberVerified } from "../certificate/known_certificates.ts";
import { isNoVerdict, verifySignedData } from "../verify/verify_signature.ts";

/**
 * How long a response without nextUpdate is fresh, in seconds: a day, as in mozilla::pkix. RFC 6960
 * lets it mean that newer information is always available, and RFC 5019 forbids it.
 */
export const OCSP_MAX_AGE_WITHOUT_NEXT_UPDATE = 86_400;

/**
 * The options of {@linkcode verifyOcspResponse}.
 *
 * @category Revocation
 */
export interface VerifyOcspResponseOptions {
  /** The certificate whose status is checked. */
  readonly certificate: Certificate;
  /** The issuer, which the caller has verified. */
  readonly issuer: Certificate | TrustAnchor;
  /** The time at which the response must be fresh. */
  readonly time: Date;
  /** The nonce of the request; if given, the response must repeat it. */
  readonly nonce?: Uint8Array;
  /** The tolerated difference of clocks in seconds; 0 by default. */
  readonly slopSeconds?: number;
  /**
   * The maximum age of the status (since thisUpdate) in seconds, besides nextUpdate; not limited by
   * default.
   */
  readonly maxAgeSeconds?: number;
  /** The profile of the response and of a delegated responder; `"strict"` by default. */
  readonly profile?: CertProfile;
  /** The minimum length in bits of a delegated responder's RSA key; 2048 by default. */
  readonly minRsaBits?: number;
  /** Whether signatures with SHA-1 are accepted, `false` by default. */
  readonly allowSha1?: boolean;
}

const SHAPE: Shape<VerifyOcspResponseOptions> = {
  certificate: required(isCertificate),
  issuer: required(isAnchor),
  time: required(isDate),
  nonce: isBytes,
  slopSeconds: isAmount,
  maxAgeSeconds: isAmount,
  profile: isProfile,
  minRsaBits: isInteger(0),
  allowSha1: isBoolean,
};

/**
 * The verified status of a certificate.
 *
 * @category Revocation
 */
export interface VerifiedOcspStatus {
  /** The status. */
  readonly certStatus: OcspCertStatus;
  /** When the status was known to be correct. */
  readonly thisUpdate: Date;
  /** When newer information is available at the latest; absent if it is always available. */
  readonly nextUpdate?: Date;
  /** When the response was signed. */
  readonly producedAt: Date;
  /** The certificate of a delegated responder; `null` if the issuer itself signed. */
  readonly responder: Certificate | null;
  /**
   * Whether revocation of the responder's certificate should be checked: it is delegated and has no
   * `id-pkix-ocsp-nocheck` (RFC 6960, Section 4.2.2.2.1). {@linkcode checkRevocation} does so with
   * the given CRLs.
   */
  readonly responderNeedsCheck: boolean;
  /** The extensions of the single response, not decoded, such as a list of SCTs. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

const ERROR_OF_STATUS: Readonly<Record<Exclude<OcspResponseStatus, "successful">, ErrorName>> = {
  malformedRequest: "SEC_ERROR_OCSP_MALFORMED_REQUEST",
  internalError: "SEC_ERROR_OCSP_SERVER_ERROR",
  tryLater: "SEC_ERROR_OCSP_TRY_SERVER_LATER",
  sigRequired: "SEC_ERROR_OCSP_REQUEST_NEEDS_SIG",
  unauthorized: "SEC_ERROR_OCSP_UNAUTHORIZED_REQUEST",
};

/**
 * Verifies an OCSP response (RFC 6960, Section 3.2): that it is about the certificate, that it is
 * signed by the issuer or a responder with a delegation certificate directly from the issuer, and
 * that it is fresh.
 *
 * Of several fresh single responses about the certificate, one with the status `revoked` takes
 * precedence, then the newest.
 *
 * @param response The response, or PEM text, PEM bytes or DER of one.
 * @param options The certificate, its issuer and the time.
 * @returns The status, which may be `revoked` or `unknown`.
 * @throws {NssError} `SEC_ERROR_OCSP_MALFORMED_RESPONSE`, `SEC_ERROR_OCSP_UNKNOWN_CERT` (it is
 * about other certificates), `SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE`,
 * `SEC_ERROR_OCSP_INVALID_SIGNING_CERT`, `SEC_ERROR_OCSP_BAD_SIGNATURE`,
 * `SEC_ERROR_OCSP_FUTURE_RESPONSE`, `SEC_ERROR_OCSP_OLD_RESPONSE`,
 * `SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION`, `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED`, or, if the
 * response reports an error, that of its status.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createOcspResponse, verifyOcspResponse } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const issuer = { certificate: root, privateKey };
 * const leaf = await createCertificate({ publicKey, dnsNames: ["example.com"], issuer });
 *
 * const time = new Date();
 * const response = await createOcspResponse({
 *   issuer: root,
 *   responder: issuer,
 *   producedAt: time,
 *   responses: [{ certificate: leaf, status: "good" }],
 * });
 * const { certStatus } = await verifyOcspResponse(response, {
 *   certificate: leaf,
 *   issuer: root,
 *   time,
 * });
 * assertEquals(certStatus, { status: "good" });
 * ```
 *
 * @category Revocation
 */
export async function verifyOcspResponse(
  response: OcspResponse | Uint8Array | string,
  options: VerifyOcspResponseOptions,
): Promise<VerifiedOcspStatus> {
  options = takeOptions("Cannot use OCSP response", options, SHAPE);
  const parsed = response instanceof OcspResponse ? response : parseOcspResponse(response);
  const { basic, status } = parsed;
  if (basic === null) {
    throw ocspError(
      ERROR_OF_STATUS[status as keyof typeof ERROR_OF_STATUS],
      `the responder answered with ${status}`,
    );
  }
  checkCritical(basic.extensions);
  checkNonce(basic, options.nonce);
  const matching = await matchingResponses(basic, options);
  if (matching.length === 0) {
    const serial = toHex(options.certificate.serialNumber);
    throw ocspError(
      "SEC_ERROR_OCSP_UNKNOWN_CERT",
      `it is not about the certificate with serial number ${serial}`,
    );
  }
  for (const { extensions } of matching) checkCritical(extensions);
  const responder = await verifySigner(parsed, basic, options, true);
  return verifiedStatus(freshResponse(basic, matching, options), basic, responder);
}

/**
 * Finds the newest single response that says that the certificate is revoked, in a response that
 * the issuer or its delegated responder has signed. Freshness and form are not checked: that of the
 * responder's certificate neither, because responses are often kept longer than it is valid.
 *
 * @param response The response.
 * @param options The certificate and its issuer.
 * @returns The status, or `null` if there is no such response.
 */
export async function findOcspRevocation(
  response: OcspResponse,
  options: VerifyOcspResponseOptions,
): Promise<VerifiedOcspStatus | null> {
  const { basic } = response;
  if (basic === null) return null;
  const [newest] = (await matchingResponses(basic, options))
    .filter(({ certStatus }) => certStatus.status === "revoked")
    .sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime());
  if (newest === undefined) return null;
  try {
    return verifiedStatus(newest, basic, await verifySigner(response, basic, options, false));
  } catch (error) {
    // verifyOcspResponse() reports a verdict
    if (error instanceof NssError && !isNoVerdict(error)) return null;
    throw error;
  }
}

function verifiedStatus(
  single: OcspSingleResponse,
  { producedAt }: BasicOcspResponse,
  responder: Certificate | null,
): VerifiedOcspStatus {
  return {
    certStatus: single.certStatus,
    thisUpdate: single.thisUpdate,
    ...(single.nextUpdate !== undefined && { nextUpdate: single.nextUpdate }),
    producedAt,
    responder,
    responderNeedsCheck: responder !== null && !responder.extensions.has(OIDS.ocspNoCheck),
    extensions: single.extensions,
  };
}

function ocspError(name: ErrorName, state: string, cause?: unknown): NssError {
  return new NssError(name, `Cannot use OCSP response: ${state}`, { cause });
}

/**
 * RFC 6960, Section 4.4: no OCSP extension should be critical. RFC 5280, Section 4.2: unknown
 * critical extensions are an error.
 */
function checkCritical(extensions: ReadonlyMap<string, CertificateExtension>): void {
  for (const { oid, critical } of extensions.values()) {
    if (critical && oid !== OIDS.ocspNonce) {
      throw ocspError(
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        `its critical extension ${oidName(oid) ?? oid} is not known`,
      );
    }
  }
}

function checkNonce({ nonce }: BasicOcspResponse, wanted: Uint8Array | undefined): void {
  if (wanted === undefined || (nonce !== undefined && bytesEqual(nonce, wanted))) return;
  throw ocspError(
    "SEC_ERROR_OCSP_OLD_RESPONSE",
    nonce === undefined ? "it does not repeat the nonce" : "its nonce is not that of the request",
  );
}

async function matchingResponses(
  basic: BasicOcspResponse,
  { certificate, issuer }: VerifyOcspResponseOptions,
): Promise<OcspSingleResponse[]> {
  const hashes = new Set<HashName>();
  for (const { certId } of basic.responses) if (certId.hash !== null) hashes.add(certId.hash);
  const ids = await Promise.all(
    [...hashes].map((hash) => ocspCertIdOf(certificate, issuer, hash)),
  );
  return basic.responses.filter(({ certId }) => ids.some((id) => ocspCertIdsEqual(id, certId)));
}

/**
 * Finds the signer and verifies the signature, and if `checksForm`, that its algorithm and the
 * responder's certificate are good now. Returns the certificate of a delegated responder, or `null`
 * if the issuer signed.
 */
async function verifySigner(
  response: OcspResponse,
  basic: BasicOcspResponse,
  options: VerifyOcspResponseOptions,
  checksForm: boolean,
): Promise<Certificate | null> {
  const { issuer } = options;
  const algorithm = response.signatureAlgorithm!;
  if (checksForm && algorithm.weak && options.allowSha1 !== true) {
    throw ocspError(
      "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
      `it is signed with ${algorithm.name}, which is disabled`,
    );
  }
  // RFC 5758, Section 3.2
  if (algorithm.nullParameters === true && (options.profile ?? "strict") === "strict") {
    throw ocspError("SEC_ERROR_OCSP_MALFORMED_RESPONSE", NULL_PARAMETERS);
  }
  const signedBy = (key: SubjectPublicKeyInfo) =>
    verifySignedData(key, algorithm, basic.tbsResponseData, basic.signature);
  let failure: NssError | null = null;
  /** Keeps the last error, but no verdict in place of none. */
  const failed = (error: NssError) => {
    if (failure === null || !isNoVerdict(failure) || isNoVerdict(error)) failure = error;
  };

  if (await isNamed(issuer, basic)) {
    if (await signedBy(issuer.subjectPublicKeyInfo)) return null;
    failed(badSignature("the issuer"));
  }
  for (const certificate of basic.certificates) {
    try {
      if (!await isNamed(certificate, basic)) continue;
      if (certificate.subjectPublicKeyInfo.equals(issuer.subjectPublicKeyInfo)) continue;
      await checkDelegation(certificate, options, checksForm);
      if (await signedBy(certificate.subjectPublicKeyInfo)) return certificate;
      failed(badSignature(shown(certificate.subject)));
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      failed(error);
    }
  }
  throw failure ?? ocspError(
    "SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE",
    `its signer is neither the issuer ${shown(issuer.subject)} nor in its certificates`,
  );
}

function badSignature(signer: string): NssError {
  return ocspError("SEC_ERROR_OCSP_BAD_SIGNATURE", `its signature is not of the key of ${signer}`);
}

async function isNamed(
  candidate: Certificate | TrustAnchor,
  { responderId }: BasicOcspResponse,
): Promise<boolean> {
  return "name" in responderId
    ? candidate.subject.equals(responderId.name)
    : bytesEqual(await ocspKeyHash(candidate), responderId.keyHash);
}

/**
 * RFC 6960, Section 4.2.2.2: a certificate with id-kp-OCSPSigning, issued directly by the issuer.
 */
async function checkDelegation(
  responder: Certificate,
  options: VerifyOcspResponseOptions,
  checksForm: boolean,
): Promise<void> {
  const { issuer } = options;
  const key = issuer.subjectPublicKeyInfo;
  const who = `the responder ${shown(responder.subject)}`;
  if (!responder.issuer.equals(issuer.subject)) {
    throw ocspError(
      "SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE",
      `${who} has its certificate from ${shown(responder.issuer)}, not from ${
        shown(issuer.subject)
      }`,
    );
  }
  if (responder.extKeyUsage?.includes(OIDS.ocspSigning) !== true) {
    throw ocspError(
      "SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE",
      `the extKeyUsage of ${who} has no ocspSigning`,
    );
  }
  if (checksForm) checkResponderForm(responder, options);
  if (isVerified(responder, key)) return;
  const { signatureAlgorithm, tbsCertificate, signature } = responder;
  if (!await verifySignedData(key, signatureAlgorithm, tbsCertificate, signature)) {
    throw ocspError(
      "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
      `the certificate of ${who} is not signed with the key of ${shown(issuer.subject)}`,
    );
  }
  rememberVerified(responder, key);
}

function checkResponderForm(responder: Certificate, options: VerifyOcspResponseOptions): void {
  const checks = {
    usage: "statusResponder",
    time: options.time,
    slopSeconds: options.slopSeconds ?? 0,
    profile: options.profile ?? "strict",
    minRsaBits: options.minRsaBits ?? MIN_RSA_BITS,
    allowSha1: options.allowSha1 ?? false,
  } as const;
  try {
    checkLeaf(responder, checks);
    checkSignatureAlgorithm(responder, checks);
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    throw ocspError("SEC_ERROR_OCSP_INVALID_SIGNING_CERT", cause.message, cause);
  }
}

function freshResponse(
  basic: BasicOcspResponse,
  matching: readonly OcspSingleResponse[],
  options: VerifyOcspResponseOptions,
): OcspSingleResponse {
  const now = options.time.getTime();
  const slop = 1000 * (options.slopSeconds ?? 0);
  if (!(basic.producedAt.getTime() <= now + slop)) {
    throw ocspError(
      "SEC_ERROR_OCSP_FUTURE_RESPONSE",
      `it was produced at ${basic.producedAt.toISOString()}, after ${timeText(options.time)}`,
    );
  }
  let best: OcspSingleResponse | null = null;
  let failure: NssError | null = null;
  for (const single of matching) {
    const error = stalenessOf(single, options, now, slop);
    if (error !== null) failure ??= error;
    else if (best === null || outweighs(single, best)) best = single;
  }
  if (best === null) throw failure!;
  return best;
}

function outweighs(a: OcspSingleResponse, b: OcspSingleResponse): boolean {
  const revoked = (single: OcspSingleResponse) => single.certStatus.status === "revoked";
  return revoked(a) === revoked(b) ? a.thisUpdate > b.thisUpdate : revoked(a);
}

function stalenessOf(
  { thisUpdate, nextUpdate }: OcspSingleResponse,
  { maxAgeSeconds = Infinity, time }: VerifyOcspResponseOptions,
  now: number,
  slop: number,
): NssError | null {
  const from = thisUpdate.getTime();
  if (nextUpdate !== undefined && nextUpdate < thisUpdate) {
    return ocspError(
      "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
      "its nextUpdate is before its thisUpdate",
    );
  }
  if (!(from <= now + slop)) {
    return ocspError(
      "SEC_ERROR_OCSP_FUTURE_RESPONSE",
      `it is of ${thisUpdate.toISOString()}, later than ${timeText(time)}`,
    );
  }
  const said = nextUpdate?.getTime() ?? from + 1000 * OCSP_MAX_AGE_WITHOUT_NEXT_UPDATE;
  const until = Math.min(said, from + 1000 * maxAgeSeconds);
  return until >= now - slop ? null : ocspError(
    "SEC_ERROR_OCSP_OLD_RESPONSE",
    `it was good until ${new Date(until).toISOString()}`,
  );
}
