// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-fmt-ignore-file: a table is read by its columns.

/**
 * What each end must say to each message that is lost, doubled, late, altered or another one:
 * thought through from RFC 8446, whose section stands in the row where it prescribes the alert.
 * Where none is named the alert follows from Section 6.2 (what does not parse is a decode_error) or
 * from Section 4: "unexpected_message" for what is out of order.
 *
 * @module
 */

import type { ErrorName } from "../../cert/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import {
  type Action,
  addExtension,
  append,
  type Edit,
  editExtension,
  editSuites,
  flip,
  growVector8,
  HELLO,
  lastExtensionFirst,
  SERVER_HELLO,
  setCompression,
  setU16,
  truncate,
} from "./_filters.ts";

/** The handshakes whose messages are filtered. */
export type Scenario = "full" | "retry" | "auth" | "resumed";

/** What must come of an action. */
export type Expectation =
  /** This end finds an error and says so; the other end reports the alert. */
  | { readonly at: Role; readonly error: ErrorName; readonly alert: AlertName }
  /** Both ends have other keys than the peer, so neither can read even the other's alert. */
  | { readonly both: ErrorName; readonly alert: AlertName }
  /** This end rightly waits until its time is up; the other end meets the end of the transport. */
  | { readonly waits: Role };

/** One action on one message. */
export type Row = readonly [name: string, action: Action, expectation: Expectation, rfc?: string];

/** All actions on one message. */
export interface MessageRows {
  readonly scenario: Scenario;
  /** Whose message it is. */
  readonly sender: Role;
  /** The message's name. */
  readonly message: string;
  readonly type: number;
  /** Which of the sender's messages of this type it is. */
  readonly index?: number;
  readonly rows: readonly Row[];
}

const client = (error: string, alert: AlertName): Expectation => ({
  at: "client",
  error: `SSL_ERROR_${error}` as ErrorName,
  alert,
});
const server = (error: string, alert: AlertName): Expectation => ({
  ...client(error, alert),
  at: "server",
});
const edit = (change: Edit): Action => ({ edit: change });
const waits = (role: Role): Expectation => ({ waits: role });

const T = HandshakeType;
const E = ExtensionType;
const UNEXPECTED = "unexpected_message";
/** Both ends then derive keys from different transcripts or secrets (RFC 8446, Section 7.1). */
const OTHER_KEYS: Expectation = { both: "SSL_ERROR_BAD_MAC_READ", alert: "bad_record_mac" };
const UNALIGNED = "RX_UNEXPECTED_HANDSHAKE";
/** RFC 8446, Section 5.1: messages before a key change end with their record. */
const ALIGNED = "5.1";

const fit = (change: Edit | null | number, type: number) =>
  edit(editExtension("ClientHello", type, change));

const replaced = (type: number, body: readonly number[] = []): Action => ({ type, body });

/** The rows that every message has whose end is that of its last field. */
const lengths = (at: typeof client, error: string, alert: AlertName = "decode_error"): readonly Row[] => [
  ["truncate", edit(truncate), at(error, alert), "6.2"],
  ["append", edit(append), at(error, alert), "6.2"],
];

const clientFinished: readonly Row[] = [
  ["drop", "drop", waits("server")],
  ["duplicate", "duplicate", server(UNALIGNED, UNEXPECTED), ALIGNED],
  ["reorder", "reorder", waits("server")],
  ["flip MAC", edit(flip(0)), server("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "4.4.4"],
  ...lengths(server, "RX_MALFORMED_FINISHED", "decrypt_error"),
  ["as certificate_request", replaced(T.certificateRequest), server("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED)],
  ["as key_update", replaced(T.keyUpdate, [0]), server("RX_UNEXPECTED_KEY_UPDATE", UNEXPECTED), "4.6.3"],
];

const serverFinished: readonly Row[] = [
  ["drop", "drop", waits("client")],
  ["duplicate", "duplicate", client(UNALIGNED, UNEXPECTED), ALIGNED],
  ["reorder", "reorder", waits("client")],
  ["flip MAC", edit(flip(-1)), client("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "4.4.4"],
  ...lengths(client, "RX_MALFORMED_FINISHED", "decrypt_error"),
  ["as certificate", replaced(T.certificate), client("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
  ["as key_update", replaced(T.keyUpdate, [0]), client("RX_UNEXPECTED_KEY_UPDATE", UNEXPECTED), "4.6.3"],
];

/** What is true of every ServerHello. */
const serverHello: readonly Row[] = [
  // The next record is encrypted, and a record of application data has no place yet.
  ["drop", "drop", client("RX_UNEXPECTED_APPLICATION_DATA", UNEXPECTED), "5"],
  ["duplicate", "duplicate", client(UNALIGNED, UNEXPECTED), ALIGNED],
  ["reorder", "reorder", client("RX_UNEXPECTED_APPLICATION_DATA", UNEXPECTED), "5"],
  ["flip legacy_version", edit(flip(HELLO.legacyVersion + 1)), client("UNSUPPORTED_VERSION", "protocol_version"), "RFC 9846, 4.2.3"],
  ["SSL 3.0 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0300)), client("UNSUPPORTED_VERSION", "protocol_version"), "D.5"],
  ["SSL 2.0 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0002)), client("UNSUPPORTED_VERSION", "protocol_version"), "D.5"],
  ["TLS 1.0 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0301)), client("UNSUPPORTED_VERSION", "protocol_version"), "RFC 9846, 4.2.3"],
  ["flip random", edit(flip(HELLO.random)), OTHER_KEYS],
  ["flip legacy_session_id_echo", edit(flip(HELLO.sessionId)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.3"],
  ["cipher_suite not offered", edit(setU16(SERVER_HELLO.cipherSuite, 0x1304)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.3"],
  ["compression", edit(flip(SERVER_HELLO.compression)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter")],
  ["version 1.2 in the extension", edit(editExtension("ServerHello", E.supportedVersions, setU16(0, 0x0303))), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.2.1"],
  ["no supported_versions", edit(editExtension("ServerHello", E.supportedVersions, null)), client("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter"), "4.2"],
  ["key share of another group", edit(editExtension("ServerHello", E.keyShare, setU16(0, 0x0018))), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.2.8"],
  ["short key share", edit(editExtension("ServerHello", E.keyShare, (body) => truncate(setU16(2, (body[2]! << 8 | body[3]!) - 1)(body)))), client("RX_MALFORMED_KEY_SHARE", "illegal_parameter"), "4.2.8.2"],
  ["no key share", edit(editExtension("ServerHello", E.keyShare, null)), client("MISSING_KEY_SHARE", "missing_extension"), "9.2"],
  ["extension not asked for", edit(addExtension("ServerHello", 0x7777)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension"), "4.2"],
  ["extension of another message", edit(addExtension("ServerHello", E.serverName)), client("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter"), "4.2"],
  ...lengths(client, "RX_MALFORMED_SERVER_HELLO"),
  ["as encrypted_extensions", replaced(T.encryptedExtensions, [0, 0]), client("RX_UNEXPECTED_ENCRYPTED_EXTENSIONS", UNEXPECTED)],
];

/** Any 32 bytes are a point of Curve25519 (RFC 7748, Section 5). */
const FLIPPED_X25519: Row = ["flip key share", edit(editExtension("ServerHello", E.keyShare, flip(10))), OTHER_KEYS];

/** What is true of every first ClientHello. */
const clientHello: readonly Row[] = [
  ["SSL 3.0 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0300)), server("UNSUPPORTED_VERSION", "protocol_version"), "D.5"],
  ["SSL 2.0 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0002)), server("UNSUPPORTED_VERSION", "protocol_version"), "D.5"],
  ["TLS 1.0 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0301)), server("UNSUPPORTED_VERSION", "protocol_version"), "RFC 9846, 4.2.2"],
  ["TLS 1.3 in legacy_version", edit(setU16(HELLO.legacyVersion, 0x0304)), server("UNSUPPORTED_VERSION", "protocol_version"), "RFC 9846, 4.2.2"],
  ["drop", "drop", waits("server")],
  ["reorder", "reorder", waits("server")],
  ["version not known", fit(flip(2), E.supportedVersions), server("UNSUPPORTED_VERSION", "protocol_version"), "4.2.1"],
  ["no supported_versions", fit(null, E.supportedVersions), server("UNSUPPORTED_VERSION", "protocol_version"), "4.2.1"],
  ["cipher suites not known", edit(editSuites(0x1304)), server("NO_CYPHER_OVERLAP", "handshake_failure"), "4.1.1"],
  ["compression", edit(setCompression(1)), server("RX_MALFORMED_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
  ["no key_share", fit(null, E.keyShare), server("MISSING_KEY_SHARE", "missing_extension"), "9.2"],
  ["key share of a group not named", fit(setU16(2, 0x001e), E.keyShare), server("RX_MALFORMED_CLIENT_HELLO", "illegal_parameter"), "4.2.8"],
  ["no supported_groups", fit(null, E.supportedGroups), server("MISSING_SUPPORTED_GROUPS_EXTENSION", "missing_extension"), "9.2"],
  ["extension of another message", edit(addExtension("ClientHello", E.oidFilters, [0, 0], "first")), server("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter"), "4.2"],
  ["extension twice", edit(addExtension("ClientHello", E.supportedVersions, [2, 3, 4], "first")), server("RX_MALFORMED_CLIENT_HELLO", "decode_error")],
  ...lengths(server, "RX_MALFORMED_CLIENT_HELLO"),
  ["as finished", replaced(T.finished), server("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
  ["as server_hello", replaced(T.serverHello), server("RX_UNEXPECTED_SERVER_HELLO", UNEXPECTED)],
];

/** Where the server's own choices follow the client's words, the keys differ. */
const OTHER_TRANSCRIPT: readonly Row[] = [
  ["flip random", edit(flip(HELLO.random)), OTHER_KEYS],
  ["flip key share", fit(flip(12), E.keyShare), OTHER_KEYS],
  ["extension not known", edit(addExtension("ClientHello", 0x7777, [], "first")), OTHER_KEYS, "4.2"],
];

const encryptedExtensions = (next: string): readonly Row[] => [
  ["drop", "drop", client(next, UNEXPECTED)],
  ["duplicate", "duplicate", client("RX_UNEXPECTED_ENCRYPTED_EXTENSIONS", UNEXPECTED)],
  ["reorder", "reorder", client(next, UNEXPECTED)],
  ["flip protocol", edit(flip(-1)), client("NEXT_PROTOCOL_DATA_INVALID", "illegal_parameter"), "RFC 7301, 3.1"],
  ["extension not asked for", edit(addExtension("EncryptedExtensions", 0x7777)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension"), "4.2"],
  ["early_data not asked for", edit(addExtension("EncryptedExtensions", E.earlyData)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension"), "4.2"],
  ["extension of another message", edit(addExtension("EncryptedExtensions", E.supportedVersions, [3, 4])), client("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter"), "4.3.1"],
  ...lengths(client, "RX_MALFORMED_ENCRYPTED_EXTENSIONS"),
  ["as key_update", replaced(T.keyUpdate, [0]), client("RX_UNEXPECTED_KEY_UPDATE", UNEXPECTED), "4.6.3"],
];

const badSignature = (at: Role): Expectation => ({
  at,
  error: "SEC_ERROR_BAD_SIGNATURE",
  alert: "bad_certificate",
});

const wrongProof = (at: Role): Expectation => ({
  at,
  error: "SEC_ERROR_BAD_SIGNATURE",
  alert: "decrypt_error",
});

/** The certificates and the proof are checked alike in both roles. */
const certificate = (at: typeof client): readonly Row[] => [
  ["drop", "drop", at("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
  ["duplicate", "duplicate", at("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
  ["reorder", "reorder", at("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
  // The last byte before the entry's empty extensions is one of the certificate's signature.
  ["flip certificate's signature", edit(flip(-3)), badSignature(at === client ? "client" : "server"), "6.2"],
  ["flip certificate's tag", edit(flip(7)), at("BAD_CERTIFICATE", "bad_certificate"), "6.2"],
  ["request context", edit(growVector8(0)), at("RX_MALFORMED_CERTIFICATE", "illegal_parameter"), "4.4.2"],
  ["extension not asked for", edit(growEntry), at("RX_UNEXPECTED_EXTENSION", "unsupported_extension"), "4.4.2"],
  ...lengths(at, "RX_MALFORMED_CERTIFICATE"),
  ["as finished", replaced(T.finished), at("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
];

const certificateVerify = (at: typeof client): readonly Row[] => [
  ["drop", "drop", at("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
  ["duplicate", "duplicate", at("RX_UNEXPECTED_CERT_VERIFY", UNEXPECTED)],
  ["reorder", "reorder", at("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
  ["flip signature", edit(flip(-1)), wrongProof(at === client ? "client" : "server"), "4.4.3"],
  ["scheme not offered", edit(setU16(0, 0x0203)), at("INCORRECT_SIGNATURE_ALGORITHM", "illegal_parameter"), "4.4.3"],
  ["scheme of another key", edit(setU16(0, 0x0804)), at("INCORRECT_SIGNATURE_ALGORITHM", "illegal_parameter"), "4.4.3"],
  ...lengths(at, "RX_MALFORMED_CERT_VERIFY"),
  ["as certificate", replaced(T.certificate), at("RX_UNEXPECTED_CERTIFICATE", UNEXPECTED)],
];

/** Adds an extension that nobody asked for to the last certificate. */
function growEntry(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array([...body.subarray(0, -2), 0, 4, 0x77, 0x77, 0, 0]);
  const length = (grown[2]! << 8 | grown[3]!) + 4;
  return setU16(2, length)(grown);
}

/** Takes all certificates out. */
const emptyCertificate: Edit = () => new Uint8Array([0, 0, 0, 0]);

/** Every message of every scenario, and what is done to it. */
export const MESSAGE_ROWS: readonly MessageRows[] = [
  {
    scenario: "full",
    sender: "client",
    message: "ClientHello",
    type: T.clientHello,
    rows: [
      ...clientHello,
      ...OTHER_TRANSCRIPT,
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_HELLO", UNEXPECTED)],
      ["flip legacy_session_id", edit(flip(HELLO.sessionId)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.3"],
      ["no signature_algorithms", fit(null, E.signatureAlgorithms), server("MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension"), "4.2.3"],
    ],
  },
  { scenario: "full", sender: "server", message: "ServerHello", type: T.serverHello, rows: [...serverHello, FLIPPED_X25519] },
  { scenario: "full", sender: "server", message: "EncryptedExtensions", type: T.encryptedExtensions, rows: encryptedExtensions("RX_UNEXPECTED_CERTIFICATE") },
  {
    scenario: "full",
    sender: "server",
    message: "Certificate",
    type: T.certificate,
    rows: [
      ...certificate(client),
      ["no certificate", edit(emptyCertificate), client("RX_MALFORMED_CERTIFICATE", "decode_error"), "4.4.2.4"],
    ],
  },
  { scenario: "full", sender: "server", message: "CertificateVerify", type: T.certificateVerify, rows: certificateVerify(client) },
  { scenario: "full", sender: "server", message: "Finished", type: T.finished, rows: serverFinished },
  { scenario: "full", sender: "client", message: "Finished", type: T.finished, rows: clientFinished },

  {
    scenario: "retry",
    sender: "client",
    message: "ClientHello1",
    type: T.clientHello,
    rows: [
      ...clientHello,
      // The second copy has to answer the HelloRetryRequest, and has no such key share.
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_HELLO", UNEXPECTED), "4.1.2"],
      ["flip random", edit(flip(HELLO.random)), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["no signature_algorithms", fit(null, E.signatureAlgorithms), server("MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension"), "4.2.3"],
    ],
  },
  {
    scenario: "retry",
    sender: "server",
    message: "HelloRetryRequest",
    type: T.serverHello,
    rows: [
      ["drop", "drop", waits("client")],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_SERVER_HELLO", UNEXPECTED), "4.1.4"],
      ["reorder", "reorder", waits("client")],
      ["flip random", edit(flip(HELLO.random)), client("RX_MALFORMED_SERVER_HELLO", "decode_error")],
      ["flip legacy_session_id_echo", edit(flip(HELLO.sessionId)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.4"],
      ["cipher_suite not offered", edit(setU16(SERVER_HELLO.cipherSuite, 0x1304)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.4"],
      ["another cipher_suite", edit(setU16(SERVER_HELLO.cipherSuite, 0x1303)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.4"],
      ["a group whose share was sent", edit(editExtension("ServerHello", E.keyShare, setU16(0, 0x001d))), client("RX_MALFORMED_HELLO_RETRY_REQUEST", "illegal_parameter"), "4.2.8"],
      ["a group not offered", edit(editExtension("ServerHello", E.keyShare, setU16(0, 0x001e))), client("RX_MALFORMED_HELLO_RETRY_REQUEST", "illegal_parameter"), "4.2.8"],
      ["another group", edit(editExtension("ServerHello", E.keyShare, setU16(0, 0x0018))), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["a cookie that is none of the server's", edit(addExtension("ServerHello", E.cookie, [0, 1, 7])), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.2.2"],
      ["an empty cookie", edit(addExtension("ServerHello", E.cookie, [0, 0])), client("RX_MALFORMED_HELLO_RETRY_REQUEST", "decode_error"), "4.2.2"],
      ["no change", edit(editExtension("ServerHello", E.keyShare, null)), client("RX_MALFORMED_HELLO_RETRY_REQUEST", "illegal_parameter"), "4.1.4"],
      ["no supported_versions", edit(editExtension("ServerHello", E.supportedVersions, null)), client("UNSUPPORTED_VERSION", "protocol_version")],
      ["extension not asked for", edit(addExtension("ServerHello", 0x7777)), client("RX_UNEXPECTED_EXTENSION", "unsupported_extension"), "4.2"],
      ...lengths(client, "RX_MALFORMED_HELLO_RETRY_REQUEST"),
      ["as encrypted_extensions", replaced(T.encryptedExtensions, [0, 0]), client("RX_UNEXPECTED_ENCRYPTED_EXTENSIONS", UNEXPECTED)],
    ],
  },
  {
    scenario: "retry",
    sender: "client",
    message: "ClientHello2",
    type: T.clientHello,
    index: 1,
    rows: [
      ["drop", "drop", waits("server")],
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_HELLO", UNEXPECTED)],
      ["reorder", "reorder", waits("server")],
      ["flip random", edit(flip(HELLO.random)), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["flip legacy_session_id", edit(flip(HELLO.sessionId)), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["other cipher suites", edit(editSuites(0x1301)), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["share of another group", fit(setU16(2, 0x001d), E.keyShare), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["no share", fit(() => new Uint8Array(2), E.keyShare), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["flip share", fit(flip(20), E.keyShare), server("RX_MALFORMED_KEY_SHARE", "illegal_parameter"), "4.2.8.2"],
      ["a cookie that was not asked for", edit(addExtension("ClientHello", E.cookie, [0, 1, 7], "first")), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.2.2"],
      ["early_data", edit(addExtension("ClientHello", E.earlyData, [], "first")), server("BAD_2ND_CLIENT_HELLO", "illegal_parameter"), "4.1.2"],
      ["version not known", fit(flip(2), E.supportedVersions), server("UNSUPPORTED_VERSION", "protocol_version"), "4.2.1"],
      ...lengths(server, "RX_MALFORMED_CLIENT_HELLO"),
      ["as finished", replaced(T.finished), server("RX_UNEXPECTED_FINISHED", UNEXPECTED)],
    ],
  },
  {
    scenario: "retry",
    sender: "server",
    message: "ServerHello",
    type: T.serverHello,
    index: 1,
    rows: [
      ...serverHello,
      ["flip key share", edit(editExtension("ServerHello", E.keyShare, flip(10))), client("RX_MALFORMED_KEY_SHARE", "illegal_parameter"), "4.2.8.2"],
      ["cipher_suite not that of the HelloRetryRequest", edit(setU16(SERVER_HELLO.cipherSuite, 0x1303)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.1.4"],
      ["key share of the first hello's group", edit(editExtension("ServerHello", E.keyShare, setU16(0, 0x001d))), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.2.8"],
    ],
  },
  { scenario: "retry", sender: "server", message: "Finished", type: T.finished, rows: serverFinished },
  { scenario: "retry", sender: "client", message: "Finished", type: T.finished, rows: clientFinished },

  { scenario: "auth", sender: "server", message: "EncryptedExtensions", type: T.encryptedExtensions, rows: encryptedExtensions("RX_UNEXPECTED_CERT_REQUEST") },
  {
    scenario: "auth",
    sender: "server",
    message: "CertificateRequest",
    type: T.certificateRequest,
    rows: [
      // Its absence is legal; what the server has signed says that there was one.
      ["drop", "drop", wrongProof("client"), "4.4.3"],
      ["duplicate", "duplicate", client("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED)],
      ["reorder", "reorder", client("RX_UNEXPECTED_CERT_REQUEST", UNEXPECTED)],
      ["flip signature scheme", edit(editExtension("CertificateRequest", E.signatureAlgorithms, flip(3))), wrongProof("client"), "4.4.3"],
      ["request context", edit(growVector8(0)), client("RX_MALFORMED_CERT_REQUEST", "illegal_parameter"), "4.3.2"],
      ["no signature_algorithms", edit(editExtension("CertificateRequest", E.signatureAlgorithms, null)), client("MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension"), "4.3.2"],
      ["no extension at all", edit(() => Uint8Array.of(0, 0, 0)), client("MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension"), "RFC 9846, 4.4.2"],
      ["extension not known", edit(addExtension("CertificateRequest", 0x7777)), wrongProof("client"), "4.3.2: clients MUST ignore it"],
      ["extension of another message", edit(addExtension("CertificateRequest", E.keyShare)), client("EXTENSION_DISALLOWED_FOR_VERSION", "illegal_parameter"), "4.2"],
      ...lengths(client, "RX_MALFORMED_CERT_REQUEST"),
      ["as encrypted_extensions", replaced(T.encryptedExtensions, [0, 0]), client("RX_UNEXPECTED_ENCRYPTED_EXTENSIONS", UNEXPECTED)],
    ],
  },
  { scenario: "auth", sender: "server", message: "Certificate", type: T.certificate, rows: certificate(client) },
  { scenario: "auth", sender: "server", message: "CertificateVerify", type: T.certificateVerify, rows: certificateVerify(client) },
  { scenario: "auth", sender: "server", message: "Finished", type: T.finished, rows: serverFinished },
  {
    scenario: "auth",
    sender: "client",
    message: "Certificate",
    type: T.certificate,
    rows: [
      ...certificate(server),
      ["no certificate", edit(emptyCertificate), server("NO_CERTIFICATE", "certificate_required"), "4.4.2.4"],
    ],
  },
  { scenario: "auth", sender: "client", message: "CertificateVerify", type: T.certificateVerify, rows: certificateVerify(server) },
  { scenario: "auth", sender: "client", message: "Finished", type: T.finished, rows: clientFinished },

  {
    scenario: "resumed",
    sender: "client",
    message: "ClientHello",
    type: T.clientHello,
    rows: [
      // The binder is checked before anything is agreed on; an error that is met on the way there
      // is the better one.
      ...clientHello,
      ["duplicate", "duplicate", server("RX_UNEXPECTED_CLIENT_HELLO", UNEXPECTED)],
      ["flip random", edit(flip(HELLO.random)), server("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "4.2.11"],
      ["flip binder", edit(flip(-1)), server("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "4.2.11"],
      // The server does not know the ticket and offers a full handshake; the client's transcript is
      // another.
      ["flip ticket", fit(flip(60), E.preSharedKey), OTHER_KEYS, "4.2.11"],
      ["flip ticket's age", fit((body) => flip(4 + (body[2]! << 8 | body[3]!))(body), E.preSharedKey), server("BAD_HANDSHAKE_HASH_VALUE", "decrypt_error"), "4.2.11"],
      ["no psk_key_exchange_modes", fit(null, E.pskKeyExchangeModes), server("MISSING_PSK_KEY_EXCHANGE_MODES", "missing_extension"), "4.2.9"],
      ["psk_ke only", fit(flip(1), E.pskKeyExchangeModes), OTHER_KEYS, "4.2.9"],
      ["pre_shared_key not last", edit(lastExtensionFirst), server("RX_MALFORMED_CLIENT_HELLO", "illegal_parameter"), "4.2.11"],
    ],
  },
  {
    scenario: "resumed",
    sender: "server",
    message: "ServerHello",
    type: T.serverHello,
    rows: [
      ...serverHello,
      FLIPPED_X25519,
      ["another PSK", edit(editExtension("ServerHello", E.preSharedKey, flip(1))), client("MALFORMED_PRE_SHARED_KEY", "illegal_parameter"), "4.2.11"],
      ["no PSK", edit(editExtension("ServerHello", E.preSharedKey, null)), OTHER_KEYS],
      ["suite of another hash", edit(setU16(SERVER_HELLO.cipherSuite, 0x1302)), client("RX_MALFORMED_SERVER_HELLO", "illegal_parameter"), "4.2.11"],
    ],
  },
  { scenario: "resumed", sender: "server", message: "EncryptedExtensions", type: T.encryptedExtensions, rows: encryptedExtensions("RX_UNEXPECTED_FINISHED") },
  { scenario: "resumed", sender: "server", message: "Finished", type: T.finished, rows: serverFinished },
  { scenario: "resumed", sender: "client", message: "Finished", type: T.finished, rows: clientFinished },
];
