// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { SslError } from "../base/errors.ts";
import type { Role } from "../config/import_options.ts";
import { Transcript } from "../crypto/transcript.ts";
import { channelInfo, preliminaryChannelInfo } from "../handshake/channel_info.ts";
import type { HandshakeContext, ReHandshakeRequest } from "../handshake/handshake.ts";
import type { Negotiated } from "../handshake/negotiated.ts";
import type { ConnectionKeys } from "../handshake/output.ts";
import { NO_PROGRESS, type Progress } from "../handshake/progress.ts";
import { newSessionHandle } from "../session/session_handle.ts";
import { ContentType } from "../tables/content_types.ts";
import { TLS_1_3 } from "../tables/versions.ts";
import { CommonState } from "./common_state.ts";
import type { EngineOptions } from "./engine_options.ts";
import { HandshakeDriver, restartOf } from "./handshake_driver.ts";
import { EngineOutput } from "./handshake_output.ts";
import { KeyUpdates } from "./key_updates.ts";
import {
  closeReading,
  closeWriting,
  handshakeCutOff,
  handshakeOf,
  isHandshaking,
  isOpen,
  isRenegotiating,
  requireHandshake,
  takesApplicationData,
  unexpectedData,
} from "./phase.ts";
import type { OpenedRecord } from "./read_half.ts";
import {
  beginRehandshake,
  giveUpRehandshake,
  takeUnreportedAuthentication,
} from "./rehandshake.ts";
import { sessionForgetter, SessionTickets } from "./session_tickets.ts";

export type { AlertDirection } from "./alert_protocol.ts";
export type { EngineOptions, MessageFilter } from "./engine_options.ts";

/**
 * The default number of records that are sealed concurrently. Twice as many are opened: a chunk of
 * the transport; and as many of the next chunk.
 */
export const DEFAULT_WINDOW = 8;
/** The maximum number of records that are sealed concurrently: more delays the event loop. */
export const MAX_WINDOW = 16;

/**
 * Application data of so many bytes has arrived if the peer has answered: every TCP window takes
 * it.
 */
export const SURELY_ARRIVED = 32_768;

/**
 * A TLS connection without its transport: bytes of the peer go in, bytes for the peer come out.
 *
 * - In: {@linkcode SslEngine.receive} splits the bytes into records and opens them, and passes
 *   handshake messages to the states, alerts to the alert protocol, and application data to
 *   {@linkcode SslEngine.takeApplicationData}.
 * - Out: {@linkcode SslEngine.send} and the states seal and queue records, which
 *   {@linkcode SslEngine.takeOutput} returns.
 */
export class SslEngine {
  readonly #common: CommonState;
  readonly #handshake: HandshakeDriver;
  readonly #keyUpdates: KeyUpdates;
  readonly #tickets = new SessionTickets();
  readonly #window: number;
  /** The number of bytes of application data that have been sent. */
  #sent = 0;
  /** The same at the time when application data of the peer has last come. */
  #answered = 0;

  /** Creates an engine; {@linkcode SslEngine.start} begins the handshake. */
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
      earlyWrite = null,
    }: EngineOptions,
  ) {
    const { role, hostname, peerId, context } = config;
    const common = this.#common = new CommonState(
      role,
      onProgress,
      onAlert,
      () => environment.now(),
    );
    const tickets = this.#tickets;
    const keyUpdates = this.#keyUpdates = new KeyUpdates(common);
    this.#window = Math.min(Math.max(window ?? DEFAULT_WINDOW, 1), MAX_WINDOW);
    this.#handshake = new HandshakeDriver(common, {
      config,
      hooks,
      peerAddress,
      environment,
      output: new EngineOutput({ common, keyUpdates, tickets, filter: messageFilter }),
      transcript: new Transcript(),
      progress: NO_PROGRESS,
      session: newSessionHandle(),
      established: null,
      earlyWrite,
      earlyRead: null,
      // The role and the peer do not change after the start.
      latestConfig: () => ({ ...latestConfig(), role, hostname, peerId, context }),
      restart: restartOf(role),
    });
  }

  get #openWindow(): number {
    return 2 * this.#window;
  }

  /** Whether this end is the client or the server. */
  get role(): Role {
    return this.#common.role;
  }

  /** Whether the first handshake is complete. */
  get connected(): boolean {
    return handshakeOf(this.#common.phase) !== null;
  }

  /** The error that ended the connection, which every later call throws; `null` without one. */
  get error(): SslError | null {
    const { phase } = this.#common;
    return phase.kind === "failed" ? phase.error : null;
  }

  /** Whether the peer sends no more: its close_notify came, or a permitted truncation. */
  get readClosed(): boolean {
    return !isOpen(this.#common.phase, "reading");
  }

  /** Whether this end has sent close_notify. */
  get writeClosed(): boolean {
    return !isOpen(this.#common.phase, "writing");
  }

  /** Whether this end has sent application data. */
  get hasSent(): boolean {
    return this.#sent > 0;
  }

  /** Whether a reset of the connection could destroy application data on its way to the peer. */
  get mayLoseData(): boolean {
    return this.#sent > (this.#answered === this.#sent ? SURELY_ARRIVED : 0);
  }

  /** Whether much application data has been sent, and none has come since. */
  get unanswered(): boolean {
    return this.#sent > SURELY_ARRIVED && this.#answered !== this.#sent;
  }

  /** Whether the first session ticket of a server of TLS 1.3 has not come. */
  get awaitsTicket(): boolean {
    return this.role === "client" && !this.#tickets.received &&
      handshakeOf(this.#common.phase)?.negotiated.version === TLS_1_3;
  }

  /** Whether the peer's bytes so far end in the middle of a record or a handshake message. */
  get partial(): boolean {
    return this.#common.read.partial;
  }

  /** The number of bytes of application data that have been received and not yet taken. */
  get pendingLength(): number {
    return this.#common.read.applicationData.length;
  }

  /** The memory in bytes that this data takes. */
  get pendingCost(): number {
    return this.#common.read.applicationData.cost;
  }

  /** Whether there are records to send, sealed or not. */
  get hasOutput(): boolean {
    return !this.#common.write.empty;
  }

  /** Whether more than half a window of records is queued. */
  get congested(): boolean {
    return this.#common.write.queued > this.#window / 2;
  }

  /** Settles when the session tickets that this end is to send exist. */
  get ticketsReady(): Promise<void> {
    return this.#tickets.ready;
  }

  /** Whether a TLS 1.2 connection is being renegotiated; this end sends no application data. */
  get renegotiating(): boolean {
    return isRenegotiating(this.#common.phase);
  }

  /**
   * The result of the last complete handshake.
   *
   * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the first is complete.
   */
  get negotiated(): Negotiated {
    return requireHandshake(this.#common.phase, "tell").negotiated;
  }

  /** The public form of {@linkcode SslEngine.negotiated}. */
  get channelInfo(): ChannelInfo {
    return channelInfo(this.negotiated);
  }

  /** What the current handshake, or else the last one, has negotiated so far. */
  get preliminaryChannelInfo(): PreliminaryChannelInfo {
    const { progress, earlyWrite } = this.#handshake.context;
    return preliminaryChannelInfo(progress, earlyWrite);
  }

  /**
   * The progress that the application sees: that of the first handshake until it is complete, and
   * during a later one that of the last complete one.
   */
  get visible(): Progress {
    const { established, progress } = this.#handshake.context;
    return established?.progress ?? progress;
  }

  /** The early data of the handshake, sent or accepted. */
  get early(): Pick<HandshakeContext, "earlyRead" | "earlyWrite"> {
    return this.#handshake.context;
  }

  /** Whether application data can be sent. */
  get writable(): boolean {
    return this.connected || this.#common.writesEarly;
  }

  /** Begins the handshake: a client queues its ClientHello, a server waits for one. */
  start(): Promise<void> {
    return this.#handshake.start();
  }

  /**
   * Begins to open the records of the bytes that follow those which
   * {@linkcode SslEngine.receive} is processing.
   *
   * @param chunk The bytes; the caller passes them to `receive` next, unchanged.
   * @returns Whether it has begun.
   */
  receiveEarly(chunk: Uint8Array<ArrayBuffer>): boolean {
    const { phase, read } = this.#common;
    return phase.kind === "connected" && !this.readClosed &&
      read.pushEarly(chunk, 2 * this.#openWindow);
  }

  /**
   * Processes bytes of the peer.
   *
   * @param chunk The bytes, which may be reused when the promise settles; `null` for those that
   * {@linkcode SslEngine.receiveEarly} has begun with.
   * @returns A promise that settles when all bytes have been processed.
   * @throws {SslError} The error that ended the connection; its alert is queued.
   */
  async receive(chunk: Uint8Array<ArrayBuffer> | null): Promise<void> {
    const common = this.#common;
    const { read } = common;
    common.throwIfFailed();
    if (this.readClosed) return; // RFC 8446, Section 6.1: data after close_notify is ignored
    try {
      if (chunk === null) read.startEarly();
      else read.push(chunk);
      for (;;) {
        const record = await read.next(this.#readWindow);
        if (record === null) break;
        if (record.type === ContentType.applicationData) this.#takeApplicationRecord(record);
        else await this.#takeRecord(record);
        if (this.readClosed) return;
      }
      const check = common.takeCheck();
      if (check !== null) await check;
      read.finishChunk();
    } catch (error) {
      throw common.fail(await common.refusalOr(error));
    }
    this.#keyUpdates.askPeerInTime(this.#handshake.context.output);
  }

  /**
   * The number of records to open at once. A server's flight is often several; before its
   * handshake is complete a server has one, since what follows a client's flight has other keys.
   */
  get #readWindow(): number {
    if (this.connected) return this.#openWindow;
    return this.role === "client" && this.#common.read.protection.encrypts ? this.#window : 1;
  }

  #takeApplicationRecord({ fragment, inClear }: OpenedRecord): void {
    const { phase, read, floods } = this.#common;
    if (inClear || !takesApplicationData(phase)) {
      const { earlyRead } = this.early;
      if (inClear || earlyRead === null || this.connected) throw unexpectedData();
      earlyRead.count(fragment.length);
    }
    read.refuseInterleaving();
    if (fragment.length === 0) return floods.countEmptyRecord();
    floods.takeData(fragment.length);
    this.#answered = this.#sent;
    read.applicationData.push(fragment);
  }

  async #takeRecord({ type, fragment, inClear }: OpenedRecord): Promise<void> {
    switch (type) {
      case ContentType.handshake:
        return await this.#handshake.takeRecord(fragment);
      case ContentType.alert:
        return this.#takeAlert(fragment);
      case ContentType.changeCipherSpec:
        if (inClear || this.renegotiating) return this.#handshake.takeChangeCipherSpec(fragment);
    }
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      `Cannot take record: type ${type} has no place here`,
    );
  }

  #takeAlert(fragment: Uint8Array<ArrayBuffer>): void {
    const common = this.#common;
    const alert = common.alerts.receive(fragment, this.#handshake.context);
    if (alert === "close_notify") {
      common.phase = closeReading(common.phase, handshakeCutOff("peer"));
      return;
    }
    common.read.refuseInterleaving();
    common.floods.countWarningAlert();
    if (alert === "no_renegotiation") this.#handshake.takeNoRenegotiation();
  }

  /**
   * Processes the end of the transport's bytes.
   *
   * @throws {SslError} `PR_END_OF_FILE_ERROR` unless the peer's close_notify came first, or the
   * configuration allows truncation and it is not in the middle of a record or a message.
   */
  receiveEof(): void {
    const common = this.#common;
    common.throwIfFailed();
    if (this.readClosed) return;
    if (isHandshaking(common.phase)) throw common.fail(handshakeCutOff("local"));
    // Not in the middle of a record or a message.
    if (this.#handshake.context.config.allowTruncation && !common.read.partial) {
      common.phase = closeReading(common.phase, handshakeCutOff("local"));
      return;
    }
    throw common.fail(
      new SslError(
        "PR_END_OF_FILE_ERROR",
        "Cannot read on: the connection ended without close_notify, so data may be missing; " +
          "where the protocol itself marks the end of its data, allowTruncation accepts such an end",
      ),
    );
  }

  /** Removes the next application data, which the caller then owns; `null` if there is none. */
  takeApplicationData(): Uint8Array<ArrayBuffer> | null {
    const taken = this.#common.read.applicationData.take();
    this.early.earlyRead?.taken(taken?.length ?? 0);
    return taken;
  }

  /** Copies and removes application data, as much as there is and fits; returns the length. */
  readApplicationData(into: Uint8Array): number {
    const count = this.#common.read.applicationData.read(into);
    this.early.earlyRead?.taken(count);
    return count;
  }

  /**
   * Seals application data until the window is full.
   *
   * @returns The number of bytes that were sealed; the caller sends the rest when output has left.
   */
  send(data: Uint8Array<ArrayBuffer>): number {
    const { output } = this.#handshake.context;
    this.#common.throwIfFailed();
    this.#keyUpdates.answer(output);
    if (this.#keyUpdates.underWay || this.renegotiating) return 0;
    if (data.length > 0) this.#sendTickets();
    const taken = this.#common.write.writeApplicationData(data, this.#window);
    this.#sent += taken;
    this.#keyUpdates.renewInTime(output);
    return taken;
  }

  /**
   * Returns and removes the next bytes for the peer.
   *
   * @returns The bytes, valid until the next call; `null` if there are none.
   */
  async takeOutput(): Promise<Uint8Array<ArrayBuffer> | null> {
    const { write } = this.#common;
    try {
      return await write.take();
    } catch (error) {
      write.clear();
      throw this.#common.fail(error);
    }
  }

  /** Releases buffers that an idle connection does not need. */
  releaseBuffers(): void {
    this.#common.write.releaseBuffer();
  }

  /** Queues a close_notify, unless one has been sent or the connection has failed. */
  close(): void {
    const common = this.#common;
    if (common.phase.kind === "failed" || this.writeClosed) return;
    if (this.readClosed) this.#sendTickets();
    common.phase = closeWriting(common.phase);
    common.alerts.sendWarning("close_notify");
  }

  #sendTickets(): void {
    for (const ticket of this.#tickets.take()) this.#handshake.context.output.sendMessage(ticket);
  }

  /** Ends the connection with an error of this end, and queues its alert, if it has one. */
  abort(error: SslError): void {
    this.#common.fail(error);
  }

  /**
   * Begins another handshake (RFC 5746; RFC 8446, Section 4.6.2); {@linkcode SslEngine.rehandshake}
   * settles when it is complete.
   *
   * @param request The kind of handshake.
   * @returns `forgotten`, which settles when the session is forgotten, if none is to be resumed.
   * @throws {SslError} If another handshake is not possible, and the connection continues; or if a
   * renegotiation that has begun fails, which ends the connection.
   */
  beginReHandshake(request: ReHandshakeRequest): Promise<{ readonly forgotten: Promise<void> }> {
    const forget = sessionForgetter(this.#handshake.context, this.#tickets, "cached");
    return beginRehandshake(this.#common, this.#handshake, request, forget);
  }

  /**
   * Settles when a handshake after the first one is complete or has been given up, while the caller
   * goes on receiving; `null` if there is none.
   */
  get rehandshake(): Promise<void> | null {
    const { phase } = this.#common;
    return phase.kind === "rehandshaking" ? phase.done.promise : null;
  }

  /** Stops waiting for a handshake that the peer has not begun. */
  giveUpReHandshake(error: SslError): void {
    this.#common.phase = giveUpRehandshake(this.#common.phase, error);
  }

  /**
   * Returns whether a client has authenticated itself after its post-handshake request was given
   * up, and the application is to be told; `true` once.
   */
  takeUnreportedAuthentication(): boolean {
    return takeUnreportedAuthentication(this.#common);
  }

  /**
   * Sends a KeyUpdate and renews the write key.
   *
   * @param requestUpdate Whether to ask the peer for a KeyUpdate, too.
   * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete,
   * `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` in TLS 1.2.
   */
  keyUpdate(requestUpdate: boolean): Promise<void> {
    return this.#keyUpdates.send(requestUpdate, this.#handshake.context.output);
  }

  /**
   * Forgets the session of this connection, and sends no more tickets.
   *
   * @returns A promise that settles when caches outside of the process have forgotten it, too.
   */
  invalidateSession(): Promise<void> {
    return sessionForgetter(this.#handshake.context, this.#tickets, "given out")();
  }

  /** The keys, from which keying material is exported (RFC 8446, Section 7.5; RFC 5705). */
  get exporter(): ConnectionKeys {
    return requireHandshake(this.#common.phase, "export keying material").keys;
  }
}
