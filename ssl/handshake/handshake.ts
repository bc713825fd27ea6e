// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Environment } from "../base/environment.ts";
import { SslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { Transcript } from "../crypto/transcript.ts";
import { encodeHandshake, type HandshakeMessage } from "../messages/handshake.ts";
import type { SessionHandle } from "../session/session_handle.ts";
import { HandshakeType, handshakeTypeName } from "../tables/handshake_types.ts";
import type { Tls12Negotiated } from "./negotiated.ts";
import type { HandshakeOutput } from "./output.ts";
import type { Progress } from "./progress.ts";

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
  /** What the application may see of the handshake that is under way, or else of the last one. */
  progress: Progress;
  /** The session of this handshake. */
  session: SessionHandle;
  /**
   * What a renegotiation begins from, and goes back to where it is declined; `null` in a first
   * handshake.
   */
  established: Established | null;
  /** What the socket's configuration is by now, for a handshake after the first one. */
  readonly latestConfig: () => SslConfig;
  /**
   * Begins another handshake on a TLS 1.2 connection: a client says hello, a server waits for that.
   *
   * @param resumes Whether the client may offer a session.
   */
  readonly restart: (
    hs: HandshakeContext,
    resumes: boolean,
  ) => HandshakeState | Promise<HandshakeState>;
}

/** A TLS 1.2 connection as a complete handshake has left it. */
export interface Established extends Pick<HandshakeContext, "progress" | "session"> {
  /** The configuration of that handshake. */
  readonly config: SslConfig;
  /** What it has negotiated. */
  readonly negotiated: Tls12Negotiated;
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
   * Takes the peer's change_cipher_spec, in a state of TLS 1.2 that waits for it. Other states have
   * no such method: in TLS 1.3 it is dropped or refused before a state hears of it.
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

  /**
   * Takes the peer's no_renegotiation, in a state that waits for its answer; the connection goes on
   * as it was.
   */
  takeNoRenegotiation?(hs: HandshakeContext): HandshakeState;
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
