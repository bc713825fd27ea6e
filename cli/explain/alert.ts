// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains alerts: their names and likely causes. @module */

import { type AlertName, alertOf } from "../../ssl/tables/alert_descriptions.ts";
import { type Field, lengthAndHex, wholeField } from "./field.ts";

/** The likely cause of each alert, as who looks on sees it: the sender has found it out. */
const CAUSES: Readonly<Record<AlertName, string>> = {
  close_notify: "the sender sends no more: a clean end",
  unexpected_message: "the other end has sent a message that must not come now: a defect of one",
  bad_record_mac: "a record does not decrypt: bytes were changed on the way, or keys differ",
  decryption_failed: "a record does not decrypt; a relic of TLS 1.0",
  record_overflow: "a record is too long: a defect of the other end, or bytes that are no TLS",
  decompression_failure: "what was compressed cannot be decompressed",
  handshake_failure:
    "nothing in common: cipher suites, groups or signature schemes; or the server " +
    "wants a client certificate",
  no_certificate: "the client has no certificate; a relic of SSL 3.0",
  bad_certificate: "the sender does not like the other end's certificate: damaged, or with a " +
    "signature that does not fit",
  unsupported_certificate: "the other end's certificate is of a kind that the sender does not take",
  certificate_revoked: "the other end's certificate was revoked by its authority",
  certificate_expired: "the other end's certificate has expired, or a clock is wrong",
  certificate_unknown: "the sender does not take the other end's certificate, and says no more: " +
    "often the wrong name or an unknown root; browsers send it when a person declines",
  illegal_parameter: "a field of the other end has a value that is forbidden: a defect of one",
  unknown_ca: "the sender does not know the authority: a private root that is not installed, or " +
    "an intermediate that was not sent",
  access_denied: "the certificate is good, and its owner may not come in",
  decode_error: "a message cannot be decoded: a defect of one end, or of a middlebox between",
  decrypt_error: "a signature or a Finished does not fit: bytes were changed, or the wrong key " +
    "was used",
  export_restriction: "a relic of export suites",
  protocol_version: "no version in common: most often one end has TLS 1.2 and later only",
  insufficient_security: "what the other end offers is too weak for the sender",
  internal_error: "a failure of the sender itself: its log says more",
  inappropriate_fallback:
    "the client came with a lower version than it could, and the server has " +
    "a higher one: the first attempt failed for another reason",
  user_canceled: "the sender gives up",
  no_renegotiation: "the sender does not renegotiate",
  missing_extension: "an extension that must be there is missing",
  unsupported_extension: "the other end has answered an extension that was not sent",
  certificate_unobtainable: "a certificate could not be fetched; a relic",
  unrecognized_name: "the server has no such host name (SNI)",
  bad_certificate_status_response: "the stapled OCSP response is not good",
  bad_certificate_hash_value: "a certificate does not have the hash that was named; a relic",
  unknown_psk_identity: "the server does not know the pre-shared key that the client names",
  certificate_required: "the server wants a client certificate, and none was shown",
  general_error: "something that has no other alert",
  no_application_protocol: "no protocol in common (ALPN)",
  ech_required: "the client demands ECH, and the server has not decrypted its ClientHello",
};

/**
 * Explains an alert.
 *
 * @param fragment The content of the record: two bytes.
 */
export function explainAlert(fragment: Uint8Array<ArrayBuffer>): Field {
  const [level, code] = fragment;
  if (level === undefined || code === undefined || fragment.length !== 2) {
    const value = `malformed: ${lengthAndHex(fragment)} where two bytes are an alert`;
    return wholeField(fragment, { name: "Alert", value, mark: "malformed" });
  }
  const { level: levelName, description } = alertOf(level, code);
  return wholeField(fragment, {
    name: "Alert",
    value: `${levelName ?? `level ${level}`} ${description ?? code}`,
    text: description === null ? "not known here" : CAUSES[description],
    mark: description === null ? "unknown" : null,
  });
}
