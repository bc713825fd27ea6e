// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SslConfig } from "../config/config.ts";
import type { Environment } from "../base/environment.ts";
import { SslError } from "../base/errors.ts";
import { encodeHandshake, type HandshakeMessage } from "../messages/handshake.ts";
import type { RecordProtection } from "../record/cipher_spec.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { HandshakeType, handshakeTypeName } from "../tables/handshake_types.ts";
import type { NamedGroup } from "../tables/named_groups.ts";
import type { ConnectionKeys } from "./connection_keys.ts";
import type { Transcript } from "../crypto/transcript.ts";

/** The only way in which a handshake acts on its connection. */
export interface HandshakeOutput {
  /** Sends a framed handshake message. */
  sendMessage(message: Uint8Array<ArrayBuffer>): void;
  /** Sends the change_cipher_spec of middlebox compatibility, once (RFC 8446, Appendix D.4). */
  sendChangeCipherSpec(): void;
  /** Keeps protected records to so much plaintext in either direction, from the next one on (RFC 8449). */
  limitRecords(send: number, receive: number): void;
  /** Protects what is read from the next record on. */
  installReadSpec(spec: RecordProtection): void;
  /** Protects what is written from now on. */
  installWriteSpec(spec: RecordProtection): void;
  /** Tells the connection what has happened. */
  emit(event: HandshakeEvent): void;
}

/** What a handshake tells its connection. */
export type HandshakeEvent =
  /** A ClientHello has been sent or received: change_cipher_spec is tolerated from here on. */
  | { readonly kind: "hello" }
  /** The client asked for early data, which this server reads past. */
  | { readonly kind: "skipEarlyData"; readonly how: "in clear" | "undecryptable" }
  /** The peer has renewed its key, and may ask for the same of this end. */
  | { readonly kind: "keyUpdate"; readonly requestUpdate: boolean }
  /** The server of a TLS 1.3 connection hands out a ticket, which has not been looked at. */
  | { readonly kind: "newSessionTicket" }
  /** The peer of a TLS 1.2 connection wants to renegotiate, and does not get its will. */
  | { readonly kind: "declineRenegotiation" }
  /** A TLS 1.2 connection is being negotiated anew; application data of this end's waits. */
  | { readonly kind: "renegotiation"; readonly byPeer: boolean }
  /** The peer does not want to renegotiate, and the connection goes on as it was. */
  | { readonly kind: "renegotiationDeclined" }
  /** The peer says what it need not, and what has no effect. */
  | { readonly kind: "ignored" }
  /** The client has answered a CertificateRequest that came after the handshake. */
  | { readonly kind: "reauthenticated" }
  /** The peer's Finished has been verified. */
  | {
    readonly kind: "connected";
    readonly keys: ConnectionKeys;
    /** Session tickets to send before the first application data; made meanwhile. */
    readonly tickets: Promise<readonly Uint8Array<ArrayBuffer>[]>;
  };

/** What has been agreed on so far; the states fill it in, `ChannelInfo` shows it. */
export interface Negotiated {
  /** The protocol version's number. */
  version: number;
  /** The cipher suite. */
  cipherSuite: CipherSuite | Tls12CipherSuite | null;
  /** The key exchange group. */
  group: NamedGroup | null;
  /** How the peer signed. */
  peerSignatureScheme: SignatureScheme | null;
  /** How this end signed. */
  localSignatureScheme: SignatureScheme | null;
  /** The application protocol. */
  alpnProtocol: string | null;
  /** The host name that the client asked for. */
  serverName: string | null;
  /** Whether a session was resumed. */
  resumed: boolean;
  /** When the resumed session's full handshake was, in milliseconds since 1970; `null` without a session. */
  authenticatedAt: number | null;
  /** Whether there was a HelloRetryRequest. */
  helloRetryRequest: boolean;
  /** Whether the bad-certificate hook overrode a refusal. */
  badCertAccepted: boolean;
  /** Whether the secrets are bound to the handshake: always in TLS 1.3, by RFC 7627 in TLS 1.2. */
  extendedMasterSecret: boolean;
  /** Whether the peer of a TLS 1.2 connection knows RFC 5746. */
  secureRenegotiation: boolean;
  /** The Finished messages of a TLS 1.2 handshake, which the next one refers to (RFC 5746, Section 3.1). */
  verifyData: { client: Uint8Array<ArrayBuffer>; server: Uint8Array<ArrayBuffer> };
  /** Whether the client of a TLS 1.3 connection may be asked for a certificate at any time (RFC 8446, Section 4.2.6). */
  postHandshakeAuth: boolean;
  /** The ticket that a server of TLS 1.2 has sent in this handshake, or that the resumed session came with. */
  tls12Ticket: { readonly ticket: Uint8Array<ArrayBuffer>; readonly expiresAt: number } | null;
  /** Whether the application wants the session never to be resumed. */
  sessionInvalidated: boolean;
  /** Makes a server's cache forget the session; `null` where it is not there. */
  forgetSession: (() => Promise<void>) | null;
  /** Whether the application's hook was asked for a client certificate. */
  askedForClientAuthData: boolean;
  /** The peer's certificates. */
  peerChain: readonly Certificate[];
  /** The OCSP response that came with the peer's certificate; `null` where there was none. */
  stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs that came with the peer's certificate; `null` where there was none. */
  signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** This end's certificates. */
  localChain: readonly Certificate[];
}

/** What every state of one handshake shares. */
export interface HandshakeContext {
  /** The socket's configuration; a server's name hook may replace it. */
  config: SslConfig;
  /** The way to the application's hooks. */
  readonly hooks: HookCaller;
  /** Where the peer is, as far as the transport tells; for the session cache's key. */
  readonly peerAddress: string;
  /** Time and randomness. */
  readonly environment: Environment;
  /** The way out. */
  readonly output: HandshakeOutput;
  /** The messages so far. */
  transcript: Transcript;
  /** What has been agreed on so far. */
  negotiated: Negotiated;
  /** What a renegotiation begins from, and goes back to where it is declined; `null` in a first handshake. */
  established: Established | null;
  /** What the socket's configuration is by now, for a handshake after the first one. */
  readonly latestConfig: () => SslConfig;
}

/** A connection as a complete handshake has left it. */
export interface Established {
  /** The configuration of that handshake. */
  readonly config: SslConfig;
  /** What it agreed on. */
  readonly negotiated: Negotiated;
  /** The state that waits for whatever comes. */
  readonly state: HandshakeState;
  /** This end's request that the next handshake follows; `null` where it is the peer's. */
  readonly request: ReHandshakeRequest | null;
}

/** How an application wants another handshake. */
export interface ReHandshakeRequest {
  /** Whether no session is to be resumed in it. */
  readonly full: boolean;
}

/** One moment of a handshake: what it knows and which message it waits for. */
export interface HandshakeState {
  /**
   * Takes the next message.
   *
   * @returns The next state.
   * @throws {SslError} If the message is not the expected one, or is wrong.
   */
  handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState>;

  /**
   * Takes the peer's change_cipher_spec, in a state of TLS 1.2 that waits for it. Other states have no such method: in TLS 1.3
   * it is dropped or refused before a state hears of it.
   *
   * @returns The next state.
   */
  takeChangeCipherSpec?(hs: HandshakeContext): HandshakeState;

  /**
   * Begins another handshake, in a state that has completed one.
   *
   * @returns The next state.
   * @throws {SslError} If the connection has no such thing; it goes on as it was.
   */
  reHandshake?(
    hs: HandshakeContext,
    request: ReHandshakeRequest,
  ): HandshakeState | Promise<HandshakeState>;

  /** Takes the peer's no_renegotiation, in a state that waits for its answer; the connection goes on as it was. */
  takeNoRenegotiation?(hs: HandshakeContext): HandshakeState;
}

/** An agreement on nothing yet. */
export function nothingNegotiated(): Negotiated {
  return {
    version: 0,
    cipherSuite: null,
    group: null,
    peerSignatureScheme: null,
    localSignatureScheme: null,
    alpnProtocol: null,
    serverName: null,
    resumed: false,
    authenticatedAt: null,
    helloRetryRequest: false,
    badCertAccepted: false,
    extendedMasterSecret: true,
    secureRenegotiation: false,
    verifyData: { client: new Uint8Array(0), server: new Uint8Array(0) },
    postHandshakeAuth: false,
    tls12Ticket: null,
    sessionInvalidated: false,
    forgetSession: null,
    askedForClientAuthData: false,
    peerChain: [],
    stapledOcspResponse: null,
    signedCertTimestamps: null,
    localChain: [],
  };
}

/** Frames a message, adds it to the transcript and sends it. */
export function sendHandshake(
  hs: HandshakeContext,
  type: number,
  body: Uint8Array<ArrayBuffer>,
): void {
  const message = encodeHandshake(type, body);
  hs.transcript.add(message);
  hs.output.sendMessage(message);
}

/**
 * Refuses a message of another type than the expected one.
 *
 * @throws {SslError} NSS's `SSL_ERROR_RX_UNEXPECTED_*` for the message that came.
 */
export function expectMessage(message: HandshakeMessage, ...types: number[]): void {
  if (types.includes(message.type)) return;
  throw unexpectedMessage(message.type, types);
}

/** The error for a handshake message out of turn. */
export function unexpectedMessage(type: number, expected: readonly number[] = []): SslError {
  const wanted = expected.map(handshakeTypeName).join(" or ");
  return new SslError(
    UNEXPECTED.get(type) ?? "SSL_ERROR_RX_UNKNOWN_HANDSHAKE",
    `Cannot take ${handshakeTypeName(type)}: ` +
      (wanted === "" ? "no such message is due" : `${wanted} is due`),
  );
}

const UNEXPECTED: ReadonlyMap<number, SslError["name"]> = new Map([
  [HandshakeType.helloRequest, "SSL_ERROR_RX_UNEXPECTED_HELLO_REQUEST"],
  [HandshakeType.clientHello, "SSL_ERROR_RX_UNEXPECTED_CLIENT_HELLO"],
  [HandshakeType.serverHello, "SSL_ERROR_RX_UNEXPECTED_SERVER_HELLO"],
  [HandshakeType.newSessionTicket, "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET"],
  [HandshakeType.endOfEarlyData, "SSL_ERROR_RX_UNEXPECTED_END_OF_EARLY_DATA"],
  [HandshakeType.encryptedExtensions, "SSL_ERROR_RX_UNEXPECTED_ENCRYPTED_EXTENSIONS"],
  [HandshakeType.certificate, "SSL_ERROR_RX_UNEXPECTED_CERTIFICATE"],
  [HandshakeType.certificateStatus, "SSL_ERROR_RX_UNEXPECTED_CERT_STATUS"],
  [HandshakeType.serverKeyExchange, "SSL_ERROR_RX_UNEXPECTED_SERVER_KEY_EXCH"],
  [HandshakeType.certificateRequest, "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST"],
  [HandshakeType.serverHelloDone, "SSL_ERROR_RX_UNEXPECTED_HELLO_DONE"],
  [HandshakeType.certificateVerify, "SSL_ERROR_RX_UNEXPECTED_CERT_VERIFY"],
  [HandshakeType.clientKeyExchange, "SSL_ERROR_RX_UNEXPECTED_CLIENT_KEY_EXCH"],
  [HandshakeType.finished, "SSL_ERROR_RX_UNEXPECTED_FINISHED"],
  [HandshakeType.keyUpdate, "SSL_ERROR_RX_UNEXPECTED_KEY_UPDATE"],
]);
