// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-fmt-ignore-file: a table is read by its columns.

/**
 * What each end of TLS 1.2 must say to each message that is lost, doubled, late, altered or another
 * one: thought through from RFC 5246 and its companions, whose section stands in the row where it
 * prescribes the alert. Where none is named the alert follows from RFC 5246, Section 7.2.2 (what
 * does not parse is a decode_error) or from Section 7.4: what is out of order is an
 * unexpected_message. Where the RFCs leave a choice, BoringSSL and rustls decide.
 *
 * @module
 */

import type { ErrorName } from "../../cert/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { append, type Edit, flip, growVector8, HELLO, setU16, truncate } from "./_filters.ts";
import type { Expectation as Tls13Expectation, Row as Tls13Row } from "./_filter_rows.ts";
import {
  addSuite,
  addToHello,
  editHello,
  setChosenCompression,
  setChosenSuite,
  setCompressionMethod,
  setSessionId,
  setSuites,
  withoutExtensions,
} from "./_tls12.ts";

/** The handshakes whose messages are filtered. */
export type Tls12Scenario = "full" | "stapled" | "auth" | "resumed";

/** What must come of an action. */
export type Tls12Expectation =
  /** No such row as that in which both ends cannot read is in TLS 1.2. */
  | Exclude<Tls13Expectation, { readonly both: ErrorName }>
  /** Each end finds an error of its own before it hears of the other's. */
  | { readonly client: ErrorName; readonly server: ErrorName; readonly alert: AlertName };

/** One action on one message. */
export type Tls12Row = readonly [Tls13Row[0], Tls13Row[1], Tls12Expectation, rfc?: string];

/** All actions on one message. */
export interface Tls12MessageRows {
  readonly scenario: Tls12Scenario;
  readonly sender: Role;
  readonly message: string;
  readonly type: number;
  readonly rows: readonly Tls12Row[];
}

const at = (role: Role) => (error: string, alert: AlertName): Tls12Expectation => ({
  at: role,
  error: (/^SEC_/.test(error) ? error : `SSL_ERROR_${error}`) as ErrorName,
  alert,
});
const client = at("client");
const server = at("server");
const edit = (change: Edit) => ({ edit: change });
const waits = (role: Role): Tls12Expectation => ({ waits: role });
const replaced = (type: number, body: readonly number[] = []) => ({ type, body });

const T = HandshakeType;
const E = ExtensionType;
const UNEXPECTED = "unexpected_message";
/**
 * With the extended master secret the keys follow from all messages: the server cannot read the
 * client's Finished.
 */
const SERVER_CANNOT_READ = server("BAD_MAC_READ", "bad_record_mac");
const CLIENT_CANNOT_READ = client("BAD_MAC_READ", "bad_record_mac");
const NO_CCS_DUE = "RX_UNEXPECTED_CHANGE_CIPHER";
/** The signature covers both randoms and the share (RFC 8422, Section 5.4). */
const WRONG_SIGNATURE = "SEC_ERROR_BAD_SIGNATURE";

const lengths = (end: typeof client, error: string, alert: AlertName = "decode_error"): readonly Tls12Row[] => [
  ["truncate", edit(truncate), end(error, alert)],
  ["append", edit(append), end(error, alert)],
];

const hello = (type: number, change: Edit | null | number) => edit(editHello("ClientHello", type, change));
const answer = (type: number, change: Edit | null | number) => edit(editHello("ServerHello", type, change));

const clientHello: readonly Tls12Row[] = [
  ["drop", "drop", waits("server")],
  ["reorder", "reorder", waits("server")],
  ["version 1.1", edit(setU16(HELLO.legacyVersion, 0x0302)), server("UNSUPPORTED_VERSION", "protocol_version"), "RFC 5246, E.1"],
  ["version 3.0", edit(setU16(HELLO.legacyVersion, 0x0300)), server("UNSUPPORTED_VERSION", "protocol_version"), "RFC 5246, E.1"],
  ["version 2.0", edit(setU16(HELLO.legacyVersion, 0x0002)), server("UNSUPPORTED_VERSION", "protocol_version")],
  ["cipher suites not known", edit(setSuites(0x1304, 0x0a0a)), server("NO_CYPHER_OVERLAP", "handshake_failure"), "RFC 5246, 7.4.1.3"],
  ["cipher suites of TLS 1.3 only", edit(setSuites(0x1301, 0x1302)), server("NO_CYPHER_OVERLAP", "handshake_failure")],
  ["cipher suites that are off", edit(setSuites(0xc009, 0xc013)), server("NO_CYPHER_OVERLAP", "handshake_failure")],
  ["RSA key transport only", edit(setSuites(0x009c, 0x002f)), server("NO_CYPHER_OVERLAP", "handshake_failure")],
  ["signals only", edit(setSuites(0x00ff)), server("NO_CYPHER_OVERLAP", "handshake_failure")],
  ["suites of another certificate", edit(setSuites(0xc02f, 0xcca8)), server("NO_CYPHER_OVERLAP", "handshake_failure")],
  ["compression", edit(setCompressionMethod(1)), server("NO_COMPRESSION_OVERLAP", "illegal_parameter"), "RFC 5246, 7.4.1.2"],
  ["renegotiation_info of another handshake", hello(E.renegotiationInfo, () => new Uint8Array([2, 1, 1])), server("UNSAFE_NEGOTIATION", "handshake_failure"), "RFC 5746, 3.6"],
  ["renegotiation_info truncated", hello(E.renegotiationInfo, () => new Uint8Array([2, 1])), server("RX_MALFORMED_CLIENT_HELLO", "decode_error")],
  ["compressed points only", hello(E.ecPointFormats, () => new Uint8Array([1, 1])), server("RX_MALFORMED_HANDSHAKE", "illegal_parameter"), "RFC 8422, 5.1.2"],
  ["extended_master_secret not empty", hello(E.extendedMasterSecret, append), server("RX_MALFORMED_CLIENT_HELLO", "decode_error"), "RFC 7627, 5.1"],
  ["extension twice", edit(addToHello("ClientHello", E.extendedMasterSecret)), server("RX_MALFORMED_CLIENT_HELLO", "decode_error"), "RFC 5246, 7.4.1.4"],
  ["extension of another message", edit(addToHello("ClientHello", E.oidFilters, [0, 0])), server("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter")],
  ...lengths(server, "RX_MALFORMED_CLIENT_HELLO"),
  ["as finished", replaced(T.finished), server("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
  ["as client_key_exchange", replaced(T.clientKeyExchange), server("RX_UNEXPECTED_CLIENT_KEY_EXCH", UNEXPECTED)],
  ["as server_hello", replaced(T.serverHello), server("RX_UNEXPECTED_SERVER_HELLO", UNEXPECTED)],
];

const serverHello: readonly Tls12Row[] = [
  ["duplicate", "duplicate", client("RX_UNEXPECTED_SERVER_HELLO", UNEXPECTED)],
  ["version 1.1", edit(setU16(HELLO.legacyVersion, 0x0302)), client("UNSUPPORTED_VERSION", "protocol_version"), "RFC 5246, E.1"],
  ["version 1.3", edit(setU16(HELLO.legacyVersion, 0x0304)), client("UNSUPPORTED_VERSION", "protocol_version"), "RFC 5246, E.1"],
  ["cipher suite of TLS 1.3", edit(setChosenSuite(0x1301)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter")],
  ["cipher suite that is off", edit(setChosenSuite(0xc009)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter")],
  ["a signal as cipher suite", edit(setChosenSuite(0x00ff)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter")],
  ["compression", edit(setChosenCompression(1)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter")],
  ["renegotiation_info of another handshake", answer(E.renegotiationInfo, () => new Uint8Array([2, 1, 1])), client("UNSAFE_NEGOTIATION", "handshake_failure"), "RFC 5746, 3.4"],
  ["compressed points only", answer(E.ecPointFormats, () => new Uint8Array([1, 1])), client("RX_MALFORMED_HANDSHAKE", "illegal_parameter"), "RFC 8422, 5.2"],
  ["extension not asked for", edit(addToHello("ServerHello", 0x7777)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension"), "RFC 5246, 7.4.1.4"],
  ["encrypt_then_mac not asked for", edit(addToHello("ServerHello", E.encryptThenMac)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension")],
  ["status_request not asked for", edit(addToHello("ServerHello", E.statusRequest)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension")],
  ["protocol not asked for", edit(addToHello("ServerHello", E.applicationLayerProtocolNegotiation, [0, 2, 1, 97])), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension")],
  ["key_share", edit(addToHello("ServerHello", E.keyShare, [0, 29, 0, 0])), client("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter")],
  ["extension twice", edit(addToHello("ServerHello", E.extendedMasterSecret)), client("RX_MALFORMED_SERVER_HELLO", "decode_error")],
  ...lengths(client, "RX_MALFORMED_SERVER_HELLO"),
];

const certificate = (end: typeof client, next: string): readonly Tls12Row[] => [
  ["drop", "drop", end(next, UNEXPECTED)],
  ["duplicate", "duplicate", end("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
  ["reorder", "reorder", end(next, UNEXPECTED)],
  ["flip certificate's signature", edit(flip(-1)), end("SEC_ERROR_BAD_SIGNATURE", "bad_certificate"), "RFC 5246, 7.2.2"],
  ["flip certificate's tag", edit(flip(6)), end("BAD_CERTIFICATE", "bad_certificate"), "RFC 5246, 7.2.2"],
  ...lengths(end, "RX_MALFORMED_CERTIFICATE"),
  ["as finished", replaced(T.finished), end("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
];

const signed = (end: typeof client, scheme: number): readonly Tls12Row[] => [
  ["flip signature", edit(flip(-1)), end(WRONG_SIGNATURE, "decrypt_error"), "RFC 5246, 7.2.2"],
  ["scheme of SHA-1", edit(setU16(scheme, 0x0203)), end("INCORRECT_SIGNATURE_ALGORITHM", "illegal_parameter"), "RFC 5246, 7.4.3"],
  ["scheme of MD5", edit(setU16(scheme, 0x0103)), end("INCORRECT_SIGNATURE_ALGORITHM", "illegal_parameter"), "RFC 5246, 7.4.3"],
  ["scheme of another key", edit(setU16(scheme, 0x0804)), end("INCORRECT_SIGNATURE_ALGORITHM", "illegal_parameter"), "RFC 5246, 7.4.3"],
  ["another hash", edit(setU16(scheme, 0x0503)), end(WRONG_SIGNATURE, "decrypt_error")],
];

const finished = (end: typeof client, role: Role): readonly Tls12Row[] => [
  ["drop", "drop", waits(role)],
  ["duplicate", "duplicate", end("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
  ["reorder", "reorder", waits(role)],
  ["flip MAC", edit(flip(0)), end("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "RFC 5246, 7.2.2"],
  ["flip end of MAC", edit(flip(-1)), end("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "RFC 5246, 7.2.2"],
  ...lengths(end, "RX_MALFORMED_FINISHED", "decrypt_error"),
  ["of TLS 1.3", edit(() => new Uint8Array(32)), end("RX_MALFORMED_FINISHED", "decrypt_error")],
  ["as certificate", replaced(T.certificate), end("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
  ["as key_update", replaced(T.keyUpdate, [0]), end("RX_UNEXPECTED_KEY_UPDATE", UNEXPECTED)],
];

const newSessionTicket: readonly Tls12Row[] = [
  ["drop", "drop", client(NO_CCS_DUE, UNEXPECTED), "RFC 5077, 3.3"],
  ["duplicate", "duplicate", client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED)],
  ["reorder", "reorder", client(NO_CCS_DUE, UNEXPECTED), "RFC 5077, 3.3"],
  // It is part of what Finished covers (RFC 5077, Section 3.3).
  ["flip ticket", edit(flip(-1)), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "RFC 5077, 3.3"],
  ["flip lifetime", edit(flip(3)), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "RFC 5077, 3.3"],
  ["empty ticket", edit(() => new Uint8Array(6)), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "RFC 5077, 3.3"],
  ...lengths(client, "RX_MALFORMED_NEW_SESSION_TICKET"),
  ["as finished", replaced(T.finished), client("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
];

const empty: Edit = () => new Uint8Array(3);

/** Every message of every scenario, and what is done to it. */
export const TLS12_MESSAGE_ROWS: readonly Tls12MessageRows[] = [
  {
    scenario: "full",
    sender: "client",
    message: "ClientHello",
    type: T.clientHello,
    rows: [
      ...clientHello,
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_HELLO", UNEXPECTED)],
      ["flip random", edit(flip(HELLO.random)), client(WRONG_SIGNATURE, "decrypt_error")],
      ["no signature_algorithms", hello(E.signatureAlgorithms, null), server("UNSUPPORTED_SIGNATURE_ALGORITHM", "handshake_failure"), "RFC 5246, 7.4.1.4.1: then SHA-1, and that is off"],
      ["SHA-1 only", hello(E.signatureAlgorithms, () => new Uint8Array([0, 4, 2, 3, 2, 1])), server("UNSUPPORTED_SIGNATURE_ALGORITHM", "handshake_failure")],
      ["signature_algorithms empty", hello(E.signatureAlgorithms, () => new Uint8Array(2)), server("RX_MALFORMED_CLIENT_HELLO", "decode_error")],
      ["groups not known", hello(E.supportedGroups, () => new Uint8Array([0, 4, 0, 23, 0x0a, 0x0a])), SERVER_CANNOT_READ],
      ["no group in common", hello(E.supportedGroups, () => new Uint8Array([0, 2, 0x0a, 0x0a])), server("KEY_EXCHANGE_FAILURE", "handshake_failure"), "RFC 8422, 4"],
      ["a hybrid group only", hello(E.supportedGroups, () => new Uint8Array([0, 2, 0x11, 0xec])), server("KEY_EXCHANGE_FAILURE", "handshake_failure")],
      ["no supported_groups", hello(E.supportedGroups, null), SERVER_CANNOT_READ],
      // The keys are the same then, and Finished tells the difference.
      ["no extended_master_secret", hello(E.extendedMasterSecret, null), server("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error")],
      ["no renegotiation_info", hello(E.renegotiationInfo, null), SERVER_CANNOT_READ],
      ["TLS_FALLBACK_SCSV", edit(addSuite(0x5600)), SERVER_CANNOT_READ, "RFC 7507, 3: this server speaks nothing better"],
      ["session ID", edit(setSessionId(1, 2, 3)), SERVER_CANNOT_READ],
      ["extension not known", edit(addToHello("ClientHello", 0x7777)), SERVER_CANNOT_READ],
      ["version 1.3 without the extension", edit(setU16(HELLO.legacyVersion, 0x0304)), SERVER_CANNOT_READ, "RFC 5246, E.1"],
      ["no extensions", edit(withoutExtensions("ClientHello")), server("UNSUPPORTED_SIGNATURE_ALGORITHM", "handshake_failure")],
    ],
  },
  {
    scenario: "full",
    sender: "server",
    message: "ServerHello",
    type: T.serverHello,
    rows: [
      ...serverHello,
      ["as hello_request, which is ignored", replaced(T.helloRequest), client("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED), "RFC 5246, 7.4.1.1"],
      ["drop", "drop", client("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
      ["flip random", edit(flip(HELLO.random)), client(WRONG_SIGNATURE, "decrypt_error")],
      ["suite of another certificate", edit(setChosenSuite(0xc02f)), client("CERT_KEA_MISMATCH", "unsupported_certificate")],
      ["another suite", edit(setChosenSuite(0xcca9)), SERVER_CANNOT_READ],
      ["session ID", edit(setSessionId(...Array<number>(32).fill(7))), SERVER_CANNOT_READ],
      ["no extended_master_secret", answer(E.extendedMasterSecret, null), SERVER_CANNOT_READ],
      ["no renegotiation_info", answer(E.renegotiationInfo, null), SERVER_CANNOT_READ],
      ["no session_ticket", answer(E.sessionTicket, null), SERVER_CANNOT_READ],
      ["no extensions", edit(withoutExtensions("ServerHello")), SERVER_CANNOT_READ],
      ["supported_versions", edit((body) => addToHello("ServerHello", E.supportedVersions, [3, 3])(withoutExtensions("ServerHello")(body))), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "RFC 8446, 4.2.1"],
      ["as encrypted_extensions", replaced(T.encryptedExtensions, [0, 0]), client("RX_UNEXPECTED_ENCRYPTED_EXTENSIONS", UNEXPECTED)],
    ],
  },
  {
    scenario: "full",
    sender: "server",
    message: "Certificate",
    type: T.certificate,
    rows: [
      ...certificate(client, "RX_UNEXPECTED_SERVER_KEY_EXCH"),
      ["no certificate", edit(empty), client("RX_MALFORMED_CERTIFICATE", "decode_error"), "RFC 5246, 7.4.2"],
      ["as server_hello_done", replaced(T.serverHelloDone), client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
    ],
  },
  {
    scenario: "full",
    sender: "server",
    message: "ServerKeyExchange",
    type: T.serverKeyExchange,
    rows: [
      ["drop", "drop", client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_SERVER_KEY_EXCH", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
      ["flip share", edit(flip(4)), client(WRONG_SIGNATURE, "decrypt_error")],
      // The key exchange, which is begun before the signature has been verified, fails as well.
      ["share of zeros", edit((body) => body.fill(0, 4, 36)), client(WRONG_SIGNATURE, "decrypt_error")],
      ...signed(client, 36),
      ["curve spelled out", edit((body) => body.fill(1, 0, 1)), client("RX_MALFORMED_SERVER_KEY_EXCH", "illegal_parameter"), "RFC 8422, 5.4"],
      ["curve not offered", edit(setU16(1, 0x001e)), client("RX_MALFORMED_SERVER_KEY_EXCH", "illegal_parameter"), "RFC 8422, 5.4"],
      ["hybrid group", edit(setU16(1, 0x11ec)), client("RX_MALFORMED_SERVER_KEY_EXCH", "illegal_parameter")],
      ["empty share", edit((body) => new Uint8Array([3, 0, 29, 0, ...body.subarray(36)])), client("RX_MALFORMED_SERVER_KEY_EXCH", "decode_error")],
      ...lengths(client, "RX_MALFORMED_SERVER_KEY_EXCH"),
      ["as certificate_request", replaced(T.certificateRequest), client("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED)],
      ["as certificate_status", replaced(T.certificateStatus), client("RX_UNEXPECTED_CERT_STATUS", UNEXPECTED)],
    ],
  },
  {
    scenario: "full",
    sender: "server",
    message: "ServerHelloDone",
    type: T.serverHelloDone,
    rows: [
      ["drop", "drop", waits("client")],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
      ["reorder", "reorder", waits("client")],
      ["append", edit(append), client("RX_MALFORMED_HELLO_DONE", "decode_error")],
      ["as finished", replaced(T.finished), client("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
      ["as hello_request", replaced(T.helloRequest), client("RX_UNEXPECTED_HELLO_REQUEST", UNEXPECTED)],
      ["as an unknown message", replaced(99), client("RX_UNKNOWN_HANDSHAKE", UNEXPECTED)],
    ],
  },
  {
    scenario: "full",
    sender: "client",
    message: "ClientKeyExchange",
    type: T.clientKeyExchange,
    rows: [
      ["drop", "drop", server(NO_CCS_DUE, UNEXPECTED)],
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_KEY_EXCH", UNEXPECTED)],
      ["reorder", "reorder", server(NO_CCS_DUE, UNEXPECTED)],
      ["flip share", edit(flip(4)), SERVER_CANNOT_READ],
      ["short share", edit((body) => truncate(flip(0)(body).fill(body.length - 2, 0, 1))), server("RX_MALFORMED_KEY_SHARE", "illegal_parameter"), "RFC 8422, 5.11"],
      ["share of low order", edit((body) => body.fill(0, 1)), server("RX_MALFORMED_KEY_SHARE", "illegal_parameter"), "RFC 8422, 5.11"],
      ["empty share", edit(() => new Uint8Array([0])), server("RX_MALFORMED_CLIENT_KEY_EXCH", "decode_error")],
      ...lengths(server, "RX_MALFORMED_CLIENT_KEY_EXCH"),
      ["as certificate", replaced(T.certificate, [0, 0, 0]), server("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED), "RFC 5246, 7.4.6: not asked for"],
      ["as certificate_verify", replaced(T.certificateVerify), server("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
      ["as finished", replaced(T.finished), server("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
    ],
  },
  { scenario: "full", sender: "client", message: "Finished", type: T.finished, rows: finished(server, "server") },
  { scenario: "full", sender: "server", message: "NewSessionTicket", type: T.newSessionTicket, rows: newSessionTicket },
  { scenario: "full", sender: "server", message: "Finished", type: T.finished, rows: finished(client, "client") },

  {
    scenario: "stapled",
    sender: "server",
    message: "Certificate",
    type: T.certificate,
    rows: certificate(client, "RX_UNEXPECTED_CERT_STATUS"),
  },
  {
    scenario: "stapled",
    sender: "server",
    message: "CertificateStatus",
    type: T.certificateStatus,
    rows: [
      // RFC 6066, Section 8: a server may leave it out although it has promised it.
      ["drop", "drop", SERVER_CANNOT_READ, "RFC 6066, 8"],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_CERT_STATUS", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_CERT_STATUS", UNEXPECTED), "RFC 6066, 8: immediately after Certificate"],
      ["flip status type", edit(flip(0)), client("BAD_CERT_STATUS_RESPONSE_ALERT", "decode_error")],
      ["empty response", edit(() => new Uint8Array([1, 0, 0, 0])), client("BAD_CERT_STATUS_RESPONSE_ALERT", "decode_error"), "RFC 6066, 8"],
      // A response that cannot be used ends the handshake in the default verification
      ["flip response's tag", edit(flip(4)), client("SEC_ERROR_OCSP_MALFORMED_RESPONSE", "bad_certificate_status_response"), "RFC 6066, 8"],
      ["flip response's signature", edit(flip(-1)), client("SEC_ERROR_OCSP_BAD_SIGNATURE", "bad_certificate_status_response"), "RFC 6066, 8"],
      ...lengths(client, "BAD_CERT_STATUS_RESPONSE_ALERT"),
      ["as server_hello_done", replaced(T.serverHelloDone), client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
    ],
  },
  {
    scenario: "stapled",
    sender: "server",
    message: "ServerKeyExchange",
    type: T.serverKeyExchange,
    rows: [
      ["drop", "drop", client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_SERVER_KEY_EXCH", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
      ...signed(client, 36),
      ...lengths(client, "RX_MALFORMED_SERVER_KEY_EXCH"),
      ["as certificate_status", replaced(T.certificateStatus), client("RX_UNEXPECTED_CERT_STATUS", UNEXPECTED)],
    ],
  },

  {
    scenario: "auth",
    sender: "server",
    message: "CertificateRequest",
    type: T.certificateRequest,
    rows: [
      ["drop", "drop", server("RX_UNEXPECTED_CLIENT_KEY_EXCH", UNEXPECTED)],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED)],
      ["another certificate type", edit((body) => body.fill(1, 1, 3)), server("NO_CERTIFICATE", "handshake_failure"), "RFC 5246, 7.4.6"],
      ["another scheme", edit((body) => concatBytes(body.subarray(0, 3), [0, 2, 8, 4], body.subarray(5 + (body[3]! << 8 | body[4]!)))), server("NO_CERTIFICATE", "handshake_failure"), "RFC 5246, 7.4.6"],
      ["no certificate types", edit((body) => new Uint8Array([0, ...body.subarray(3)])), client("RX_MALFORMED_CERT_REQUEST", "decode_error"), "RFC 5246, 7.4.4"],
      ["grown types", edit(growVector8(0)), server(WRONG_SIGNATURE, "decrypt_error"), "RFC 5246, 7.4.4: one type more"],
      ...lengths(client, "RX_MALFORMED_CERT_REQUEST"),
      ["as certificate", replaced(T.certificate), client("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
    ],
  },
  {
    scenario: "auth",
    sender: "server",
    message: "ServerHelloDone",
    type: T.serverHelloDone,
    rows: [
      ["drop", "drop", waits("client")],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_HELLO_DONE", UNEXPECTED)],
      ["reorder", "reorder", waits("client")],
      ["append", edit(append), client("RX_MALFORMED_HELLO_DONE", "decode_error")],
      ["as certificate_request", replaced(T.certificateRequest), client("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED), "RFC 5246, 7.4.4: there is one"],
    ],
  },
  {
    scenario: "auth",
    sender: "client",
    message: "Certificate",
    type: T.certificate,
    rows: [
      ...certificate(server, "RX_UNEXPECTED_CLIENT_KEY_EXCH"),
      ["no certificate", edit(empty), server("NO_CERTIFICATE", "handshake_failure"), "RFC 5246, 7.4.6"],
    ],
  },
  {
    scenario: "auth",
    sender: "client",
    message: "ClientKeyExchange",
    type: T.clientKeyExchange,
    rows: [
      ["drop", "drop", server("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_KEY_EXCH", UNEXPECTED)],
      ["reorder", "reorder", server("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
      // What the client has signed is not what the server has seen.
      ["flip share", edit(flip(4)), server(WRONG_SIGNATURE, "decrypt_error")],
      ...lengths(server, "RX_MALFORMED_CLIENT_KEY_EXCH"),
      ["as finished", replaced(T.finished), server("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
    ],
  },
  {
    scenario: "auth",
    sender: "client",
    message: "CertificateVerify",
    type: T.certificateVerify,
    rows: [
      // RFC 5246, Section 7.4.8: MUST immediately follow, or anybody could show the certificate.
      ["drop", "drop", server(NO_CCS_DUE, UNEXPECTED)],
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
      ["reorder", "reorder", server(NO_CCS_DUE, UNEXPECTED)],
      ...signed(server, 0),
      ...lengths(server, "RX_MALFORMED_CERT_VERIFY"),
      ["as finished", replaced(T.finished), server("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
    ],
  },

  { scenario: "auth", sender: "client", message: "Finished", type: T.finished, rows: finished(server, "server") },
  { scenario: "auth", sender: "server", message: "NewSessionTicket", type: T.newSessionTicket, rows: newSessionTicket },
  { scenario: "auth", sender: "server", message: "Finished", type: T.finished, rows: finished(client, "client") },

  {
    scenario: "resumed",
    sender: "client",
    message: "ClientHello",
    type: T.clientHello,
    rows: [
      ...clientHello.filter(([name]) => !/^suites of another/.test(name)),
      ["suites of another certificate", edit(setSuites(0xc02f)), server("NO_CYPHER_OVERLAP", "handshake_failure")],
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_HELLO", UNEXPECTED)],
      ["no extended_master_secret", hello(E.extendedMasterSecret, null), server("MISSING_EXTENDED_MASTER_SECRET", "handshake_failure"), "RFC 7627, 5.3"],
      // The server does not know the session any more, and the full handshake shows the alteration.
      ["flip ticket", hello(E.sessionTicket, flip(50)), SERVER_CANNOT_READ, "RFC 5077, 3.4"],
      ["no ticket", hello(E.sessionTicket, null), SERVER_CANNOT_READ],
      ["suite of the session left out", edit(setSuites(0xcca9)), SERVER_CANNOT_READ, "RFC 5246, 7.4.1.2"],
      // It still has its ticket, and what it expects is the echo of an ID (RFC 5077, Section 3.4).
      ["no session ID", edit(setSessionId()), client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED)],
      // The client gets another session ID back than it sent, and with it no certificate.
      ["flip session ID", edit(flip(HELLO.sessionId)), client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED)],
      // The keys follow from both randoms (RFC 5246, Section 6.3).
      ["flip random", edit(flip(HELLO.random)), CLIENT_CANNOT_READ],
      ["extension not known", edit(addToHello("ClientHello", 0x7777)), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error")],
      ["no signature_algorithms", hello(E.signatureAlgorithms, null), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error")],
    ],
  },
  {
    scenario: "resumed",
    sender: "server",
    message: "ServerHello",
    type: T.serverHello,
    rows: [
      ...serverHello,
      ["as hello_request, which is ignored", replaced(T.helloRequest), client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED), "RFC 5246, 7.4.1.1"],
      ["drop", "drop", client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED)],
      ["flip random", edit(flip(HELLO.random)), CLIENT_CANNOT_READ],
      ["flip session ID", edit(flip(HELLO.sessionId)), client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED)],
      ["another suite", edit(setChosenSuite(0xcca9)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "RFC 5246, 7.4.1.3"],
      ["no extended_master_secret", answer(E.extendedMasterSecret, null), client("MISSING_EXTENDED_MASTER_SECRET", "handshake_failure"), "RFC 7627, 5.3"],
      ["no session_ticket", answer(E.sessionTicket, null), client("RX_UNEXPECTED_NEW_SESSION_TICKET", UNEXPECTED), "RFC 5077, 3.3"],
      ["no renegotiation_info", answer(E.renegotiationInfo, null), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error")],
      ["as certificate", replaced(T.certificate), client("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
    ],
  },
  { scenario: "resumed", sender: "server", message: "NewSessionTicket", type: T.newSessionTicket, rows: newSessionTicket },
  { scenario: "resumed", sender: "server", message: "Finished", type: T.finished, rows: finished(client, "client") },
  { scenario: "resumed", sender: "client", message: "Finished", type: T.finished, rows: finished(server, "server") },
];

function concatBytes(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => Array.from(part)));
}
