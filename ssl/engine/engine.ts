// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { errorFromAlert } from "../base/alerts.ts";
import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { offersTls12, offersTls13, type SslConfig } from "../config/config.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { channelInfo, preliminaryChannelInfo } from "../handshake/channel_info.ts";
import { restartClient, startClient } from "../handshake/client/start.ts";
import type { Environment } from "../base/environment.ts";
import {
  type HandshakeContext,
  type HandshakeState,
  type ReHandshakeRequest,
  unexpectedMessage,
} from "../handshake/handshake.ts";
import type { Negotiated } from "../handshake/negotiated.ts";
import type { ConnectionKeys, HandshakeEvent, HandshakeOutput } from "../handshake/output.ts";
import { NO_PROGRESS, type Progress } from "../handshake/progress.ts";
import { newSessionHandle } from "../session/session_handle.ts";
import { forgetClientSessions } from "../session/client_cache.ts";
import { startServer } from "../handshake/server/start.ts";
import { Transcript } from "../crypto/transcript.ts";
import type { HandshakeMessage } from "../messages/handshake.ts";
import type { RecordProtection } from "../record/cipher_spec.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import { type Alert, ALERT_LEVELS, alertCode, alertOf } from "../tables/alert_descriptions.ts";
import { ContentType } from "../tables/content_types.ts";
import { TLS_1_0, TLS_1_2 } from "../tables/versions.ts";
import { FloodLimits } from "./flood_limits.ts";
import { type OpenedRecord, ReadHalf } from "./read_half.ts";
import { RESERVED_RECORDS, WriteHalf } from "./write_half.ts";

/** How many records are sealed or opened at once. */
export const DEFAULT_WINDOW = 8;
/** More than this gains nothing and delays the event loop. */
export const MAX_WINDOW = 16;
/** When so few records are left to a write key, it is renewed (RFC 8446, Section 5.5). */
export const KEY_RENEWAL_MARGIN = 1024;
/** When so few records are left to the peer's key, the peer is asked to renew it. */
export const PEER_KEY_RENEWAL_MARGIN = 4096;

/** A test's hand between handshake and record layer: what to send in place of an outgoing message. */
export type MessageFilter = (message: HandshakeMessage) => readonly Uint8Array<ArrayBuffer>[];

/** Which way an alert goes. */
export type AlertDirection = "sent" | "received";

/** What an engine is made from. */
export interface EngineOptions {
  /** The way to the application's hooks. */
  readonly hooks: HookCaller;
  /** The configuration; not changed from here on. */
  readonly config: SslConfig;
  /** What the configuration is by now, for a handshake after the first one; default the same. */
  readonly latestConfig?: (() => SslConfig) | undefined;
  /** Where the peer is; `""` where the transport does not tell. */
  readonly peerAddress: string;
  /** Time and randomness. */
  readonly environment: Environment;
  /** Called when output has come up, or room to send, outside the caller's own calls. */
  readonly onProgress: () => void;
  /** Called with each alert, in the middle of things: it must only take note. */
  readonly onAlert?: ((direction: AlertDirection, alert: Alert) => void) | undefined;
  /** How many records are sealed or opened at once. */
  readonly window?: number | undefined;
  /** For tests only. */
  readonly messageFilter?: MessageFilter | undefined;
}

/**
 * One TLS connection apart from its transport: bytes of the peer go in, bytes for the peer come out.
 *
 * The halves share nothing but this class; it sorts what the records hold and keeps the handshake's state.
 */
export class SslEngine {
  readonly #read = new ReadHalf();
  readonly #write: WriteHalf;
  readonly #floods = new FloodLimits();
  readonly #window: number;
  readonly #onProgress: () => void;
  readonly #onAlert: NonNullable<EngineOptions["onAlert"]>;
  readonly #filter: MessageFilter | undefined;
  readonly #hs: HandshakeContext;
  #state: HandshakeState | null = null;
  /** The last change of state: changes come one after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** Another handshake, from the first word of it to the last. */
  #again: PromiseWithResolvers<void> | null = null;
  #renegotiating = false;
  /** Whether a client has answered a request for a certificate that was given up. */
  #answeredLate = false;
  /** Whether the peer of a renegotiation has changed its keys and not yet proved itself. */
  #finishedDue = false;
  /** Whether a message of a handshake is being taken. */
  #inFlight = false;
  #keys: ConnectionKeys | null = null;
  /** What the last complete handshake has negotiated. */
  #negotiated: Negotiated | null = null;
  #error: SslError | null = null;
  #received: Uint8Array<ArrayBuffer>[] = [];
  #receivedLength = 0;
  #tickets: readonly Uint8Array<ArrayBuffer>[] = [];
  #ticketsReady: Promise<void> = Promise.resolve();
  #helloSeen = false;
  #sentChangeCipherSpec = false;
  #readClosed = false;
  #writeClosed = false;
  /** Renewals of the write key under way: application data waits for them. */
  #renewals = 0;
  /** Whether the peer has asked for a KeyUpdate that it has not been sent: one answers all requests that came before it. */
  #answerDue = false;
  #askedPeerToRenew = false;

  /** Makes an engine that has sent nothing yet. */
  constructor(
    {
      hooks,
      config,
      latestConfig = () => config,
      peerAddress,
      environment,
      onProgress,
      onAlert = () => {},
      window,
      messageFilter,
    }: EngineOptions,
  ) {
    const { role, hostname, peerId, context } = config;
    this.#onProgress = onProgress;
    this.#onAlert = onAlert;
    this.#window = Math.min(Math.max(window ?? DEFAULT_WINDOW, 1), MAX_WINDOW);
    this.#filter = messageFilter;
    // RFC 8446, Section 5.1: an initial ClientHello may say 0x0301 for old servers' sake.
    this.#write = new WriteHalf(config.role === "client" ? TLS_1_0 : TLS_1_2);
    this.#hs = {
      config,
      hooks,
      peerAddress,
      environment,
      output: this.#handshakeOutput(),
      transcript: new Transcript(),
      progress: NO_PROGRESS,
      session: newSessionHandle(),
      established: null,
      // Which end this is, and whom it talks to, does not change any more.
      latestConfig: () => ({ ...latestConfig(), role, hostname, peerId, context }),
      restart: role === "client" ? restartClient : startServer,
    };
  }

  /** Whether the handshake is complete. */
  get connected(): boolean {
    return this.#keys !== null;
  }

  /** The error that ended the connection; every later call meets it again. */
  get error(): SslError | null {
    return this.#error;
  }

  /** Whether the peer has said that it sends no more. */
  get readClosed(): boolean {
    return this.#readClosed;
  }

  /** Whether this end has said that it sends no more. */
  get writeClosed(): boolean {
    return this.#writeClosed;
  }

  /** The bytes of application data that have been read and not been taken. */
  get pendingLength(): number {
    return this.#receivedLength;
  }

  /** Whether sealed or unsealed records wait to leave. */
  get hasOutput(): boolean {
    return !this.#write.empty;
  }

  /** Whether more than half a window of records waits to leave. */
  get congested(): boolean {
    return this.#write.queued > this.#window / 2;
  }

  /** Settles when the session tickets that leave with the first application data are made. */
  get ticketsReady(): Promise<void> {
    return this.#ticketsReady;
  }

  /** Whether a TLS 1.2 connection is being negotiated anew: application data of this end's waits until it is done. */
  get renegotiating(): boolean {
    return this.#renegotiating;
  }

  get #handshaking(): boolean {
    return !this.connected || this.#renegotiating;
  }

  /** What the last complete handshake has negotiated. */
  get channelInfo(): ChannelInfo {
    return channelInfo(this.#complete);
  }

  /** What the handshake that is under way, or else the last one, has negotiated so far. */
  get preliminaryChannelInfo(): PreliminaryChannelInfo {
    return preliminaryChannelInfo(this.#hs.progress);
  }

  /** What the connection shows of itself: of a first handshake whatever there is, and during another one what was before it. */
  get visible(): Progress {
    return this.#hs.established?.progress ?? this.#hs.progress;
  }

  /** The server's certificate, whichever end this is; that of the first handshake where a session was resumed. */
  get serverCertificate(): Certificate | null {
    const { peer, local } = this.#complete;
    return (this.#hs.config.role === "client" ? peer : local).chain[0] ?? null;
  }

  /**
   * What the first Finished of the latest complete handshake of TLS 1.2 says: the server's where a session was resumed; `null`
   * in TLS 1.3.
   */
  get firstVerifyData(): Uint8Array<ArrayBuffer> | null {
    const negotiated = this.#complete;
    if (negotiated.version !== TLS_1_2) return null;
    const resumes = negotiated.authenticatedAt !== null;
    return negotiated.verifyData[resumes ? "server" : "client"].slice();
  }

  get #complete(): Negotiated {
    if (this.#negotiated !== null) return this.#negotiated;
    throw new SslError(
      "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
      "Cannot tell: the handshake is not complete",
    );
  }

  /** Begins the handshake: a client's hello is queued, a server waits for one. */
  async start(): Promise<void> {
    this.#throwIfFailed();
    try {
      this.#state = this.#hs.config.role === "client" ? await startClient(this.#hs) : startServer();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Takes bytes from the peer, and returns when all of them have had their effect.
   *
   * @param chunk The bytes; not kept, may be reused when the promise settles.
   * @throws {SslError} The error that ended the connection; its alert is queued.
   */
  async receive(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#throwIfFailed();
    if (this.#readClosed) return; // RFC 8446, Section 6.1: data after close_notify is ignored
    try {
      this.#read.push(chunk);
      for (;;) {
        const record = await this.#read.next(this.connected ? this.#window : 1);
        if (record === null) break;
        if (record.type === ContentType.applicationData) this.#takeApplicationRecord(record);
        else await this.#takeRecord(record);
        if (this.#readClosed) return;
      }
      this.#read.finishChunk();
    } catch (error) {
      throw this.#fail(error);
    }
    this.#askPeerToRenew();
  }

  /**
   * Takes the end of the transport's bytes.
   *
   * @throws {SslError} `PR_END_OF_FILE_ERROR` unless the peer's close_notify came first.
   */
  receiveEof(): void {
    this.#throwIfFailed();
    if (this.#readClosed) return;
    // Half a record is a truncation for whoever may end as it likes, too.
    const isBetween = !this.#handshaking;
    if (isBetween && this.#hs.config.allowTruncation && !this.#read.partial) {
      this.#readClosed = true;
      return this.#refuseAgain(
        endOfFile("Cannot complete handshake: the peer closed the connection"),
      );
    }
    throw this.#fail(
      endOfFile(
        isBetween
          ? "Cannot read on: the connection ended without close_notify, the data may be truncated"
          : "Cannot complete handshake: the peer closed the connection",
      ),
    );
  }

  /**
   * Seals application data, as much as the window takes.
   *
   * @returns How many bytes were taken; the rest is for a later call, after output has been taken.
   */
  send(data: Uint8Array<ArrayBuffer>): number {
    this.#throwIfFailed();
    // RFC 8446, Section 4.6.3: before the next application data, and once for all requests.
    if (this.#answerDue) this.keyUpdate(false).catch(() => {}); // the error stays with the engine
    if (this.#renewals > 0 || this.#renegotiating) return 0;
    for (const ticket of this.#tickets) this.#hs.output.sendMessage(ticket);
    this.#tickets = [];
    const taken = this.#write.writeApplicationData(data, this.#window);
    this.#renewInTime();
    return taken;
  }

  /** Renews the write key before it has protected too much (RFC 8446, Section 5.5); in TLS 1.2 that ends the connection. */
  #renewInTime(): void {
    const { recordsLeft } = this.#write.protection;
    if (this.#keys?.renewable) {
      if (recordsLeft > KEY_RENEWAL_MARGIN) return;
      this.keyUpdate(false).catch(() => {}); // the error stays with the engine
    } else if (recordsLeft <= RESERVED_RECORDS) {
      throw this.#fail(
        new SslError(
          "SSL_ERROR_TOO_MANY_RECORDS",
          "Cannot send: the keys of the connection are used up",
        ),
      );
    }
  }

  /**
   * Begins another handshake (RFC 5746; RFC 8446, Section 4.6.2); {@linkcode SslEngine.again} says when it is complete.
   *
   * @param request What it is to be like.
   * @returns `forgotten`: when the session so far is, where that is asked for.
   * @throws {SslError} If the connection has no such thing: it goes on as it was.
   */
  async beginReHandshake(
    request: ReHandshakeRequest,
  ): Promise<{ readonly forgotten: Promise<void> }> {
    this.#throwIfFailed();
    if (this.#again !== null) throw notComplete();
    if (this.#writeClosed || this.#readClosed) {
      throw new SslError(
        "PR_SOCKET_SHUTDOWN_ERROR",
        "Cannot begin another handshake: the connection is being closed",
      );
    }
    this.#again = unheeded();
    const forget = this.#forgetterOfSession();
    let begun = false;
    try {
      await this.#change((state) => {
        // The peer may have been faster, by a message that was being taken.
        if (state.reHandshake === undefined) throw notComplete();
        begun = true;
        return state.reHandshake(this.#hs, request);
      });
    } catch (error) {
      if (begun && this.#renegotiating) throw this.#fail(error); // there is no way back
      if (!this.#renegotiating) this.#again = null;
      throw error;
    }
    this.#onProgress();
    return { forgotten: request.full ? forget() : Promise.resolve() };
  }

  /**
   * Settles when the handshake that follows a complete one is complete, too, or will not be; what the peer sends has to be
   * received meanwhile. `null` where there is none.
   */
  get again(): Promise<void> | null {
    return this.#again?.promise ?? null;
  }

  /** Whether a client has answered a request that was given up, of which nobody has been told; says so once. */
  takeLateAnswer(): boolean {
    const answered = this.#answeredLate;
    this.#answeredLate = false;
    return answered;
  }

  /** No longer waits for a handshake that the peer has not begun. */
  giveUpReHandshake(error: SslError): void {
    this.#refuseAgain(error);
  }

  #completeAgain(): void {
    this.#again?.resolve();
    this.#again = null;
  }

  #refuseAgain(error: SslError): void {
    this.#again?.reject(error);
    this.#again = null;
  }

  /**
   * Sends a KeyUpdate and renews the write key, once the handshake is complete; asks the peer for the
   * same where `requestUpdate`.
   */
  async keyUpdate(requestUpdate: boolean): Promise<void> {
    this.#throwIfFailed();
    if (this.#writeClosed) return;
    const keys = this.#keys!;
    if (!keys.renewable) {
      // The caller's mistake, not the connection's: it goes on.
      throw new SslError(
        "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
        "Cannot renew keys: TLS 1.2 has no KeyUpdate",
      );
    }
    this.#answerDue = false;
    this.#renewals++;
    try {
      await keys.renewWriteKey(requestUpdate, this.#hs.output);
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#renewals--;
      this.#onProgress();
    }
  }

  /** Forgets the session of this connection, and hands out no more tickets to it; at once, but for caches outside the process. */
  invalidateSession(): Promise<void> {
    return this.#forgetterOfSession()();
  }

  /** What forgets the session of the connection as it is now, though another handshake may have begun by then. */
  #forgetterOfSession(): () => Promise<void> {
    const { config, session, peerAddress } = this.#hs;
    return async () => {
      session.invalidated = true;
      this.#tickets = [];
      if (config.role === "client") await forgetClientSessions(config, peerAddress);
      else await session.forget?.();
    };
  }

  /** Derives bytes that both ends know and nobody else (RFC 8446, Section 7.5). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#keys === null) {
      throw new SslError(
        "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
        "Cannot export keying material: the handshake is not complete",
      );
    }
    return this.#keys.exportKeyingMaterial(label, context, length);
  }

  /** Queues a close_notify, once. */
  close(): void {
    if (this.#writeClosed || this.#error !== null) return;
    this.#writeClosed = true;
    this.#writeAlert(ALERT_LEVELS.warning, alertCode("close_notify"));
  }

  /** Ends the connection for a reason of this end's own; an alert leaves where the error has one. */
  abort(error: SslError): void {
    if (this.#error === null) this.#fail(error);
  }

  /**
   * The next bytes for the peer.
   *
   * @returns The bytes, valid until the next call; `null` when there are none.
   */
  async takeOutput(): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      return await this.#write.take();
    } catch (error) {
      this.#write.clear();
      throw this.#fail(error);
    }
  }

  /** Releases buffers that an idle connection does not need. */
  releaseBuffers(): void {
    this.#write.releaseBuffer();
  }

  /**
   * The next application data, in the pieces that the peer's records had.
   *
   * @param limit The most bytes to take.
   * @returns The bytes, the caller's to keep; `null` when there are none for now.
   */
  takeApplicationData(limit = Infinity): Uint8Array<ArrayBuffer> | null {
    const first = this.#received[0];
    if (first === undefined) return null;
    if (first.length <= limit) {
      this.#received.shift();
      this.#receivedLength -= first.length;
      return first;
    }
    this.#received[0] = first.subarray(limit);
    this.#receivedLength -= limit;
    return first.subarray(0, limit);
  }

  #takeApplicationRecord({ fragment, inClear }: OpenedRecord): void {
    // In a renegotiation there may be some under the old keys, but none between change_cipher_spec and Finished.
    if (inClear || !this.connected || this.#finishedDue) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA",
        "Cannot take application data: the handshake is not complete",
      );
    }
    this.#refuseInterleaving();
    if (fragment.length === 0) return this.#floods.countEmptyRecord();
    this.#floods.reset();
    this.#received.push(fragment);
    this.#receivedLength += fragment.length;
  }

  async #takeRecord({ type, fragment, inClear }: OpenedRecord): Promise<void> {
    switch (type) {
      case ContentType.handshake:
        return await this.#takeHandshakeRecord(fragment);
      case ContentType.alert:
        return this.#takeAlert(fragment);
      case ContentType.changeCipherSpec:
        if (inClear || this.#renegotiating) return this.#takeChangeCipherSpec(fragment);
    }
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      `Cannot take record: type ${type} has no place here`,
    );
  }

  async #takeHandshakeRecord(fragment: Uint8Array<ArrayBuffer>): Promise<void> {
    if (fragment.length === 0) {
      // RFC 8446, Section 5.1: zero-length fragments of Handshake types MUST NOT be sent.
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE",
        "Cannot take record: a handshake fragment is empty",
      );
    }
    const { joiner } = this.#read;
    joiner.push(fragment);
    for (let message; (message = joiner.next()) !== null;) {
      const next = message;
      this.#inFlight = this.#handshaking;
      await this.#change((state) => state.handle(next, this.#hs));
      if (!this.#handshaking) this.#endPeersFlight();
      this.#inFlight = false;
    }
  }

  /**
   * Ends the peer's flight, if it is in one: this end answers it, or the handshake is complete. What stands behind the end was written before that, and
   * nobody honest has anything to say there.
   */
  #endPeersFlight(): void {
    const type = this.#inFlight ? this.#read.joiner.pendingType : null;
    if (type !== null) throw unexpectedMessage(type);
  }

  /** Lets the state decide about the next one, when the changes before it are done. */
  #change(
    decide: (state: HandshakeState) => HandshakeState | Promise<HandshakeState>,
  ): Promise<void> {
    const change = this.#turn.then(async () => {
      this.#throwIfFailed();
      this.#state = await decide(this.#state!);
      this.#throwIfFailed(); // it may have taken its time, and meanwhile the connection was given up
    });
    this.#turn = change.catch(() => {});
    return change;
  }

  #takeAlert(fragment: Uint8Array<ArrayBuffer>): void {
    if (fragment.length === 0) {
      // RFC 8446, Section 5.4.
      throw new SslError("SSL_ERROR_RX_UNEXPECTED_ALERT", "Cannot take alert: the record is empty");
    }
    const [level, description] = fragment;
    if (fragment.length !== 2 || level === undefined || description === undefined) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_ALERT",
        `Cannot take alert: the record holds ${fragment.length} bytes instead of 2`,
      );
    }
    this.#onAlert("received", alertOf(level, description));
    if (description === alertCode("close_notify")) {
      this.#readClosed = true;
      const error = endOfFile("Cannot complete handshake: the peer closed the connection", "peer");
      if (this.#handshaking) throw error;
      return this.#refuseAgain(error);
    }
    if (!this.#isWarning(level, description)) throw errorFromAlert(description);
    this.#refuseInterleaving();
    this.#floods.countWarningAlert();
    if (description === alertCode("no_renegotiation")) {
      this.#state = this.#state?.takeNoRenegotiation?.(this.#hs) ?? this.#state;
    }
  }

  #isWarning(level: number, description: number): boolean {
    const { config, progress: { version } } = this.#hs;
    // In TLS 1.2 the level counts (RFC 5246, Section 7.2), and so it does while a server may still choose TLS 1.2: some send
    // the warning unrecognized_name before ServerHello (RFC 6066, Section 3).
    if (version === TLS_1_2 || (version === 0 && offersTls12(config))) {
      return level === ALERT_LEVELS.warning;
    }
    // RFC 8446, Section 6: all but the closure alerts are fatal, whatever their level says.
    return description === alertCode("user_canceled");
  }

  /** RFC 8446, Appendix D.4: a client's second hello, which may be another socket's to begin with, has it in front. */
  get #awaitsSecondHello(): boolean {
    const { role, helloRetryRequestCallback } = this.#hs.config;
    return role === "server" && helloRetryRequestCallback !== null;
  }

  #takeChangeCipherSpec(fragment: Uint8Array<ArrayBuffer>): void {
    const state = this.#state;
    const { config, progress } = this.#hs;
    const isTls12 = progress.version === TLS_1_2 || !offersTls13(config);
    // RFC 8446, Section 5: dropped between the first ClientHello and the peer's Finished, if it is the single byte 1.
    const isDue = isTls12
      ? state?.takeChangeCipherSpec !== undefined
      : (this.#helloSeen || this.#awaitsSecondHello) && !this.connected;
    if (!isDue) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER",
        "Cannot take change_cipher_spec: none is due",
      );
    }
    if (fragment.length !== 1 || fragment[0] !== 1) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CHANGE_CIPHER",
        "Cannot take change_cipher_spec: it is not the single byte 1",
      );
    }
    this.#refuseInterleaving();
    if (isTls12) this.#state = state!.takeChangeCipherSpec!(this.#hs);
    else this.#floods.countEmptyRecord();
  }

  /** RFC 8446, Section 5.1: between the fragments of a handshake message there MUST NOT be other records. */
  #refuseInterleaving(): void {
    if (!this.#read.joiner.pending) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      "Cannot take record: it interrupts a handshake message",
    );
  }

  #handshakeOutput(): HandshakeOutput {
    return {
      sendMessage: (message) => {
        // RFC 8446, Section 6.1: nothing follows a close_notify, nor a fatal alert, however long it was under way.
        if (this.#writeClosed || this.#error !== null) return;
        this.#endPeersFlight();
        if (this.#filter === undefined) return this.#write.writeHandshake(message);
        const body = message.subarray(4);
        for (const replaced of this.#filter({ type: message[0]!, body, raw: message })) {
          this.#write.writeHandshake(replaced);
        }
      },
      sendChangeCipherSpec: () => {
        if (this.#sentChangeCipherSpec || this.#writeClosed || this.#error !== null) return;
        this.#endPeersFlight();
        this.#sentChangeCipherSpec = true;
        this.#write.writeChangeCipherSpec();
      },
      limitRecords: (send, receive) => {
        this.#write.recordSizeLimit = send;
        this.#read.recordSizeLimit = receive;
      },
      installReadSpec: (spec: RecordProtection) => {
        this.#read.install(spec);
        this.#finishedDue = this.#renegotiating;
        this.#askedPeerToRenew = false;
      },
      installWriteSpec: (spec: RecordProtection) => this.#write.install(spec),
      emit: (event) => this.#take(event),
    };
  }

  #take(event: HandshakeEvent): void {
    switch (event.kind) {
      case "hello":
        this.#helloSeen = true;
        return;
      case "skipEarlyData":
        return this.#read.skipEarlyData(event.how);
      case "keyUpdate":
        this.#floods.countKeyUpdate();
        if (event.requestUpdate) this.#answerDue = true;
        return;
      case "newSessionTicket":
        return this.#floods.countNewSessionTicket();
      case "declineRenegotiation":
        return this.#declineRenegotiation();
      case "ignored":
        return this.#floods.countEmptyRecord();
      case "renegotiation":
        return this.#beginRenegotiation(event.byPeer);
      case "renegotiationDeclined":
        this.#renegotiating = false;
        this.#refuseAgain(errorFromAlert(alertCode("no_renegotiation")));
        return this.#onProgress();
      case "reauthenticated":
        this.#negotiated = event.negotiated;
        this.#answeredLate = this.#again === null;
        return this.#completeAgain();
      case "shown":
        this.#negotiated = event.negotiated;
        return;
      case "connected":
        if (this.connected) {
          this.#renegotiating = this.#finishedDue = false;
          this.#completeAgain();
          this.#onProgress();
        }
        this.#keys = event.keys;
        this.#negotiated = event.negotiated;
        this.#floods.resetEmptyRecords();
        this.#ticketsReady = event.tickets.then(
          (tickets) => {
            if (!this.#hs.session.invalidated) this.#tickets = tickets;
          },
          () => {}, // a connection without tickets is a good connection
        );
    }
  }

  /** RFC 5246, Section 7.2.2: no_renegotiation is a warning, and the connection goes on. */
  #declineRenegotiation(): void {
    this.#floods.countEmptyRecord();
    if (!this.#writeClosed) this.#writeAlert(ALERT_LEVELS.warning, alertCode("no_renegotiation"));
  }

  #beginRenegotiation(byPeer: boolean): void {
    if (byPeer) this.#floods.countRenegotiation();
    this.#again ??= unheeded();
    this.#renegotiating = true;
    this.#sentChangeCipherSpec = false;
  }

  #askPeerToRenew(): void {
    if (this.#askedPeerToRenew || !this.#keys?.renewable) return;
    if (this.#read.protection.recordsLeft > PEER_KEY_RENEWAL_MARGIN) return;
    this.#askedPeerToRenew = true;
    this.keyUpdate(true).catch(() => {}); // the error stays with the engine
  }

  #throwIfFailed(): void {
    if (this.#error !== null) throw this.#error;
  }

  /** Remembers the first error and queues its alert. */
  #fail(cause: unknown): SslError {
    if (this.#error !== null) return this.#error;
    const error = toSslError(cause);
    this.#error = error;
    this.#refuseAgain(error);
    // A client that has said nothing yet has nobody to tell.
    const heard = this.#helloSeen || this.#hs.config.role === "server";
    if (error.alert !== null && !this.#writeClosed && heard) {
      this.#writeAlert(ALERT_LEVELS.fatal, alertCode(error.alert));
    }
    return error;
  }

  #writeAlert(level: number, description: number): void {
    this.#write.writeRecord(ContentType.alert, new Uint8Array([level, description]));
    this.#onAlert("sent", alertOf(level, description));
  }
}

function notComplete(): SslError {
  return new SslError(
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    "Cannot begin another handshake: the one before is not complete",
  );
}

/** A promise that need not be waited for. */
function unheeded(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

function endOfFile(message: string, origin: "local" | "peer" = "local"): SslError {
  return new SslError("PR_END_OF_FILE_ERROR", message, { origin });
}
