// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Environment } from "../base/environment.ts";
import { SslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { Transcript } from "../crypto/transcript.ts";
import { encodeHandshake, type HandshakeMessage } from "../messages/handshake.ts";
import type { SessionHandle } from "../session/session_handle.ts";
import { HandshakeType, handshakeTypeName } from "../tables/handshake_types.ts";
import { SSL_3_0, TLS_1_2 } from "../tables/versions.ts";
import type { EarlyRead, EarlyWrite } from "./early_data.ts";
import type { Tls12Negotiated } from "./negotiated.ts";
import type { HandshakeOutput } from "./output.ts";
import type { Progress } from "./progress.ts";

/** The context that the states of a handshake share. */
export interface HandshakeContext {
  /** The socket's configuration, which a server's SNI hook may replace. */
  config: SslConfig;
  /** Calls the application's hooks. */
  readonly hooks: HookCaller;
  /** The address of the peer, for the key of the session cache; `""` if it is not known. */
  readonly peerAddress: string;
  /** Time and randomness. */
  readonly environment: Environment;
  /** The output of the handshake. */
  readonly output: HandshakeOutput;
  /** The transcript of the messages so far. */
  transcript: Transcript;
  /** The progress of the current handshake, or else of the last one. */
  progress: Progress;
  /** The session of this handshake. */
  session: SessionHandle;
  /**
   * The connection before a renegotiation, restored if that is declined; `null` in a first
   * handshake.
   */
  established: Established | null;
  /** The early data that a client is to send; `null` for none. */
  readonly earlyWrite: EarlyWrite | null;
  /** The early data that a server has accepted; `null` for none. */
  earlyRead: EarlyRead | null;
  /**
   * Set once a server has rejected Encrypted Client Hello: the handshake goes on only to
   * authenticate the server, and must not complete.
   */
  echRejection?: EchRejection;
  /** Returns the configuration of a later handshake. */
  readonly latestConfig: () => SslConfig;
  /**
   * Begins another handshake on a TLS 1.2 connection: a client sends its ClientHello, a server
   * waits for one.
   *
   * @param resumes Whether the client may offer a session.
   */
  readonly restart: (
    hs: HandshakeContext,
    resumes: boolean,
  ) => HandshakeState | Promise<HandshakeState>;
}

/** A server's rejection of Encrypted Client Hello. */
export interface EchRejection {
  /** The `retry_configs` in EncryptedExtensions; `null` if there are none. */
  retryConfigs: Uint8Array<ArrayBuffer> | null;
  /**
   * Creates the error that ends the handshake when the server has been authenticated (RFC 9849,
   * Section 6.1.6).
   */
  error(): SslError;
}

/** A TLS 1.2 connection after a complete handshake. */
export interface Established extends Pick<HandshakeContext, "progress" | "session"> {
  /** The configuration of the handshake. */
  readonly config: SslConfig;
  /** The result of the handshake. */
  readonly negotiated: Tls12Negotiated;
  /** The state after the handshake. */
  readonly state: HandshakeState;
  /** This end's request for the next handshake; `null` if the peer requests it. */
  readonly request: ReHandshakeRequest | null;
}

/** An application's request for another handshake. */
export interface ReHandshakeRequest {
  /** Whether to resume no session in it. */
  readonly full: boolean;
}

/** A state of a handshake, which waits for a message. */
export interface HandshakeState {
  /**
   * Processes the next message.
   *
   * @returns The next state.
   * @throws {SslError} If the message is unexpected or invalid.
   */
  handle(
    message: HandshakeMessage,
    hs: HandshakeContext,
  ): HandshakeState | Promise<HandshakeState>;

  /**
   * Processes a change_cipher_spec in a TLS 1.2 state that waits for it. Other states do not have
   * this method: in TLS 1.3 the engine drops or refuses it.
   *
   * @returns The next state.
   */
  takeChangeCipherSpec?(hs: HandshakeContext): Promise<HandshakeState>;

  /**
   * Begins another handshake, in a state that has completed one.
   *
   * @returns The next state.
   * @throws {SslError} If another handshake is not possible; the connection continues.
   */
  reHandshake?(
    hs: HandshakeContext,
    request: ReHandshakeRequest,
  ): HandshakeState | Promise<HandshakeState>;

  /**
   * Processes a no_renegotiation alert in a state that has requested a renegotiation; the
   * connection continues.
   *
   * @returns The next state.
   */
  takeNoRenegotiation?(hs: HandshakeContext): HandshakeState;
}

/** Frames a message, adds it to the transcript and sends it. */
export function sendHandshake(
  hs: HandshakeContext,
  type: number,
  body: Uint8Array<ArrayBuffer>,
): void {
  hs.output.sendMessage(prepareHandshake(hs, type, body));
}

/** Frames a message and adds it to the transcript, to be sent under keys that are being derived. */
export function prepareHandshake(
  hs: HandshakeContext,
  type: number,
  body: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const message = encodeHandshake(type, body);
  hs.transcript.add(message);
  return message;
}

/**
 * Checks that a message has one of the expected types.
 *
 * @throws {SslError} The `SSL_ERROR_RX_UNEXPECTED_*` of another type.
 */
export function expectMessage(message: HandshakeMessage, ...types: number[]): void {
  if (types.includes(message.type)) return;
  throw unexpectedMessage(message.type, types);
}

/**
 * Refuses a hello of SSL 3.0 or before, whatever version its extensions name (RFC 8446,
 * Appendix D.5).
 *
 * @throws {SslError} `SSL_ERROR_UNSUPPORTED_VERSION`.
 */
export function refuseSsl(legacyVersion: number): void {
  if (legacyVersion > SSL_3_0) return;
  throw new SslError(
    "SSL_ERROR_UNSUPPORTED_VERSION",
    "Cannot agree on a version: the peer's hello is of SSL 3.0 or before",
  );
}

/**
 * Refuses a hello of TLS 1.3 whose `legacy_version` is not 0x0303; RFC 9846, Sections 4.2.2 and
 * 4.2.3, has an alert for it, where RFC 8446 had none.
 *
 * @throws {SslError} `SSL_ERROR_UNSUPPORTED_VERSION`.
 */
export function checkLegacyVersion(name: string, hello: { readonly legacyVersion: number }): void {
  if (hello.legacyVersion === TLS_1_2) return;
  throw new SslError(
    "SSL_ERROR_UNSUPPORTED_VERSION",
    `Cannot take ${name}: it is of TLS 1.3, and its legacy_version is not 0x0303 but 0x` +
      hello.legacyVersion.toString(16).padStart(4, "0"),
  );
}

/** Creates the error of an unexpected handshake message. */
export function unexpectedMessage(type: number, expected: readonly number[] = []): SslError {
  const wanted = expected.map(handshakeTypeName).join(" or ");
  const isOtherClient = type === HandshakeType.clientHello &&
    expected.includes(HandshakeType.serverHello);
  return new SslError(
    UNEXPECTED.get(type) ?? "SSL_ERROR_RX_UNKNOWN_HANDSHAKE",
    `Cannot take ${handshakeTypeName(type)}: ` +
      (isOtherClient
        ? 'both ends are clients; the end that accepted the connection needs the option role: "server"'
        : wanted === ""
        ? "no such message is due"
        : `${wanted} is due`),
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
