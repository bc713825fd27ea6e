// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ErrorName } from "../../cert/base/errors.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { errorFromAlert } from "../base/alerts.ts";
import { SslError } from "../base/errors.ts";
import { ALERT_DESCRIPTIONS, type AlertName } from "../tables/alert_descriptions.ts";

/**
 * Node's codes of what is wrong with certificates (those of OpenSSL's verification), and of
 * connections.
 */
const CODES: { readonly [name in ErrorName]?: string } = {
  PR_CONNECT_RESET_ERROR: "ECONNRESET",
  PR_END_OF_FILE_ERROR: "ECONNRESET",
  PR_IO_TIMEOUT_ERROR: "ETIMEDOUT",
  PR_OPERATION_ABORTED_ERROR: "ABORT_ERR",
  PR_SOCKET_SHUTDOWN_ERROR: "EPIPE",
  PR_BAD_DESCRIPTOR_ERROR: "ERR_SOCKET_CLOSED",
  SSL_ERROR_BAD_CERT_DOMAIN: "ERR_TLS_CERT_ALTNAME_INVALID",
  SEC_ERROR_CERT_ADDR_MISMATCH: "ERR_TLS_CERT_ALTNAME_INVALID",
  SEC_ERROR_EXPIRED_CERTIFICATE: "CERT_HAS_EXPIRED",
  SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE: "CERT_HAS_EXPIRED",
  SEC_ERROR_CERT_NOT_VALID: "CERT_NOT_YET_VALID",
  SEC_ERROR_REVOKED_CERTIFICATE: "CERT_REVOKED",
  SEC_ERROR_REVOKED_CERTIFICATE_CRL: "CERT_REVOKED",
  SEC_ERROR_REVOKED_CERTIFICATE_OCSP: "CERT_REVOKED",
  SEC_ERROR_REVOKED_KEY: "CERT_REVOKED",
  SEC_ERROR_UNTRUSTED_CERT: "CERT_UNTRUSTED",
  SEC_ERROR_UNTRUSTED_ISSUER: "CERT_UNTRUSTED",
  SEC_ERROR_BAD_SIGNATURE: "CERT_SIGNATURE_FAILURE",
  SEC_ERROR_CA_CERT_INVALID: "INVALID_CA",
  SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID: "PATH_LENGTH_EXCEEDED",
  SEC_ERROR_INADEQUATE_KEY_USAGE: "INVALID_PURPOSE",
  SEC_ERROR_INADEQUATE_CERT_TYPE: "INVALID_PURPOSE",
  SEC_ERROR_APPLICATION_CALLBACK_ERROR: "CERT_REJECTED",
  SEC_ERROR_CRL_EXPIRED: "CRL_HAS_EXPIRED",
  SEC_ERROR_CRL_NOT_YET_VALID: "CRL_NOT_YET_VALID",
  SEC_ERROR_CRL_BAD_SIGNATURE: "CRL_SIGNATURE_FAILURE",
  SEC_ERROR_CRL_NOT_FOUND: "UNABLE_TO_GET_CRL",
  SSL_ERROR_NO_CYPHER_OVERLAP: "ERR_SSL_NO_SHARED_CIPHER",
  SSL_ERROR_UNSUPPORTED_VERSION: "ERR_SSL_UNSUPPORTED_PROTOCOL",
  SSL_ERROR_NO_CERTIFICATE: "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
  SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  SSL_ERROR_RX_RECORD_TOO_LONG: "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  SSL_ERROR_BAD_MAC_READ: "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
};

/** The alerts that OpenSSL's names count to SSL 3.0; all others are those of TLS 1.0 or later. */
const SSL3_ALERTS: readonly AlertName[] = [
  "unexpected_message",
  "bad_record_mac",
  "decompression_failure",
  "handshake_failure",
  "no_certificate",
  "bad_certificate",
  "unsupported_certificate",
  "certificate_revoked",
  "certificate_expired",
  "certificate_unknown",
  "illegal_parameter",
];

/** Those whose names have no `ALERT`. */
const EXTENSION_ALERTS: readonly AlertName[] = [
  "unsupported_extension",
  "certificate_unobtainable",
  "unrecognized_name",
  "bad_certificate_status_response",
  "bad_certificate_hash_value",
];

/** Node's code of an alert that the peer has sent, as `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`. */
function alertCodeOfNode(alert: AlertName): string {
  const name = alert.replace("canceled", "cancelled").toUpperCase();
  if (SSL3_ALERTS.includes(alert)) return `ERR_SSL_SSLV3_ALERT_${name}`;
  if (EXTENSION_ALERTS.includes(alert)) return `ERR_SSL_TLSV1_${name}`;
  const isOf13 = alert === "missing_extension" || alert === "certificate_required";
  return `ERR_SSL_${isOf13 ? "TLSV13" : "TLSV1"}_ALERT_${name}`;
}

const isAlertName = (name: string): name is AlertName => name in ALERT_DESCRIPTIONS;

/** By the names of the errors that alerts of the peer make. */
const ALERT_CODES: ReadonlyMap<ErrorName, string> = new Map(
  Object.entries(ALERT_DESCRIPTIONS).flatMap(([name, code]) =>
    isAlertName(name) ? [[errorFromAlert(code).name, alertCodeOfNode(name)] as const] : []
  ),
);

/**
 * An error in the form of Node's: `code` is Node's or OpenSSL's, or NSS's name where they have
 * none; `cause` is the {@linkcode SslError} with NSS's name and number, the alert and the origin.
 */
export interface NodeTlsError extends Error {
  /** The code. */
  readonly code: string;
}

/** What an error's code depends on besides the error. */
export interface ErrorContext {
  /** The certificates that the peer has sent. */
  readonly chain?: readonly Certificate[];
  /** Whether the handshake is not complete. */
  readonly handshaking?: boolean;
  /** The name that the certificate was to have. */
  readonly host?: string | null;
}

/**
 * Returns Node's code of an error of ours.
 *
 * @param error The error.
 * @param context Where it happened.
 */
export function nodeCode(error: SslError, { chain = [], handshaking }: ErrorContext = {}): string {
  if (error.origin === "peer") return ALERT_CODES.get(error.name) ?? error.name;
  if (error.name === "SEC_ERROR_UNKNOWN_ISSUER") return unknownIssuerCode(chain);
  if (error.name === "PR_IO_TIMEOUT_ERROR" && handshaking) return "ERR_TLS_HANDSHAKE_TIMEOUT";
  if (error.name === "SEC_ERROR_EXPIRED_CERTIFICATE" && isEarly(chain)) return "CERT_NOT_YET_VALID";
  return CODES[error.name] ?? error.name;
}

/** What OpenSSL says of a chain that leads to no root that is trusted. */
function unknownIssuerCode(chain: readonly Certificate[]): string {
  const isSelfSigned = chain.at(-1)?.isSelfIssued ?? false;
  if (chain.length > 1) {
    return isSelfSigned ? "SELF_SIGNED_CERT_IN_CHAIN" : "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
  }
  return isSelfSigned ? "DEPTH_ZERO_SELF_SIGNED_CERT" : "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
}

/** NSS has one name for a certificate before and after its time. */
function isEarly(chain: readonly Certificate[]): boolean {
  return chain.some(({ notBefore }) => notBefore.getTime() > Date.now());
}

/** A peer that a check has refused, with the error that an application is to see as it is. */
export class PeerRefusal extends SslError {
  /** The error in the form of Node's, or what the application's own check returned. */
  readonly shown: Error;

  constructor(name: ErrorName, shown: Error) {
    super(name, shown.message, { cause: shown });
    this.shown = shown;
  }
}

/**
 * Returns an error in the form of Node's; what is no error of ours stays as it is.
 *
 * @param error What was thrown.
 * @param context Where it happened.
 */
export function toNodeError(error: unknown, context?: ErrorContext): Error {
  if (error instanceof PeerRefusal) return error.shown;
  if (!(error instanceof SslError)) {
    return error instanceof Error ? error : new Error(String(error), { cause: error });
  }
  const code = nodeCode(error, context);
  const inNode = Object.assign(new Error(error.message, { cause: error }), { code });
  if (code !== "ERR_TLS_CERT_ALTNAME_INVALID") return inNode;
  return Object.assign(inNode, { reason: error.message, host: context?.host ?? undefined });
}

/** Returns an error as Node makes them: with a code, and of a class of JavaScript's. */
export function codedError<E extends Error>(error: E, code: string): E & NodeTlsError {
  return Object.assign(error, { code });
}
