// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { Name } from "../../cert/names/name.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { CertificateOptions } from "./credential.ts";
import type { ImportOptions } from "./import_options.ts";
import type { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { Alert } from "../tables/alert_descriptions.ts";
import type { ProtocolVersion } from "../tables/versions.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";

/** What an {@linkcode AuthCertificateHook} decides about. */
export interface PeerAuthentication {
  /** The peer's certificates as it sent them, its own first; never empty. */
  readonly chain: readonly Certificate[];
  /** The name that the certificate must be good for: the client's `hostname`; `null` on a server. */
  readonly hostname: string | null;
  /** Whether this end is the server, so that the certificate is a client's. */
  readonly isServer: boolean;
  /** Whether signatures are to be checked; always `true`, as in NSS. */
  readonly checkSig: boolean;
  /** The anchors set for this socket (`caCerts`); `null` means the context's. */
  readonly trustAnchors: readonly TrustAnchor[] | null;
  /** The context, whose trust is the default one. */
  readonly context: NssContext;
  /** The OCSP response that the peer stapled to its certificate, DER; `null` where it sent none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** Whether this end asked for such a response, so that a certificate that promises one must have it. */
  readonly askedForOcspResponse: boolean;
  /**
   * The signed certificate timestamps that the server sent with its certificate, for `parseSctList` and `verifySct`; `null` where it sent
   * none. Others may be in the certificate or in the OCSP response.
   */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** The presets whose rules for certificates hold; none where absent. */
  readonly policyPresets?: readonly PolicyPreset[];
  /** The time to verify at. */
  readonly time: Date;
}

/**
 * Decides whether the peer's certificate is trusted (`SSL_AuthCertificateHook`).
 *
 * It passes with `undefined` or `true`, and refuses by throwing or with `false`. It may take its time: the
 * handshake waits, in both roles. It is not called when a session is resumed, unless that comes from a token
 * ({@linkcode setResumptionToken}): then it decides about the certificates of the session before that is offered.
 */
export type AuthCertificateHook = (
  socket: SslSocket,
  peer: PeerAuthentication,
) => void | boolean | Promise<void | boolean>;

/**
 * Has the last word on a certificate that the authentication hook refused (`SSL_BadCertHook`).
 *
 * Only exactly `true` lets the handshake go on. A connection accepted in this way is never cached or resumed.
 */
export type BadCertHook = (
  socket: SslSocket,
  error: SslError,
  peer: PeerAuthentication,
) => boolean | Promise<boolean>;

/** What a server says when it asks for a client's certificate. */
export interface ClientAuthRequest {
  /** The version that was negotiated: TLS 1.2 lets an ECDSA key of any curve sign with any hash. */
  readonly version: ProtocolVersion;
  /** The issuers that the server knows; empty means any. */
  readonly caNames: readonly Name[];
  /** The ways to sign that the server accepts, its favourite first. */
  readonly signatureSchemes: readonly SignatureScheme[];
}

/**
 * Chooses the certificate and key that a client shows (`SSL_GetClientAuthDataHook`).
 *
 * `null` or `undefined` sends an empty certificate; the server decides whether that will do. It is not asked when a session is
 * resumed; and since it may choose to be somebody else each time, a session for which it was asked is kept only where the
 * option `peerId` says for whom.
 */
export type GetClientAuthDataHook = (
  socket: SslSocket,
  request: ClientAuthRequest,
) =>
  | CertificateOptions
  | null
  | undefined
  | Promise<CertificateOptions | null | undefined>;

/** A ClientHello as it came: all that a client says of itself before anything is encrypted, GREASE included. */
export interface ClientHelloInfo {
  /** The whole message with its four-byte header. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** Its JA4 fingerprint, such as `"t13d1516h2_8daaf6152771_e5627efa2ab1"`, which tells kinds of clients apart. */
  readonly ja4: string;
  /** Whether it is the second one, after a HelloRetryRequest. */
  readonly isRetry: boolean;
  /** Whether it negotiates a TLS 1.2 connection anew. */
  readonly isRenegotiation: boolean;
  /** The version of TLS 1.2 and before. */
  readonly legacyVersion: number;
  /** The versions that it offers, its favourite first; the one before where it does not list them. */
  readonly versions: readonly number[];
  /** The client's random bytes. */
  readonly random: Uint8Array<ArrayBuffer>;
  /** TLS 1.2's session ID; in TLS 1.3 anything. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The cipher suites, its favourite first. */
  readonly cipherSuites: readonly number[];
  /** TLS 1.2's compression methods. */
  readonly compressionMethods: readonly number[];
  /** The extensions in their order. */
  readonly extensions: readonly { readonly type: number; readonly body: Uint8Array<ArrayBuffer> }[];
  /** The host name that it wants, in lower case; `null` where it names none. */
  readonly serverName: string | null;
  /** The application protocols, its favourite first. */
  readonly alpnProtocols: readonly string[];
  /** The key exchange groups, its favourite first. */
  readonly groups: readonly number[];
  /** The groups of which it sends a share. */
  readonly keyShareGroups: readonly number[];
  /** The signature schemes, its favourite first. */
  readonly signatureSchemes: readonly number[];
}

/**
 * Looks at each ClientHello before a server chooses anything, and may refuse it.
 *
 * It passes with `undefined` or `true`. `false`, and what is thrown, ends the handshake with a `handshake_failure` alert; an
 * {@linkcode SslError} with its own. It is asked before the `sniSocketConfig` hook, also where a session is resumed, and again about the
 * second hello after a HelloRetryRequest (`isRetry`) and the hello of a renegotiation that is not declined (`isRenegotiation`): whoever
 * counts clients counts those without either. What it is told is not authenticated: anybody can say it.
 */
export type ClientHelloCallback = (
  socket: SslSocket,
  hello: ClientHelloInfo,
) => void | boolean | Promise<void | boolean>;

/** What a {@linkcode HelloRetryRequestCallback} decides about. */
export interface HelloRetryRequest {
  /** Whether it is the client's first hello, before any HelloRetryRequest. */
  readonly firstHello: boolean;
  /** What this callback has asked the client to bring back; empty for a first hello, and where it has asked for nothing. */
  readonly clientToken: Uint8Array<ArrayBuffer>;
}

/**
 * What is to become of a hello (`SSLHelloRetryRequestAction`): `"accept"` goes on, `"fail"` ends the handshake with a
 * `handshake_failure` alert, `"request"` and `{ retryToken }` have the client say hello once more, in the second case with a token of
 * up to 1024 bytes that comes back then. NSS's `ssl_hello_retry_reject_0rtt` is `"accept"` here, where no early data is taken.
 */
export type HelloRetryRequestAction =
  | "accept"
  | "fail"
  | "request"
  | { readonly retryToken: Uint8Array };

/**
 * Decides, on a server of TLS 1.3, whether a client has to say hello once more (`SSL_HelloRetryRequestCallback`): to see that it is
 * where it says, or to hand the connection to another socket.
 *
 * It is asked about the first hello, and again about the second one, to which it cannot answer with a request. Where the client's
 * key shares do not fit, there is a HelloRetryRequest even if it accepts. The token is inside the cookie, sealed by the keys of session
 * tickets: a client can neither read nor forge it, and it is good for a minute. All the state is in there, too, so that the second hello
 * may reach another socket with this callback whose context has the same keys ({@linkcode configMPServerSIDCache}); that is how the same
 * cookie may come more than once, to sockets that do not know of each other.
 */
export type HelloRetryRequestCallback = (
  socket: SslSocket,
  request: HelloRetryRequest,
) => HelloRetryRequestAction | Promise<HelloRetryRequestAction>;

/** What a client's first message asks of a server. */
export interface SniRequest {
  /** The host name that the client wants (RFC 6066, Section 3), in lower case; `null` where it names none. */
  readonly serverName: string | null;
  /** The application protocols that the client offers, its favourite first. */
  readonly alpnProtocols: readonly string[];
}

/**
 * Chooses a server's application protocol (`SSL_SetNextProtoCallback`), where the client offers any.
 *
 * It returns one of those that the client offers; `null` for none, as if this end did not know ALPN; `undefined` to leave it to the
 * list of the option `alpnProtocols`. To refuse the client it throws an {@linkcode SslError}
 * `SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL`, which the alert `no_application_protocol` announces.
 */
export type NextProtoCallback = (
  socket: SslSocket,
  request: SniRequest,
) => string | null | undefined | Promise<string | null | undefined>;

/**
 * Chooses a server's configuration by the name that the client asks for (`SSL_SNISocketConfigHook`).
 *
 * The options that it returns, and what has been set in the model that it names, take the place of the socket's own; whatever they say
 * nothing about stays as it is. `undefined` keeps the socket's configuration; `null` refuses the name with an `unrecognized_name` alert.
 */
export type SniSocketConfigHook = (
  socket: SslSocket,
  request: SniRequest,
) =>
  | SniSocketConfig
  | null
  | undefined
  | Promise<SniSocketConfig | null | undefined>;

/** The options that may change once the client's first message has been read. */
export type SniSocketConfig = Pick<
  ImportOptions,
  | "certificates"
  | "caCerts"
  | "clientAuth"
  | "alpnProtocols"
  | "nextProtoCallback"
  | "authCertificate"
  | "badCert"
  | "model"
>;

/**
 * Is told of each completed handshake (`SSL_HandshakeCallback`), before any application data is handed out.
 *
 * It must not read from the socket or write to it: both wait for it.
 */
export type HandshakeCallback = (
  socket: SslSocket,
  info: ChannelInfo,
) => void | Promise<void>;

/**
 * Is told of each alert that this end sends (`SSL_AlertSentCallback`) or receives (`SSL_AlertReceivedCallback`), close_notify and warnings
 * among them.
 *
 * It looks on: nothing waits for it, and what it throws changes nothing about the connection.
 */
export type AlertCallback = (socket: SslSocket, alert: Alert) => void | Promise<void>;

/**
 * Is told of each session that a client can resume later (`SSL_SetResumptionTokenCallback`), as opaque bytes that
 * {@linkcode setResumptionToken} takes.
 *
 * The bytes are a secret: whoever has them can read what is resumed with them, and whoever can change them where they are kept can
 * pretend to be the server. The connection waits until the callback is done.
 */
export type ResumptionTokenCallback = (
  socket: SslSocket,
  token: Uint8Array<ArrayBuffer>,
) => void | Promise<void>;

/**
 * Receives the connection's secrets, a line at a time without its line end, in NSS's key log format, as Wireshark reads it.
 *
 * Whoever has these lines can read the connection: for debugging only.
 */
export type KeyLogCallback = (line: string) => void;
