// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type ErrorName, ERRORS } from "../../../cert/base/errors.ts";
import { alertFor, errorFromAlert } from "../../../ssl/base/alerts.ts";
import { ALERT_DESCRIPTIONS, type AlertName } from "../../../ssl/tables/alert_descriptions.ts";

const NAMES = Object.keys(ERRORS) as ErrorName[];
const ALERT_NAMES = Object.keys(ALERT_DESCRIPTIONS) as AlertName[];
const FAULTS = ["syntax", "value"] as const;

Deno.test("alertFor() is total and names known alerts only", () => {
  for (const name of NAMES) {
    for (const fault of FAULTS) {
      const alert = alertFor(name, fault);
      assert(alert === null || alert in ALERT_DESCRIPTIONS, `${name} ${fault}: ${alert}`);
    }
  }
});

Deno.test("alertFor() answers each code as RFC 8446 and NSS do", () => {
  const expected: [ErrorName, syntax: AlertName | null, value?: AlertName | null][] = [
    ["SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", "decode_error", "illegal_parameter"],
    ["SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "decode_error", "illegal_parameter"],
    ["SSL_ERROR_RX_MALFORMED_KEY_SHARE", "decode_error", "illegal_parameter"],
    ["SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE", "decode_error", "illegal_parameter"],
    ["SSL_ERROR_MALFORMED_PRE_SHARED_KEY", "decode_error", "illegal_parameter"],
    ["SSL_ERROR_MALFORMED_EARLY_DATA", "decode_error", "illegal_parameter"],
    ["SSL_ERROR_RX_MALFORMED_CHANGE_CIPHER", "unexpected_message"],
    ["SSL_ERROR_RX_UNEXPECTED_FINISHED", "unexpected_message"],
    ["SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", "unexpected_message"],
    ["SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", "unexpected_message"],
    ["SSL_ERROR_RX_UNKNOWN_HANDSHAKE", "unexpected_message"],
    ["SSL_ERROR_TOO_MANY_KEY_UPDATES", "unexpected_message"],
    ["SSL_ERROR_TOO_MUCH_EARLY_DATA", "unexpected_message"],
    ["SSL_ERROR_RX_UNEXPECTED_EXTENSION", "unsupported_extension"],
    ["SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter"],
    ["SSL_ERROR_BAD_MAC_READ", "bad_record_mac"],
    ["SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow"],
    ["SSL_ERROR_NO_CYPHER_OVERLAP", "handshake_failure"],
    ["SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM", "handshake_failure"],
    ["SSL_ERROR_UNSUPPORTED_VERSION", "protocol_version"],
    ["SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"],
    ["SEC_ERROR_BAD_SIGNATURE", "bad_certificate", "decrypt_error"],
    ["SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "no_application_protocol"],
    ["SSL_ERROR_MISSING_KEY_SHARE", "missing_extension"],
    ["SSL_ERROR_MISSING_SUPPORTED_GROUPS_EXTENSION", "missing_extension"],
    ["SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension"],
    ["SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter"],
    ["SSL_ERROR_NO_CERTIFICATE", "certificate_required", "handshake_failure"],
    ["SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "unrecognized_name"],
    ["SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT", "inappropriate_fallback"],
    ["SSL_ERROR_BAD_CERT_DOMAIN", "bad_certificate"],
    ["SEC_ERROR_EXPIRED_CERTIFICATE", "certificate_expired"],
    ["SEC_ERROR_REVOKED_CERTIFICATE", "certificate_revoked"],
    ["SEC_ERROR_UNKNOWN_ISSUER", "unknown_ca"],
    ["SEC_ERROR_UNTRUSTED_ISSUER", "unknown_ca"],
    ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", "unknown_ca"],
    ["SEC_ERROR_UNTRUSTED_CERT", "access_denied"],
    ["SEC_ERROR_INADEQUATE_KEY_USAGE", "certificate_unknown"],
    ["SEC_ERROR_INADEQUATE_CERT_TYPE", "certificate_unknown"],
    ["SEC_ERROR_CA_CERT_INVALID", "bad_certificate"],
    ["SEC_ERROR_CERT_NOT_IN_NAME_SPACE", "bad_certificate"],
    ["SEC_ERROR_BAD_DER", "bad_certificate"],
    ["SEC_ERROR_INVALID_KEY", "bad_certificate"],
    ["SEC_ERROR_OCSP_OLD_RESPONSE", "bad_certificate_status_response"],
    ["SEC_ERROR_LIBRARY_FAILURE", "internal_error"],
    ["SSL_ERROR_APP_CALLBACK_ERROR", "internal_error"],
    ["SSL_ERROR_SIGN_HASHES_FAILURE", "internal_error"],
    ["PR_NOT_IMPLEMENTED_ERROR", "internal_error"],
    ["PR_END_OF_FILE_ERROR", null],
    ["PR_IO_TIMEOUT_ERROR", null],
    ["PR_CONNECT_RESET_ERROR", null],
    ["PR_IO_ERROR", null],
    ["SSL_ERROR_SOCKET_WRITE_FAILURE", null],
    ["SSL_ERROR_CLOSE_NOTIFY_ALERT", null],
    ["SSL_ERROR_RX_UNKNOWN_ALERT", null],
  ];
  for (const [name, syntax, value = syntax] of expected) {
    assertEquals(alertFor(name, "syntax"), syntax, name);
    assertEquals(alertFor(name, "value"), value, name);
  }
});

Deno.test("alertFor() never announces a failure by close_notify or user_canceled", () => {
  for (const name of NAMES) {
    for (const fault of FAULTS) {
      const alert = alertFor(name, fault);
      assert(alert !== "close_notify", name);
      assert(alert !== "user_canceled" || name === "SSL_ERROR_USER_CANCELED_ALERT", name);
    }
  }
});

Deno.test("errorFromAlert() gives NSS's code for each alert", () => {
  const expected: Partial<Record<AlertName, ErrorName>> = {
    close_notify: "SSL_ERROR_CLOSE_NOTIFY_ALERT",
    unexpected_message: "SSL_ERROR_HANDSHAKE_UNEXPECTED_ALERT",
    bad_record_mac: "SSL_ERROR_BAD_MAC_ALERT",
    decryption_failed: "SSL_ERROR_DECRYPTION_FAILED_ALERT",
    record_overflow: "SSL_ERROR_RECORD_OVERFLOW_ALERT",
    decompression_failure: "SSL_ERROR_DECOMPRESSION_FAILURE_ALERT",
    handshake_failure: "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
    no_certificate: "SSL_ERROR_NO_CERTIFICATE",
    bad_certificate: "SSL_ERROR_BAD_CERT_ALERT",
    unsupported_certificate: "SSL_ERROR_UNSUPPORTED_CERT_ALERT",
    certificate_revoked: "SSL_ERROR_REVOKED_CERT_ALERT",
    certificate_expired: "SSL_ERROR_EXPIRED_CERT_ALERT",
    certificate_unknown: "SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT",
    illegal_parameter: "SSL_ERROR_ILLEGAL_PARAMETER_ALERT",
    unknown_ca: "SSL_ERROR_UNKNOWN_CA_ALERT",
    access_denied: "SSL_ERROR_ACCESS_DENIED_ALERT",
    decode_error: "SSL_ERROR_DECODE_ERROR_ALERT",
    decrypt_error: "SSL_ERROR_DECRYPT_ERROR_ALERT",
    export_restriction: "SSL_ERROR_EXPORT_RESTRICTION_ALERT",
    protocol_version: "SSL_ERROR_PROTOCOL_VERSION_ALERT",
    insufficient_security: "SSL_ERROR_INSUFFICIENT_SECURITY_ALERT",
    internal_error: "SSL_ERROR_INTERNAL_ERROR_ALERT",
    inappropriate_fallback: "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT",
    user_canceled: "SSL_ERROR_USER_CANCELED_ALERT",
    no_renegotiation: "SSL_ERROR_NO_RENEGOTIATION_ALERT",
    missing_extension: "SSL_ERROR_MISSING_EXTENSION_ALERT",
    unsupported_extension: "SSL_ERROR_UNSUPPORTED_EXTENSION_ALERT",
    certificate_unobtainable: "SSL_ERROR_CERTIFICATE_UNOBTAINABLE_ALERT",
    unrecognized_name: "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
    bad_certificate_status_response: "SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT",
    bad_certificate_hash_value: "SSL_ERROR_BAD_CERT_HASH_VALUE_ALERT",
    general_error: "SSL_ERROR_RX_UNKNOWN_ALERT",
    unknown_psk_identity: "SSL_ERROR_RX_UNKNOWN_ALERT",
    certificate_required: "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
    no_application_protocol: "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
    ech_required: "SSL_ERROR_ECH_REQUIRED_ALERT",
  };
  for (const alert of ALERT_NAMES) {
    const error = errorFromAlert(ALERT_DESCRIPTIONS[alert]);
    assertEquals(error.name, expected[alert], alert);
    assertEquals(error.origin, "peer");
    assertEquals(error.alert, null);
    assertStringIncludes(
      error.message,
      `Peer sent alert ${alert} (${ALERT_DESCRIPTIONS[alert]}): it `,
    );
    assertMatch(error.message, /[^.]$/);
  }
});

Deno.test("errorFromAlert() takes every byte", () => {
  for (let description = 0; description < 256; description++) {
    const error = errorFromAlert(description);
    assertEquals(error.origin, "peer");
    assertEquals(error.alert, null);
    assertStringIncludes(error.message, String(description));
  }
  assertEquals(errorFromAlert(255).name, "SSL_ERROR_RX_UNKNOWN_ALERT");
});
