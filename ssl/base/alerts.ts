// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, ERRORS } from "../../cert/base/errors.ts";
import { SslError } from "./errors.ts";
import { type AlertName, alertName } from "../tables/alert_descriptions.ts";

/**
 * Distinguishes two faults of one error code: malformed bytes (`"syntax"`), and well-formed bytes
 * with a forbidden value (`"value"`).
 *
 * @category Errors
 */
export type Fault = "syntax" | "value";

/** The alert for each fault. */
type AlertByFault = Readonly<Record<Fault, AlertName | null>>;

/**
 * The errors that each alert announces, in addition to the rules for whole families below.
 *
 * Errors of certificates follow NSS's `ssl3_SendAlertForCertError`; the others RFC 8446, Section
 * 6.2, and the sections quoted.
 */
const ERRORS_BY_ALERT: { readonly [name in AlertName]?: readonly ErrorName[] } = {
  unexpected_message: [
    "SSL_ERROR_TOO_MUCH_EARLY_DATA", // RFC 8446, Section 4.2.10
    "SSL_ERROR_TOO_MANY_KEY_UPDATES",
    "SEC_ERROR_UNEXPECTED_COMPRESSED_CERTIFICATE",
    // RFC 8446, Section 5: a change_cipher_spec with other content is treated like an unexpected
    // one.
    "SSL_ERROR_RX_MALFORMED_CHANGE_CIPHER",
  ],
  bad_record_mac: [
    "SSL_ERROR_BAD_MAC_READ",
    "SSL_ERROR_BAD_BLOCK_PADDING",
    "SSL_ERROR_DECRYPTION_FAILURE",
  ],
  handshake_failure: [
    "SSL_ERROR_NO_CYPHER_OVERLAP",
    "SSL_ERROR_KEY_EXCHANGE_FAILURE", // no group in common
    "SSL_ERROR_NO_SERVER_KEY_FOR_ALG", // no certificate at all
    "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    "SSL_ERROR_NO_SUPPORTED_SIGNATURE_ALGORITHM",
    "SSL_ERROR_UNSAFE_NEGOTIATION", // RFC 5746, Section 3.4
    "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET", // RFC 7627, Section 5.2
    "SSL_ERROR_UNEXPECTED_EXTENDED_MASTER_SECRET",
    "SSL_ERROR_SERVER_KEY_EXCHANGE_FAILURE",
    "SSL_ERROR_CLIENT_KEY_EXCHANGE_FAILURE",
    "SSL_ERROR_APPLICATION_ABORT",
  ],
  illegal_parameter: [
    "SSL_ERROR_BAD_CLIENT",
    "SSL_ERROR_BAD_SERVER",
    "SSL_ERROR_NO_COMPRESSION_OVERLAP", // RFC 8446, Section 4.1.2
    "SSL_ERROR_CIPHER_DISALLOWED_FOR_VERSION",
    "SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION", // RFC 8446, Section 4.2
    "SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM",
    "SSL_ERROR_UNSUPPORTED_HASH_ALGORITHM",
    "SSL_ERROR_BAD_2ND_CLIENT_HELLO",
    "SSL_ERROR_DOWNGRADE_WITH_EARLY_DATA",
    "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY",
    "SSL_ERROR_DH_KEY_TOO_LONG",
    "SSL_ERROR_DC_CERT_VERIFY_ALG_MISMATCH",
    "SSL_ERROR_DC_BAD_SIGNATURE",
    "SSL_ERROR_DC_INVALID_KEY_USAGE",
    "SSL_ERROR_DC_EXPIRED",
    "SSL_ERROR_DC_INAPPROPRIATE_VALIDITY_PERIOD",
    "SEC_ERROR_CERTIFICATE_COMPRESSION_ALGORITHM_NOT_SUPPORTED", // RFC 8879, Section 4
  ],
  protocol_version: ["SSL_ERROR_UNSUPPORTED_VERSION", "SSL_ERROR_SSL2_DISABLED"],
  record_overflow: ["SSL_ERROR_RX_RECORD_TOO_LONG"],
  insufficient_security: ["SSL_ERROR_WEAK_SERVER_CERT_KEY"],
  decrypt_error: ["SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE"],
  missing_extension: [
    "SSL_ERROR_MISSING_KEY_SHARE",
    "SSL_ERROR_MISSING_SUPPORTED_GROUPS_EXTENSION",
    "SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION",
    "SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES",
    "SSL_ERROR_MISSING_COOKIE_EXTENSION",
    "SSL_ERROR_MISSING_ALPN_EXTENSION",
    "SSL_ERROR_MISSING_ESNI_EXTENSION",
  ],
  unsupported_extension: ["SSL_ERROR_RX_UNEXPECTED_EXTENSION"],
  no_application_protocol: ["SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL"],
  no_renegotiation: ["SSL_ERROR_RENEGOTIATION_NOT_ALLOWED"],
  ech_required: ["SSL_ERROR_ECH_RETRY_WITH_ECH", "SSL_ERROR_ECH_RETRY_WITHOUT_ECH"],

  certificate_required: ["SSL_ERROR_NO_CERTIFICATE"],
  certificate_expired: ["SEC_ERROR_EXPIRED_CERTIFICATE"],
  certificate_revoked: [
    "SEC_ERROR_REVOKED_CERTIFICATE",
    "SEC_ERROR_REVOKED_CERTIFICATE_CRL",
    "SEC_ERROR_REVOKED_CERTIFICATE_OCSP",
    "SEC_ERROR_REVOKED_KEY",
  ],
  certificate_unknown: ["SEC_ERROR_INADEQUATE_KEY_USAGE", "SEC_ERROR_INADEQUATE_CERT_TYPE"],
  unknown_ca: [
    "SEC_ERROR_UNKNOWN_ISSUER",
    "SEC_ERROR_UNTRUSTED_ISSUER",
    "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
  ],
  access_denied: ["SEC_ERROR_UNTRUSTED_CERT"],
  unsupported_certificate: [
    "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
    "SSL_ERROR_EXTRACT_PUBLIC_KEY_FAILURE",
    "SSL_ERROR_CERT_KEA_MISMATCH",
  ],
  // RFC 6066, Section 8
  bad_certificate_status_response: [
    "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_TYPE",
    "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
    "SEC_ERROR_OCSP_UNKNOWN_CERT",
    "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
    "SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE",
    "SEC_ERROR_OCSP_FUTURE_RESPONSE",
    "SEC_ERROR_OCSP_OLD_RESPONSE",
    "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
    "SEC_ERROR_OCSP_BAD_SIGNATURE",
  ],
  bad_certificate: [
    "SSL_ERROR_BAD_CERTIFICATE",
    "SSL_ERROR_BAD_CERT_DOMAIN",
    "SSL_ERROR_DECOMPRESSION_FAILURE", // RFC 8879, Section 4
    "SSL_ERROR_ECH_FAILED",
    "SEC_ERROR_ALGORITHM_MISMATCH",
    "SEC_ERROR_APPLICATION_CALLBACK_ERROR",
    "SEC_ERROR_BAD_DER",
    "SEC_ERROR_BAD_INFO_ACCESS_LOCATION",
    "SEC_ERROR_BAD_INFO_ACCESS_METHOD",
    "SEC_ERROR_BAD_KEY",
    "SEC_ERROR_CA_CERT_INVALID",
    "SEC_ERROR_CERT_BAD_ACCESS_LOCATION",
    "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    "SEC_ERROR_CERT_NOT_VALID",
    "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
    "SEC_ERROR_CERT_USAGES_INVALID",
    "SEC_ERROR_CRL_BAD_SIGNATURE",
    "SEC_ERROR_CRL_EXPIRED",
    "SEC_ERROR_CRL_INVALID",
    "SEC_ERROR_CRL_INVALID_VERSION",
    "SEC_ERROR_CRL_NOT_FOUND",
    "SEC_ERROR_CRL_NOT_YET_VALID",
    "SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION",
    "SEC_ERROR_CRL_V1_CRITICAL_EXTENSION",
    "SEC_ERROR_EXTENSION_NOT_FOUND",
    "SEC_ERROR_EXTENSION_VALUE_INVALID",
    "SEC_ERROR_EXTRA_INPUT",
    "SEC_ERROR_INVALID_AVA",
    "SEC_ERROR_INVALID_KEY", // a key in the chain is too short
    "SEC_ERROR_INVALID_POLICY_MAPPING",
    "SEC_ERROR_INVALID_TIME",
    "SEC_ERROR_OCSP_BAD_HTTP_RESPONSE",
    "SEC_ERROR_OCSP_MALFORMED_REQUEST",
    "SEC_ERROR_OCSP_REQUEST_NEEDS_SIG",
    "SEC_ERROR_OCSP_SERVER_ERROR",
    "SEC_ERROR_OCSP_TRY_SERVER_LATER",
    "SEC_ERROR_OCSP_UNAUTHORIZED_REQUEST",
    "SEC_ERROR_OUT_OF_SEARCH_LIMITS",
    "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
    "SEC_ERROR_POLICY_VALIDATION_FAILED",
    "SEC_ERROR_SIGNATURE_ALGORITHM_DISABLED",
    "SEC_ERROR_UNKNOWN_AIA_LOCATION_TYPE",
    "SEC_ERROR_UNKNOWN_CERT",
    "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
    "SEC_ERROR_UNKNOWN_SIGNER",
    "SEC_ERROR_UNRECOGNIZED_OID",
    "SEC_ERROR_UNSUPPORTED_EC_POINT_FORM",
    "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
    "SEC_ERROR_UNSUPPORTED_KEYALG",
  ],
  internal_error: [
    "PR_INVALID_ARGUMENT_ERROR",
    "PR_INVALID_STATE_ERROR",
    "PR_NOT_IMPLEMENTED_ERROR",
    "PR_OUT_OF_MEMORY_ERROR",
    "PR_UNKNOWN_ERROR",
  ],
};

/**
 * The errors whose alert depends on the fault, in addition to the rules for whole families below.
 */
const ERRORS_BY_FAULT: { readonly [name in ErrorName]?: AlertByFault } = {
  // A malformed CertificateStatus, or an unacceptable response in it (RFC 6066, Section 8).
  SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT: {
    syntax: "decode_error",
    value: "bad_certificate_status_response",
  },
  // The message consists of the MAC, so another length is a wrong MAC (RFC 8446, Section 4.4.4).
  SSL_ERROR_RX_MALFORMED_FINISHED: { syntax: "decrypt_error", value: "decrypt_error" },
  SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID: { syntax: "decode_error", value: "illegal_parameter" },
  // The signature of a certificate, or the one in CertificateVerify (RFC 8446, Section 4.4.3).
  SEC_ERROR_BAD_SIGNATURE: { syntax: "bad_certificate", value: "decrypt_error" },
  // A key of this end's is missing, or that of the identity that a client names: NSS has no code
  // for the alert, which hooks send that want to tell (RFC 4279, Section 2).
  SEC_ERROR_NO_KEY: { syntax: "internal_error", value: "unknown_psk_identity" },
  // TLS 1.3 has its own alert (RFC 8446, Section 4.4.2.4). In TLS 1.2, where the fault is `value`,
  // it is handshake_failure (RFC 5246, Section 7.4.6), as in BoringSSL. NSS sends bad_certificate
  // there.
  SSL_ERROR_NO_CERTIFICATE: { syntax: "certificate_required", value: "handshake_failure" },
};

/** The errors without alert, because the peer would not receive it. */
const SILENT_ERRORS: readonly ErrorName[] = [
  "SSL_ERROR_SOCKET_WRITE_FAILURE",
  "SSL_ERROR_HANDSHAKE_FAILED",
  "SSL_ERROR_CLOSE_NOTIFY_ALERT",
  "SSL_ERROR_END_OF_EARLY_DATA_ALERT",
  "SSL_ERROR_RX_UNKNOWN_ALERT",
];

/** The error for each received alert (NSS: `ssl3_HandleAlert`), and advice to the receiver. */
const RECEIVED: Readonly<Record<AlertName, readonly [error: ErrorName, advice: string]>> = {
  close_notify: ["SSL_ERROR_CLOSE_NOTIFY_ALERT", "it closed the connection"],
  unexpected_message: [
    "SSL_ERROR_HANDSHAKE_UNEXPECTED_ALERT",
    "it did not expect a message of ours; one of the two ends breaks the protocol, please report it",
  ],
  bad_record_mac: [
    "SSL_ERROR_BAD_MAC_ALERT",
    "it could not decrypt a record; look for something on the way that alters bytes",
  ],
  decryption_failed: [
    "SSL_ERROR_DECRYPTION_FAILED_ALERT",
    "it could not decrypt a record; look for something on the way that alters bytes",
  ],
  record_overflow: [
    "SSL_ERROR_RECORD_OVERFLOW_ALERT",
    "it calls a record too long; look for something on the way that alters bytes",
  ],
  decompression_failure: [
    "SSL_ERROR_DECOMPRESSION_FAILURE_ALERT",
    "it could not decompress a record; this package never compresses, look for something on the way that alters bytes",
  ],
  handshake_failure: [
    "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
    "it found nothing acceptable among versions, cipher suites, groups and signature schemes, or wants a client certificate; compare both ends' settings (an old server may want a CBC suite, which the option cipherSuites may name)",
  ],
  no_certificate: [
    "SSL_ERROR_NO_CERTIFICATE",
    "it has no certificate to show; make the client certificate optional or give it one",
  ],
  bad_certificate: [
    "SSL_ERROR_BAD_CERT_ALERT",
    "it does not accept our certificate; check that the chain is complete and the name right, as its log may say",
  ],
  unsupported_certificate: [
    "SSL_ERROR_UNSUPPORTED_CERT_ALERT",
    "it does not support the type of our certificate; try one with another kind of key",
  ],
  certificate_revoked: [
    "SSL_ERROR_REVOKED_CERT_ALERT",
    "it calls our certificate revoked; get a new one",
  ],
  certificate_expired: [
    "SSL_ERROR_EXPIRED_CERT_ALERT",
    "it calls our certificate expired; renew it, or check both ends' clocks",
  ],
  certificate_unknown: [
    "SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT",
    "it refuses our certificate without saying why; check usage, chain and trust there",
  ],
  illegal_parameter: [
    "SSL_ERROR_ILLEGAL_PARAMETER_ALERT",
    "it refuses a value in a message of ours; one of the two ends breaks the protocol, please report it",
  ],
  unknown_ca: [
    "SSL_ERROR_UNKNOWN_CA_ALERT",
    "it does not trust the issuer of our certificate; send the intermediate certificates, or add the root there",
  ],
  access_denied: [
    "SSL_ERROR_ACCESS_DENIED_ALERT",
    "it recognizes our certificate and denies access; ask its operator",
  ],
  decode_error: [
    "SSL_ERROR_DECODE_ERROR_ALERT",
    "it could not parse a message of ours; one of the two ends breaks the protocol, please report it",
  ],
  decrypt_error: [
    "SSL_ERROR_DECRYPT_ERROR_ALERT",
    "it could not verify a signature or the Finished message; check that our private key belongs to our certificate",
  ],
  export_restriction: [
    "SSL_ERROR_EXPORT_RESTRICTION_ALERT",
    "it refers to export restrictions, which are no more; update it",
  ],
  protocol_version: [
    "SSL_ERROR_PROTOCOL_VERSION_ALERT",
    "it supports none of the protocol versions that are enabled here; compare both ends' version ranges",
  ],
  insufficient_security: [
    "SSL_ERROR_INSUFFICIENT_SECURITY_ALERT",
    "it wants stronger parameters; enable stronger cipher suites and groups",
  ],
  internal_error: [
    "SSL_ERROR_INTERNAL_ERROR_ALERT",
    "it met an error of its own; try again, or see its log",
  ],
  inappropriate_fallback: [
    "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT",
    "it supports a newer version than this retry offers; retry with all versions",
  ],
  user_canceled: ["SSL_ERROR_USER_CANCELED_ALERT", "it cancelled the handshake"],
  no_renegotiation: [
    "SSL_ERROR_NO_RENEGOTIATION_ALERT",
    "it does not renegotiate; open a new connection in place of a new handshake",
  ],
  missing_extension: [
    "SSL_ERROR_MISSING_EXTENSION_ALERT",
    "it misses an extension in our messages; enable key shares and signature schemes",
  ],
  unsupported_extension: [
    "SSL_ERROR_UNSUPPORTED_EXTENSION_ALERT",
    "it received an extension that it did not offer; one of the two ends breaks the protocol, please report it",
  ],
  certificate_unobtainable: [
    "SSL_ERROR_CERTIFICATE_UNOBTAINABLE_ALERT",
    "it could not fetch our certificate from its address",
  ],
  unrecognized_name: [
    "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
    "it does not serve the host name asked for; check the hostname option",
  ],
  bad_certificate_status_response: [
    "SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT",
    "it does not accept the OCSP response stapled to our certificate; fetch a fresh one",
  ],
  bad_certificate_hash_value: [
    "SSL_ERROR_BAD_CERT_HASH_VALUE_ALERT",
    "it found another hash of our certificate than was announced",
  ],
  // NSS has no code for these two alerts.
  general_error: [
    "SSL_ERROR_RX_UNKNOWN_ALERT",
    "it met an error, and does not say which; see its log",
  ],
  unknown_psk_identity: [
    "SSL_ERROR_RX_UNKNOWN_ALERT",
    "it does not know the pre-shared key; check its identity on both ends",
  ],
  certificate_required: [
    "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
    "it wants a client certificate; give one by the certificates option or getClientAuthData",
  ],
  no_application_protocol: [
    "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
    "it speaks none of the application protocols offered; compare alpnProtocols on both ends",
  ],
  ech_required: [
    "SSL_ERROR_ECH_REQUIRED_ALERT",
    "it hid its hello for a key that is not here; publish the present ECH configuration, and keep old keys for as long as theirs may be cached",
  ],
};

/** The alerts of all errors, once there is an error: many programs see none. */
let alerts: ReadonlyMap<ErrorName, AlertByFault> | null = null;

/** Returns the alerts of all errors; later rules override earlier ones. */
function makeTable(): Map<ErrorName, AlertByFault> {
  const table = new Map<ErrorName, AlertByFault>();
  const put = (name: ErrorName, alert: AlertName | null): void => {
    table.set(name, { syntax: alert, value: alert });
  };
  for (const name of Object.keys(ERRORS) as ErrorName[]) {
    if (/^SSL_ERROR_(RX_)?MALFORMED_/.test(name)) {
      table.set(name, { syntax: "decode_error", value: "illegal_parameter" });
    } else if (/^SSL_ERROR_RX_(UNEXPECTED|UNKNOWN)_/.test(name)) {
      put(name, "unexpected_message");
    } else if (name.startsWith("PR_")) {
      put(name, null); // the transport failed or timed out
    } else {
      put(name, "internal_error");
    }
  }
  // The code of a received alert gives the same alert if this end throws it, as NSS's servers do
  // with SSL_ERROR_UNRECOGNIZED_NAME_ALERT.
  for (const [alert, [name]] of Object.entries(RECEIVED) as [AlertName, [ErrorName, string]][]) {
    if (name.endsWith("_ALERT")) put(name, alert);
  }
  for (const name of SILENT_ERRORS) put(name, null);
  for (const [alert, names] of Object.entries(ERRORS_BY_ALERT) as [AlertName, ErrorName[]][]) {
    for (const name of names) put(name, alert);
  }
  for (const [name, alerts] of Object.entries(ERRORS_BY_FAULT)) {
    table.set(name as ErrorName, alerts);
  }
  return table;
}

/**
 * Returns the alert that announces an error to the peer. Nothing else maps errors to alerts.
 *
 * @param name The name of the error.
 * @param fault The kind of fault.
 * @returns The alert, or `null` if none is sent.
 */
export function alertFor(name: ErrorName, fault: Fault): AlertName | null {
  return (alerts ??= makeTable()).get(name)![fault];
}

/**
 * Returns the error for a received alert, with NSS's code.
 *
 * @param description The alert's description byte, possibly unknown.
 * @returns The error; its origin is the peer, so that it causes no alert.
 */
export function errorFromAlert(description: number): SslError {
  const name = alertName(description);
  if (name === undefined) {
    return new SslError(
      "SSL_ERROR_RX_UNKNOWN_ALERT",
      `Peer sent alert ${description}, which no RFC defines; see its log`,
      { origin: "peer" },
    );
  }
  const [error, advice] = RECEIVED[name];
  return new SslError(error, `Peer sent alert ${name} (${description}): ${advice}`, {
    origin: "peer",
  });
}
