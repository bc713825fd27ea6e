// Copyright 2026 the NSS for Deno authors. MIT license.

/** Causes and cures of errors of handshakes, connections and the runtime. @module */

import type { ErrorName } from "../../cert/base/errors.ts";
import { APPLICATION, type Row } from "./advice_certificates.ts";

const OWN_CERTIFICATE = "the peer's log tells more; show another certificate";
const DELEGATED: Row = [
  "the peer's delegated credential is not in order, or the clock of a machine is wrong",
  "tell those who run the server; this package does not offer delegated credentials by itself",
];
const BROKEN_PEER: Row = [
  "the peer's TLS is broken, or it is no TLS at all",
  "tell those who run it; nss client --trace shows its messages",
];

/** The errors, each with its cause and its cure. */
export const HANDSHAKE_ADVICE: Partial<Record<ErrorName, Row>> = {
  // The handshake
  SSL_ERROR_NO_CYPHER_OVERLAP: [
    "both ends share no cipher suite, group or signature scheme",
    "enable TLS 1.3, or ECDHE with AES-GCM or ChaCha20-Poly1305, at the other end",
  ],
  SSL_ERROR_HANDSHAKE_FAILURE_ALERT: [
    "the peer shares no cipher suite, group or scheme with this end, or wants a client certificate",
    "look at the peer's log; nss client shows what was offered",
  ],
  SSL_ERROR_UNSUPPORTED_VERSION: [
    "the peer speaks older versions only, or none that is enabled here",
    "enable TLS 1.2 or 1.3 at both ends",
  ],
  SSL_ERROR_PROTOCOL_VERSION_ALERT: [
    "the peer speaks none of the versions that were offered",
    "enable TLS 1.2 or 1.3 at the peer; widen the option versions",
  ],
  SSL_ERROR_SSL2_DISABLED: ["the peer speaks SSL 2, which is broken", "enable TLS 1.2 or 1.3"],
  SSL_ERROR_SSL_DISABLED: [
    "no version is enabled here",
    "widen the option versions, or the policy",
  ],
  SSL_ERROR_INVALID_VERSION_RANGE: APPLICATION,
  SSL_ERROR_UNKNOWN_CIPHER_SUITE: [
    "the cipher suite is not known",
    "getImplementedCiphers() lists those that are",
  ],
  SSL_ERROR_NO_CERTIFICATE: [
    "a server without a certificate, or a client that has none where one is demanded",
    "give a certificate with its key: the option certificates, or --cert and --key",
  ],
  SSL_ERROR_NO_SERVER_KEY_FOR_ALG: [
    "the server has no certificate whose key the client and the policy accept",
    "give it an ECDSA P-256 or RSA certificate besides",
  ],
  SSL_ERROR_BAD_CERTIFICATE: [
    "the peer's certificate is malformed, or a hook of the program has refused it",
    "the message says which",
  ],
  SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE: [
    "the peer has a certificate or a raw public key of a type that is not accepted here",
    "accept it by rawPublicKeys, or have the peer show a certificate",
  ],
  SSL_ERROR_CERT_KEA_MISMATCH: ["the peer's key does not fit the cipher suite", "tell the peer"],
  SSL_ERROR_BAD_MAC_READ: [
    "bytes were changed on the way, or a program has written to the connection beside TLS",
    "look for a proxy between; write through the TLS socket only",
  ],
  SSL_ERROR_DECRYPTION_FAILURE: ["bytes were changed on the way", "look for a proxy between"],
  SSL_ERROR_BAD_BLOCK_PADDING: ["bytes were changed on the way", "look for a proxy between"],
  SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE: [
    "somebody between has changed the handshake, or the peer's TLS is broken",
    "look for a proxy between",
  ],
  SSL_ERROR_RX_UNKNOWN_RECORD_TYPE: [
    "the peer does not speak TLS there: HTTP, SMTP or the like in plain text",
    "look at the port; a protocol that begins in plain text needs STARTTLS",
  ],
  SSL_ERROR_RX_RECORD_TOO_LONG: [
    "the peer does not speak TLS there, or its records are longer than was agreed",
    "look at the port; a protocol that begins in plain text needs STARTTLS",
  ],
  SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM: [
    "the peer signs in a way that was not offered: its TLS is broken",
    "tell those who run it",
  ],
  SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM: [
    "both ends share no signature scheme that the certificate's key can make",
    "use an ECDSA P-256 or RSA certificate; widen the option signatureSchemes",
  ],
  SSL_ERROR_NO_SUPPORTED_SIGNATURE_ALGORITHM: [
    "no signature scheme is enabled, or the key can make none that is",
    "widen the option signatureSchemes, or the policy",
  ],
  SSL_ERROR_UNSUPPORTED_HASH_ALGORITHM: ["the peer uses a hash that is too old", "tell the peer"],
  SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL: [
    "both ends share no application protocol (ALPN)",
    "offer one that the server has, as h2 or http/1.1",
  ],
  SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET: [
    "the peer's TLS 1.2 lacks RFC 7627, which a policy or a session demands",
    "enable TLS 1.3 at the peer, or have it use newer software",
  ],
  SSL_ERROR_UNSAFE_NEGOTIATION: [
    "the peer lacks secure renegotiation (RFC 5746), which was demanded",
    "have it use newer software, or TLS 1.3",
  ],
  SSL_ERROR_RENEGOTIATION_NOT_ALLOWED: [
    "renegotiation is not enabled on this socket",
    "set ENABLE_RENEGOTIATION, or do without: TLS 1.3 has none",
  ],
  SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR: [
    "the token is damaged, expired, or was made by another version of this package",
    "make a full handshake, which gives a new one",
  ],
  SSL_ERROR_SIGN_HASHES_FAILURE: ["the private key cannot sign", "look at the token that has it"],
  SSL_ERROR_EXTRACT_PUBLIC_KEY_FAILURE: ["the peer's public key cannot be used", "tell the peer"],
  SSL_ERROR_SOCKET_WRITE_FAILURE: ["the connection is gone", "connect again"],
  SSL_ERROR_HANDSHAKE_NOT_COMPLETED: ["it needs a completed handshake", "await handshake() first"],
  SSL_ERROR_HANDSHAKE_FAILED: [
    "the handshake has failed before, and the socket cannot be used any more",
    "connect again; the first error tells why",
  ],
  SSL_ERROR_APP_CALLBACK_ERROR: ["a hook of the program has failed", "look into the hook"],
  SSL_ERROR_APPLICATION_ABORT: ["the program has given up the handshake", "look into the program"],
  SSL_ERROR_FEATURE_DISABLED: ["the feature is disabled", "enable it by its option"],
  SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION: [
    "the version that was negotiated does not have this",
    "negotiate TLS 1.3, or ask for it only there",
  ],
  SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION: [
    "the client does not let itself be asked for a certificate after the handshake",
    "set ENABLE_POST_HANDSHAKE_AUTH at the client, or ask in the handshake",
  ],
  SSL_ERROR_TOO_MANY_RECORDS: [
    "too much was sent under one key",
    "call keyUpdate() earlier, or connect again",
  ],
  SSL_ERROR_TOO_MANY_KEY_UPDATES: ["the peer updates keys without end", "tell the peer"],
  SSL_ERROR_TOO_MUCH_EARLY_DATA: ["more early data than the ticket allows", "send less of it"],
  SSL_ERROR_DOWNGRADE_WITH_EARLY_DATA: [
    "the server had TLS 1.3 when the ticket was made, and has it no more",
    "connect again without early data",
  ],
  SSL_ERROR_NO_COMPRESSION_OVERLAP: [
    "the peer wants compression, which is unsafe",
    "switch it off",
  ],
  SSL_ERROR_DECOMPRESSION_FAILURE: ["the peer's data does not decompress", "tell the peer"],
  SEC_ERROR_CERTIFICATE_COMPRESSION_ALGORITHM_NOT_SUPPORTED: [
    "the peer compresses its certificate, which is not supported here",
    "switch certificate compression off at the peer",
  ],
  SEC_ERROR_UNEXPECTED_COMPRESSED_CERTIFICATE: [
    "the peer compresses its certificate, which nobody has asked for",
    "switch certificate compression off at the peer",
  ],
  SSL_ERROR_DC_CERT_VERIFY_ALG_MISMATCH: DELEGATED,
  SSL_ERROR_DC_BAD_SIGNATURE: DELEGATED,
  SSL_ERROR_DC_INVALID_KEY_USAGE: DELEGATED,
  SSL_ERROR_DC_EXPIRED: DELEGATED,
  SSL_ERROR_DC_INAPPROPRIATE_VALIDITY_PERIOD: DELEGATED,
  SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID: BROKEN_PEER,
  SSL_ERROR_CIPHER_DISALLOWED_FOR_VERSION: BROKEN_PEER,
  SSL_ERROR_BAD_CLIENT: BROKEN_PEER,
  SSL_ERROR_BAD_SERVER: BROKEN_PEER,
  SSL_ERROR_SERVER_KEY_EXCHANGE_FAILURE: BROKEN_PEER,
  SSL_ERROR_CLIENT_KEY_EXCHANGE_FAILURE: BROKEN_PEER,
  SSL_ERROR_KEY_EXCHANGE_FAILURE: BROKEN_PEER,
  SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION: BROKEN_PEER,
  SSL_ERROR_MALFORMED_PRE_SHARED_KEY: BROKEN_PEER,
  SSL_ERROR_BAD_2ND_CLIENT_HELLO: BROKEN_PEER,
  SSL_ERROR_UNEXPECTED_EXTENDED_MASTER_SECRET: BROKEN_PEER,
  SSL_ERROR_ECH_RETRY_WITH_ECH: [
    "the ECH configuration is out of date: the server has given a new one",
    "connect again with getEchRetryConfigs(); fetch the HTTPS record anew",
  ],
  SSL_ERROR_ECH_RETRY_WITHOUT_ECH: [
    "the server has no ECH any more",
    "connect without ECH, if the name may be seen",
  ],
  SSL_ERROR_ECH_FAILED: [
    "the server does not know the ECH configuration and is not the one that it names: somebody may stand between",
    "fetch the HTTPS record anew; try another network",
  ],
  SSL_ERROR_RX_MALFORMED_ESNI_KEYS: [
    "the ECH configuration is damaged, or of an unknown version",
    "fetch the HTTPS record anew",
  ],
  SSL_ERROR_MISSING_ESNI_EXTENSION: BROKEN_PEER,
  // Alerts of the peer
  SSL_ERROR_CLOSE_NOTIFY_ALERT: ["the peer has ended the connection", "look at the peer's log"],
  SSL_ERROR_END_OF_EARLY_DATA_ALERT: BROKEN_PEER,
  SSL_ERROR_BAD_CERT_ALERT: ["the peer does not accept this end's certificate", OWN_CERTIFICATE],
  SSL_ERROR_UNSUPPORTED_CERT_ALERT: [
    "the peer does not support the kind of key or certificate that this end has shown",
    "show one with an ECDSA P-256 or RSA key, made for this purpose",
  ],
  SSL_ERROR_REVOKED_CERT_ALERT: [
    "the peer calls this end's certificate revoked",
    "get a new certificate with a new key",
  ],
  SSL_ERROR_EXPIRED_CERT_ALERT: [
    "the peer calls this end's certificate expired, or its clock is wrong",
    "renew the certificate",
  ],
  SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT: [
    "the peer does not accept this end's certificate, and does not say why",
    OWN_CERTIFICATE,
  ],
  SSL_ERROR_UNKNOWN_CA_ALERT: [
    "the peer does not trust the authority of this end's certificate, or the chain is incomplete",
    "send the whole chain; have the peer trust the authority",
  ],
  SSL_ERROR_ACCESS_DENIED_ALERT: [
    "the peer knows this end's certificate and does not let it in",
    "ask those who run the peer",
  ],
  SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT: [
    "the server wants a client certificate and got none",
    "give one: the options certificates and getClientAuthData, or --cert and --key",
  ],
  SSL_ERROR_UNRECOGNIZED_NAME_ALERT: [
    "the server does not serve the host name that it was asked for",
    "look at the name; have the server configured for it",
  ],
  SSL_ERROR_INSUFFICIENT_SECURITY_ALERT: [
    "the peer wants stronger suites or keys than were offered",
    "widen what is offered, or use a longer key",
  ],
  SSL_ERROR_INTERNAL_ERROR_ALERT: [
    "the peer has a failure of its own, as a key that it cannot use",
    "look at the peer's log",
  ],
  SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT: [
    "this end has tried again with an older version that is not needed",
    "do not fall back",
  ],
  SSL_ERROR_NO_RENEGOTIATION_ALERT: ["the peer does not renegotiate", "connect again instead"],
  SSL_ERROR_USER_CANCELED_ALERT: ["the peer has given up", "look at the peer's log"],
  SSL_ERROR_EXPORT_RESTRICTION_ALERT: ["the peer is very old", "have it use newer software"],
  SSL_ERROR_ECH_REQUIRED_ALERT: ["the client demands ECH", "give the server its ECH keys"],
  SSL_ERROR_DECRYPT_ERROR_ALERT: [
    "the peer could not verify a signature or the handshake: the certificate has another key, or somebody between has changed something",
    "look whether certificate and key belong together; look for a proxy between",
  ],
  SSL_ERROR_BAD_MAC_ALERT: ["bytes were changed on the way", "look for a proxy between"],
  // The transport and the runtime
  PR_IO_TIMEOUT_ERROR: [
    "the peer does not answer in time: it hangs, or something between drops what is sent",
    "look at the peer; raise the timeout for slow links",
  ],
  PR_CONNECT_RESET_ERROR: [
    "the peer, or a firewall between, has reset the connection: it may not like something in the handshake",
    "look at the peer's log; try other versions and groups",
  ],
  PR_END_OF_FILE_ERROR: [
    "the peer has closed the connection without a word: it has crashed, or does not like something",
    "look at the peer's log; look at the port",
  ],
  PR_IO_ERROR: ["the connection has failed", "the message says how; connect again"],
  PR_SOCKET_SHUTDOWN_ERROR: ["the socket was closed by this program", "look into the program"],
  PR_BAD_DESCRIPTOR_ERROR: APPLICATION,
  PR_IS_CONNECTED_ERROR: APPLICATION,
  PR_INVALID_STATE_ERROR: APPLICATION,
  PR_IN_PROGRESS_ERROR: ["another call of the same kind has not ended", "await it first"],
  PR_OPERATION_ABORTED_ERROR: ["the program's signal has ended it", "nothing: it was asked for"],
  PR_OPERATION_NOT_SUPPORTED_ERROR: [
    "the runtime's WebCrypto, or its version, does not have this",
    "the message says the way around",
  ],
  PR_NOT_IMPLEMENTED_ERROR: ["this package does not have it", "docs/nss_functions.md says what"],
  PR_BUFFER_OVERFLOW_ERROR: APPLICATION,
  PR_OUT_OF_MEMORY_ERROR: ["the memory is exhausted", "end other programs"],
  SEC_ERROR_NO_MEMORY: ["the memory is exhausted", "end other programs"],
  PR_INSUFFICIENT_RESOURCES_ERROR: [
    "the system is out of files, sockets or threads",
    "close some; raise the limit (ulimit -n)",
  ],
  PR_UNKNOWN_ERROR: ["the runtime has failed in a way that is not known", "the message says more"],
  SEC_ERROR_LIBRARY_FAILURE: [
    "a defect of this package, or a runtime whose WebCrypto misbehaves",
    "report it with the message",
  ],
};
