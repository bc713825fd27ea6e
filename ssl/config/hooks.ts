// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ErrorName } from "../../cert/base/errors.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { Name } from "../../cert/names/name.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import type { VerifyLogEntry } from "../../cert/verify/verify_cert.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { CertificateOptions } from "./credential.ts";
import type { ExternalPsk, ExternalPskSecret } from "./external_psk.ts";
import type { ImportOptions } from "./import_options.ts";
import type { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { Alert } from "../tables/alert_descriptions.ts";
import type { ProtocolVersion } from "../tables/versions.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";

/**
 * The subject of an {@linkcode AuthCertificateHook}'s decision.
 *
 * @category Hooks
 */
export interface PeerAuthentication {
  /**
   * The peer's certificates as sent, leaf first; never empty. They are the connection's own copies;
   * {@linkcode authCertificate} verifies what was sent.
   */
  readonly chain: readonly Certificate[];
  /** The name that the certificate must match: the client's `hostname`; `null` on a server. */
  readonly hostname: string | null;
  /** Whether this end is the server and the certificate a client's. */
  readonly isServer: boolean;
  /** Whether to check signatures; always `true`, as in NSS. */
  readonly checkSig: boolean;
  /** The trust anchors set for this socket (`caCerts`); `null` for the context's. */
  readonly trustAnchors: readonly TrustAnchor[] | null;
  /** The context of the socket. */
  readonly context: NssContext;
  /** The OCSP response stapled by the peer, DER; `null` if it sent none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** Whether this end requested an OCSP response: then a must-staple certificate requires one. */
  readonly askedForOcspResponse: boolean;
  /**
   * The signed certificate timestamps that the server sent with its certificate, for `parseSctList`
   * and `verifySct`; `null` if it sent none. The certificate or the OCSP response may contain
   * others.
   */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** The presets whose rules for certificates apply; none by default. */
  readonly policyPresets?: readonly PolicyPreset[];
  /** The time of verification. */
  readonly time: Date;
  /**
   * An array to which {@linkcode authCertificate} appends all that is wrong, for the `badCert`
   * hook; `undefined` if there is none. A hook that calls `verifyCert()` itself passes it on as
   * the option `log`.
   */
  readonly log?: VerifyLogEntry[];
  /**
   * The errors that the `badCert` hook has tolerated; {@linkcode authCertificate} resolves if there
   * are no others. The `authCertificate` hook is then called again, so that its other checks count.
   */
  readonly tolerated?: readonly VerifyLogEntry[];
}

/**
 * Decides whether the peer's certificate is trusted (`SSL_AuthCertificateHook`).
 *
 * It accepts by returning exactly `true`. It rejects by throwing or by returning anything else:
 * `undefined` too, because a forgotten `return` or `await` must not trust everybody. The handshake
 * waits for it, in both roles. It is not called when a session is resumed, except from a token
 * ({@linkcode setResumptionToken}): then it decides about the certificates of the session before
 * the session is offered.
 *
 * @category Hooks
 */
export type AuthCertificateHook = (
  socket: SslSocket,
  peer: PeerAuthentication,
) => boolean | Promise<boolean>;

/**
 * Decides whether a certificate is accepted although the authentication hook rejected it
 * (`SSL_BadCertHook`).
 *
 * It is called with all that is wrong, the gravest first, which is also its `error`. What it does
 * not tolerate rejects the certificate:
 *
 * - `true` tolerates `error` alone; if more is wrong, the hook is called again for the next.
 * - An array of NSS's names of errors tolerates these, wherever in the path, and no others.
 * - Anything else, `undefined` too, tolerates nothing.
 *
 * The errors are those of the certificate, its name among them, and those of one path to a trust
 * anchor. `SEC_ERROR_UNKNOWN_ISSUER` is the gravest: there is no path, so that anybody may have
 * made the certificate. The session of such a connection is never cached or resumed.
 *
 * @category Hooks
 */
export type BadCertHook = (
  socket: SslSocket,
  error: SslError,
  peer: PeerAuthentication,
  problems: readonly VerifyLogEntry[],
) => boolean | readonly ErrorName[] | Promise<boolean | readonly ErrorName[]>;

/**
 * The subject of a {@linkcode RawPublicKeyHook}'s decision.
 *
 * @category Hooks
 */
export interface RawPublicKeyAuthentication {
  /** The peer's key, which has no name, no issuer and no dates. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** The client's `hostname`, with which the key has to be known; `null` on a server. */
  readonly hostname: string | null;
  /** Whether this end is the server and the key a client's. */
  readonly isServer: boolean;
  /** The context of the socket. */
  readonly context: NssContext;
  /** The time of the decision. */
  readonly time: Date;
}

/**
 * Decides whether a peer's raw public key is accepted.
 *
 * It accepts by returning exactly `true`. It rejects by throwing or by returning anything else. The
 * handshake waits for it, in both roles. It is not called when a session is resumed, except from a
 * token ({@linkcode setResumptionToken}).
 *
 * @category Hooks
 */
export type RawPublicKeyHook = (
  socket: SslSocket,
  peer: RawPublicKeyAuthentication,
) => boolean | Promise<boolean>;

/**
 * A server's request for a client's certificate.
 *
 * @category Hooks
 */
export interface ClientAuthRequest {
  /** The negotiated version; in TLS 1.2 an ECDSA key of any curve may sign with any hash. */
  readonly version: ProtocolVersion;
  /** The acceptable certificate authorities; empty for any. */
  readonly caNames: readonly Name[];
  /** The signature schemes that the server accepts, in preference order. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /**
   * The schemes of RSASSA-PKCS1-v1_5 that a TLS 1.3 server accepts of a key that can sign with
   * nothing else (RFC 9963); there with the option `pkcs1ClientAuth` alone.
   */
  readonly pkcs1Schemes?: readonly SignatureScheme[];
}

/**
 * Chooses the certificate and key that a client presents (`SSL_GetClientAuthDataHook`).
 *
 * `null` or `undefined` sends an empty certificate message; the server decides whether to continue.
 * The hook is not called when a session is resumed. Since it may choose a different identity each
 * time, a session for which it was called is cached only if the option `peerId` is set.
 *
 * @category Hooks
 */
export type GetClientAuthDataHook = (
  socket: SslSocket,
  request: ClientAuthRequest,
) =>
  | CertificateOptions
  | null
  | undefined
  | Promise<CertificateOptions | null | undefined>;

/**
 * What a {@linkcode GetExternalPskHook} is asked for.
 *
 * @category Hooks
 */
export interface ExternalPskRequest {
  /** The version that the key is for: that of the ClientHello on a client before TLS 1.3. */
  readonly version: ProtocolVersion;
  /** The identity that a client has offered to this server; `null` on a client. */
  readonly identity: Uint8Array<ArrayBuffer> | null;
  /**
   * The context with which the client has imported the key (RFC 9258); `null` if it has not, and on
   * a client.
   */
  readonly importContext: Uint8Array<ArrayBuffer> | null;
  /** What a TLS 1.2 server has sent to this client to choose by; `null` if it has not. */
  readonly identityHint: Uint8Array<ArrayBuffer> | null;
}

/**
 * Finds an external pre-shared key that is not in the option `externalPsks`.
 *
 * On a server it is called with an identity that a client offers, which nothing has proved yet, and
 * returns the key, or `null` or `undefined` if it knows none. It is called for up to eight
 * identities of a ClientHello, and again after a HelloRetryRequest. On a client it is called before
 * the ClientHello of TLS 1.3, and again by a TLS 1.2 server's request, and returns a key with its
 * identity. What it throws ends the handshake. An identity that is unknown is answered as a wrong
 * key is; to tell the client, throw an {@linkcode SslError} `SEC_ERROR_NO_KEY` with the `fault`
 * `"value"`, which sends an `unknown_psk_identity` alert.
 *
 * @category Hooks
 */
export type GetExternalPskHook = (
  socket: SslSocket,
  request: ExternalPskRequest,
) =>
  | ExternalPsk
  | ExternalPskSecret
  | null
  | undefined
  | Promise<ExternalPsk | ExternalPskSecret | null | undefined>;

/**
 * A ClientHello as received, including GREASE values.
 *
 * @category Hooks
 */
export interface ClientHelloInfo {
  /** The message with its four-byte header. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /**
   * The JA4 fingerprint, such as `"t13d1516h2_8daaf6152771_e5627efa2ab1"`, which identifies client
   * software.
   */
  readonly ja4: string;
  /** Whether it follows a HelloRetryRequest. */
  readonly isRetry: boolean;
  /** Whether it renegotiates a TLS 1.2 connection. */
  readonly isRenegotiation: boolean;
  /** The `legacy_version`: the client's version in TLS 1.2 and before. */
  readonly legacyVersion: number;
  /**
   * The offered versions, in preference order; `legacyVersion` alone if the client does not list
   * any.
   */
  readonly versions: readonly number[];
  /** The client's random bytes. */
  readonly random: Uint8Array<ArrayBuffer>;
  /** The session ID of TLS 1.2; arbitrary bytes in TLS 1.3. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The code points of the cipher suites, in preference order. */
  readonly cipherSuites: readonly number[];
  /** The compression methods of TLS 1.2. */
  readonly compressionMethods: readonly number[];
  /** The extensions, in order. */
  readonly extensions: readonly { readonly type: number; readonly body: Uint8Array<ArrayBuffer> }[];
  /** The requested host name, in lower case; `null` if none. */
  readonly serverName: string | null;
  /** The application protocols, in preference order. */
  readonly alpnProtocols: readonly string[];
  /** The code points of the key exchange groups, in preference order. */
  readonly groups: readonly number[];
  /** The code points of the groups with a key share. */
  readonly keyShareGroups: readonly number[];
  /** The code points of the signature schemes, in preference order. */
  readonly signatureSchemes: readonly number[];
}

/**
 * Inspects each ClientHello before a server negotiates, and may reject it.
 *
 * It accepts by returning `undefined` or `true`. `false` or an exception ends the handshake with a
 * `handshake_failure` alert; an {@linkcode SslError} with its own alert. It is called before the
 * `sniSocketConfig` hook, also if a session is resumed, and again for the second ClientHello after
 * a HelloRetryRequest (`isRetry`) and the ClientHello of a renegotiation that is not declined
 * (`isRenegotiation`); to count clients, ignore both. The ClientHello is not authenticated.
 *
 * @category Hooks
 */
export type ClientHelloCallback = (
  socket: SslSocket,
  hello: ClientHelloInfo,
) => void | boolean | Promise<void | boolean>;

/**
 * The subject of a {@linkcode HelloRetryRequestCallback}'s decision.
 *
 * @category Hooks
 */
export interface HelloRetryRequest {
  /** Whether it is the client's first ClientHello, before any HelloRetryRequest. */
  readonly firstHello: boolean;
  /**
   * The token that this callback put into its HelloRetryRequest; empty for a first ClientHello, and
   * if there was no token.
   */
  readonly clientToken: Uint8Array<ArrayBuffer>;
}

/**
 * The answer to a ClientHello (`SSLHelloRetryRequestAction`): `"accept"` continues, `"fail"` ends
 * the handshake with a `handshake_failure` alert, `"request"` and `{ retryToken }` send a
 * HelloRetryRequest, the latter with a token of at most 1024 bytes that the client returns.
 * `"reject-early-data"` continues, and refuses early data (`ssl_hello_retry_reject_0rtt`).
 *
 * @category Hooks
 */
export type HelloRetryRequestAction =
  | "accept"
  | "reject-early-data"
  | "fail"
  | "request"
  | { readonly retryToken: Uint8Array };

/**
 * Decides whether a TLS 1.3 server sends a HelloRetryRequest (`SSL_HelloRetryRequestCallback`): to
 * verify the client's address, or to hand the connection over to another socket.
 *
 * It is called for the first ClientHello, and again for the second one, to which it cannot answer
 * with a request. If the client's key shares do not fit, there is a HelloRetryRequest even if it
 * accepts, without a cookie then. The token is in the cookie, encrypted with the keys of session
 * tickets: a client can neither read nor forge it, and it is valid for a minute. The cookie
 * contains all state, so that the second ClientHello may reach another socket with this callback
 * whose context has the same keys ({@linkcode configMPServerSIDCache}); for the same reason one
 * cookie may be used several times, at sockets that do not know of each other.
 *
 * @category Hooks
 */
export type HelloRetryRequestCallback = (
  socket: SslSocket,
  request: HelloRetryRequest,
) => HelloRetryRequestAction | Promise<HelloRetryRequestAction>;

/**
 * The parts of a ClientHello that choose a server's configuration.
 *
 * @category Hooks
 */
export interface SniRequest {
  /** The requested host name (RFC 6066, Section 3), in lower case; `null` if none. */
  readonly serverName: string | null;
  /**
   * The application protocols that the client offers, in preference order; most clients offer none
   * in a renegotiation.
   */
  readonly alpnProtocols: readonly string[];
}

/**
 * Chooses a server's application protocol (`SSL_SetNextProtoCallback`) if the client offers any.
 *
 * It returns one of the offered protocols; `null` for none, as if ALPN were not supported;
 * `undefined` to use the option `alpnProtocols`. To reject the client it throws an
 * {@linkcode SslError} `SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL`, which sends a
 * `no_application_protocol` alert. It is not asked in a renegotiation, which keeps the protocol.
 *
 * @category Hooks
 */
export type NextProtoCallback = (
  socket: SslSocket,
  request: SniRequest,
) => string | null | undefined | Promise<string | null | undefined>;

/**
 * Chooses a server's configuration by the requested host name (`SSL_SNISocketConfigHook`).
 *
 * The returned options, and what has been set in the model that they name, replace the socket's
 * own; everything else stays. `undefined` keeps the socket's configuration; `null` rejects the name
 * with an `unrecognized_name` alert.
 *
 * @category Hooks
 */
export type SniSocketConfigHook = (
  socket: SslSocket,
  request: SniRequest,
) =>
  | SniSocketConfig
  | null
  | undefined
  | Promise<SniSocketConfig | null | undefined>;

/**
 * The options that may change after the ClientHello has been read.
 *
 * @category Hooks
 */
export type SniSocketConfig = Pick<
  ImportOptions,
  | "certificates"
  | "rawPublicKeys"
  | "caCerts"
  | "clientAuth"
  | "externalPsks"
  | "pskKeyExchangeModes"
  | "pskIdentityHint"
  | "getExternalPsk"
  | "versions"
  | "cipherSuites"
  | "groups"
  | "pkcs1ClientAuth"
  | "signatureSchemes"
  | "policy"
  | "sessionTickets"
  | "sessionIdContext"
  | "alpnProtocols"
  | "nextProtoCallback"
  | "authCertificate"
  | "badCert"
  | "model"
>;

/**
 * Called after each completed handshake (`SSL_HandshakeCallback`), before any application data can
 * be read.
 *
 * It must not read from the socket or write to it: both wait for it.
 *
 * @category Hooks
 */
export type HandshakeCallback = (
  socket: SslSocket,
  info: ChannelInfo,
) => void | Promise<void>;

/**
 * Called with each alert that this end sends (`SSL_AlertSentCallback`) or receives
 * (`SSL_AlertReceivedCallback`), including close_notify and warnings.
 *
 * The connection does not wait for it and ignores its errors.
 *
 * @category Hooks
 */
export type AlertCallback = (socket: SslSocket, alert: Alert) => void | Promise<void>;

/**
 * Called with each session that a client can resume later (`SSL_SetResumptionTokenCallback`), as
 * opaque bytes for {@linkcode setResumptionToken}.
 *
 * The bytes are secret: reading them allows decryption of the connections resumed with them, and
 * modifying them allows impersonation of the server. The connection waits for the callback.
 *
 * @category Hooks
 */
export type ResumptionTokenCallback = (
  socket: SslSocket,
  token: Uint8Array<ArrayBuffer>,
) => void | Promise<void>;

/**
 * Called with the connection's secrets, one line at a time without line end, in NSS's key log
 * format, as Wireshark reads it.
 *
 * The lines allow decryption of the connection: for debugging only.
 *
 * @category Hooks
 */
export type KeyLogCallback = (line: string) => void;

/**
 * The hooks and callbacks among the options of {@linkcode importFD}.
 *
 * Sessions are bound to the hooks that decide about trust, and functions are compared by identity:
 * one that is written inline, where each socket is created, is another function each time, and
 * prevents resumption. Define it once, or name the configuration (`sessionIdContext`).
 *
 * @category Hooks
 */
export interface HookOptions {
  /** Decides about the peer's certificate, in place of {@linkcode authCertificate}. */
  authCertificate?: AuthCertificateHook;
  /** Decides whether a rejected certificate is accepted nevertheless. */
  badCert?: BadCertHook;
  /** Chooses a client's certificate when the server asks for one. */
  getClientAuthData?: GetClientAuthDataHook;
  /** Finds an external pre-shared key by its identity, or chooses that of a client. */
  getExternalPsk?: GetExternalPskHook;
  /** Inspects each ClientHello that a server receives, and may reject it. */
  clientHelloCallback?: ClientHelloCallback;
  /** Decides whether a TLS 1.3 server sends a HelloRetryRequest. */
  helloRetryRequestCallback?: HelloRetryRequestCallback;
  /** Chooses a server's configuration by the requested host name. */
  sniSocketConfig?: SniSocketConfigHook;
  /** Chooses a server's application protocol among those that the client offers. */
  nextProtoCallback?: NextProtoCallback;
  /** Called after each completed handshake. */
  handshakeCallback?: HandshakeCallback;
  /** Called with each alert that this end sends. */
  alertSentCallback?: AlertCallback;
  /** Called with each alert that the peer sends. */
  alertReceivedCallback?: AlertCallback;
  /** Called with each session that a client can resume later, in place of the session cache. */
  resumptionTokenCallback?: ResumptionTokenCallback;
  /** Called with the connection's secrets in NSS's key log format. */
  keyLog?: KeyLogCallback;
}
