// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the extensions are for. @module */

import { ExtensionType } from "../../ssl/tables/extension_types.ts";

/** A phrase for each extension that people meet. */
export const EXTENSION_TEXTS: ReadonlyMap<number, string> = new Map([
  [
    ExtensionType.serverName,
    "the host that the client wants, so that a server of many names chooses the certificate; it " +
    "can be read by everybody on the way",
  ],
  [ExtensionType.maxFragmentLength, "asks for shorter records; record_size_limit replaces it"],
  [ExtensionType.statusRequest, "asks for an OCSP response with the certificate (stapling)"],
  [ExtensionType.supportedGroups, "the groups for the key exchange, the preferred ones first"],
  [ExtensionType.ecPointFormats, "how points of curves may be written; a relic of TLS 1.2"],
  [
    ExtensionType.signatureAlgorithms,
    "the signatures that the end takes: in the handshake, and in certificates unless said apart",
  ],
  [ExtensionType.useSrtp, "keys for SRTP: voice and video (RFC 5764)"],
  [ExtensionType.heartbeat, "keeps DTLS alive; where Heartbleed was (RFC 6520)"],
  [
    ExtensionType.applicationLayerProtocolNegotiation,
    "what is spoken inside TLS, as h2 for HTTP/2 (ALPN)",
  ],
  [ExtensionType.signedCertificateTimestamp, "proof that the certificate was logged publicly"],
  [ExtensionType.clientCertificateType, "what a client shows: certificates or raw public keys"],
  [ExtensionType.serverCertificateType, "what a server shows: certificates or raw public keys"],
  [ExtensionType.padding, "no content: makes the message longer, for peers that stumble"],
  [ExtensionType.encryptThenMac, "makes CBC suites safer: the MAC is over the ciphertext"],
  [
    ExtensionType.extendedMasterSecret,
    "binds the keys of TLS 1.2 to the whole handshake, against triple handshakes",
  ],
  [ExtensionType.compressCertificate, "certificates may come compressed by these algorithms"],
  [ExtensionType.recordSizeLimit, "the longest record that the end takes"],
  [
    ExtensionType.sessionTicket,
    "a session of TLS 1.2 to be resumed, or, empty, that the client takes a ticket",
  ],
  [
    ExtensionType.preSharedKey,
    "the sessions that may be resumed, or keys agreed on elsewhere, each with a proof",
  ],
  [ExtensionType.earlyData, "data of the application in the first flight (0-RTT)"],
  [
    ExtensionType.supportedVersions,
    "the versions, since TLS 1.3 in place of the field above",
  ],
  [
    ExtensionType.cookie,
    "bytes of the server that the client repeats, so that it need not remember",
  ],
  [
    ExtensionType.pskKeyExchangeModes,
    "how a session may be resumed: with a new key exchange or not",
  ],
  [ExtensionType.certificateAuthorities, "the authorities that the end trusts"],
  [ExtensionType.oidFilters, "what a client's certificate must contain"],
  [ExtensionType.postHandshakeAuth, "the client may be asked for a certificate later, too"],
  [ExtensionType.signatureAlgorithmsCert, "the signatures that the end takes in certificates"],
  [
    ExtensionType.keyShare,
    "public keys for the key exchange, sent at once so that the answer can be encrypted",
  ],
  [
    ExtensionType.encryptedClientHello,
    "the true ClientHello, encrypted (ECH); or random bytes that look like it",
  ],
  [
    ExtensionType.renegotiationInfo,
    "binds a renegotiation to the handshake before it; empty in the first one",
  ],
  [2, "certificates by their address, which nobody uses"],
  [3, "the authorities that a client trusts; a relic of TLS 1.2"],
  [4, "shorter MACs, which are not secure"],
  [17, "OCSP responses for the whole chain; TLS 1.3 does without"],
  [24, "binds tokens of the application to the connection; given up by browsers"],
  [34, "the server may use a short-lived key that its certificate has signed"],
  [57, "the settings of QUIC"],
  [13_172, "what is spoken inside TLS, before ALPN (NPN)"],
  [17_513, "settings of HTTP/2 within the handshake (ALPS), an early form"],
  [0xca34, "which authorities the client trusts, by short numbers"],
  [17_613, "settings of HTTP/2 within the handshake (ALPS)"],
]);
