// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { SslError } from "../base/errors.ts";
import type { Role } from "../config/import_options.ts";
import { Transcript } from "../crypto/transcript.ts";
import { channelInfo, preliminaryChannelInfo } from "../handshake/channel_info.ts";
import { restartClient } from "../handshake/client/start.ts";
import type { ReHandshakeRequest } from "../handshake/handshake.ts";
import type { Negotiated } from "../handshake/negotiated.ts";
import { NO_PROGRESS, type Progress } from "../handshake/progress.ts";
import { startServer } from "../handshake/server/start.ts";
import { newSessionHandle } from "../session/session_handle.ts";
import { ContentType } from "../tables/content_types.ts";
import { CommonState } from "./common_state.ts";
import type { EngineOptions } from "./engine_options.ts";
import { HandshakeDriver } from "./handshake_driver.ts";
import { handshakeOutput } from "./handshake_output.ts";
import { KeyUpdates } from "./key_updates.ts";
import {
  closeReading,
  closeWriting,
  handshakeOf,
  isHandshaking,
  isOpen,
  isRenegotiating,
  requireHandshake,
  takesApplicationData,
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

/** How many records are sealed or opened at once. */
export const DEFAULT_WINDOW = 8;
/** More than this gains nothing and delays the event loop. */
export const MAX_WINDOW = 16;

/**
 * One TLS connection apart from its transport: the peer's bytes go in, bytes for the peer come out.
 *
 * - In: {@linkcode SslEngine.receive} has the receiving half cut and open records, and sorts them:
 *   handshake messages to the states, alerts to the alert protocol, application data to whom reads.
 * - Out: {@linkcode SslEngine.send} and the states have the sending half seal and queue records,
 *   which leave by {@linkcode SslEngine.takeOutput}.
 */
export class SslEngine {
  readonly #common: CommonState;
  readonly #handshake: HandshakeDriver;
  readonly #keyUpdates: KeyUpdates;
  readonly #tickets = new SessionTickets();
  readonly #window: number;

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
    const common = this.#common = new CommonState(role, onProgress, onAlert);
    const tickets = this.#tickets;
    const keyUpdates = this.#keyUpdates = new KeyUpdates(common);
    this.#window = Math.min(Math.max(window ?? DEFAULT_WINDOW, 1), MAX_WINDOW);
    this.#handshake = new HandshakeDriver(common, {
      config,
      hooks,
      peerAddress,
      environment,
      output: handshakeOutput({ common, keyUpdates, tickets, filter: messageFilter }),
      transcript: new Transcript(),
      progress: NO_PROGRESS,
      session: newSessionHandle(),
      established: null,
      // Which end this is, and whom it talks to, does not change any more.
      latestConfig: () => ({ ...latestConfig(), role, hostname, peerId, context }),
      restart: role === "client" ? restartClient : startServer,
    });
  }

  /** Which end this is. */
  get role(): Role {
    return this.#common.role;
  }

  /** Whether the handshake is complete. */
  get connected(): boolean {
    return handshakeOf(this.#common.phase) !== null;
  }

  /** The error that ended the connection; every later call meets it again. */
  get error(): SslError | null {
    const { phase } = this.#common;
    return phase.kind === "failed" ? phase.error : null;
  }

  /** Whether the peer has said that it sends no more. */
  get readClosed(): boolean {
    return !isOpen(this.#common.phase, "reading");
  }

  /** Whether this end has said that it sends no more. */
  get writeClosed(): boolean {
    return !isOpen(this.#common.phase, "writing");
  }

  /** The bytes of application data that have been read and not been taken. */
  get pendingLength(): number {
    return this.#common.read.pendingLength;
  }

  /** Whether sealed or unsealed records wait to leave. */
  get hasOutput(): boolean {
    return !this.#common.write.empty;
  }

  /** Whether more than half a window of records waits to leave. */
  get congested(): boolean {
    return this.#common.write.queued > this.#window / 2;
  }

  /** Settles when the session tickets that leave with the first application data are made. */
  get ticketsReady(): Promise<void> {
    return this.#tickets.ready;
  }

  /** Whether a TLS 1.2 connection is being renegotiated: this end's application data waits. */
  get renegotiating(): boolean {
    return isRenegotiating(this.#common.phase);
  }

  /**
   * What the last complete handshake has negotiated.
   *
   * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before there is one.
   */
  get negotiated(): Negotiated {
    return requireHandshake(this.#common.phase, "tell").negotiated;
  }

  /** The same, as an application sees it. */
  get channelInfo(): ChannelInfo {
    return channelInfo(this.negotiated);
  }

  /** What the handshake that is under way, or else the last one, has negotiated so far. */
  get preliminaryChannelInfo(): PreliminaryChannelInfo {
    return preliminaryChannelInfo(this.#handshake.context.progress);
  }

  /**
   * What the connection shows of itself: of a first handshake whatever there is, and during another
   * one what was before it.
   */
  get visible(): Progress {
    const { established, progress } = this.#handshake.context;
    return established?.progress ?? progress;
  }

  /** Begins the handshake: a client's hello is queued, a server waits for one. */
  start(): Promise<void> {
    return this.#handshake.start();
  }

  /**
   * Takes bytes from the peer, and returns when all of them have had their effect.
   *
   * @param chunk The bytes; not kept, may be reused when the promise settles.
   * @throws {SslError} The error that ended the connection; its alert is queued.
   */
  async receive(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    const common = this.#common;
    const { read } = common;
    common.throwIfFailed();
    if (this.readClosed) return; // RFC 8446, Section 6.1: data after close_notify is ignored
    try {
      read.push(chunk);
      for (;;) {
        const record = await read.next(this.connected ? this.#window : 1);
        if (record === null) break;
        if (record.type === ContentType.applicationData) this.#takeApplicationRecord(record);
        else await this.#takeRecord(record);
        if (this.readClosed) return;
      }
      read.finishChunk();
    } catch (error) {
      throw common.fail(error);
    }
    this.#keyUpdates.askPeerInTime(this.#handshake.context.output);
  }

  #takeApplicationRecord({ fragment, inClear }: OpenedRecord): void {
    const { phase, read, floods } = this.#common;
    if (inClear || !takesApplicationData(phase)) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA",
        "Cannot take application data: the handshake is not complete",
      );
    }
    read.refuseInterleaving();
    if (fragment.length === 0) return floods.countEmptyRecord();
    floods.reset();
    read.pushApplicationData(fragment);
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
   * Takes the end of the transport's bytes.
   *
   * @throws {SslError} `PR_END_OF_FILE_ERROR` unless the peer's close_notify came first.
   */
  receiveEof(): void {
    const common = this.#common;
    common.throwIfFailed();
    if (this.readClosed) return;
    if (isHandshaking(common.phase)) throw common.fail(handshakeCutOff("local"));
    // Half a record is a truncation for whoever may end as it likes, too.
    if (this.#handshake.context.config.allowTruncation && !common.read.partial) {
      common.phase = closeReading(common.phase, handshakeCutOff("local"));
      return;
    }
    throw common.fail(
      new SslError(
        "PR_END_OF_FILE_ERROR",
        "Cannot read on: the connection ended without close_notify, the data may be truncated",
      ),
    );
  }

  /**
   * The next application data, in the pieces that the peer's records had.
   *
   * @param limit The most bytes to take.
   * @returns The bytes, the caller's to keep; `null` when there are none for now.
   */
  takeApplicationData(limit = Infinity): Uint8Array<ArrayBuffer> | null {
    return this.#common.read.takeApplicationData(limit);
  }

  /**
   * Seals application data, as much as the window takes.
   *
   * @returns How many bytes were taken; the rest is for a later call, after output has been taken.
   */
  send(data: Uint8Array<ArrayBuffer>): number {
    const { output } = this.#handshake.context;
    this.#common.throwIfFailed();
    this.#keyUpdates.answer(output);
    if (this.#keyUpdates.underWay || this.renegotiating) return 0;
    for (const ticket of this.#tickets.take()) output.sendMessage(ticket);
    const taken = this.#common.write.writeApplicationData(data, this.#window);
    this.#keyUpdates.renewInTime(output);
    return taken;
  }

  /**
   * The next bytes for the peer.
   *
   * @returns The bytes, valid until the next call; `null` when there are none.
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

  /** Queues a close_notify, once. */
  close(): void {
    const common = this.#common;
    if (common.phase.kind === "failed" || this.writeClosed) return;
    common.phase = closeWriting(common.phase);
    common.alerts.sendWarning("close_notify");
  }

  /** Ends the connection for a reason of this end's own; the error's alert leaves, if any. */
  abort(error: SslError): void {
    this.#common.fail(error);
  }

  /**
   * Begins another handshake (RFC 5746; RFC 8446, Section 4.6.2); {@linkcode SslEngine.rehandshake}
   * says when it is complete.
   *
   * @param request What it is to be like.
   * @returns `forgotten`: when the session so far is, where no session is to be resumed.
   * @throws {SslError} If the connection has no such thing: it goes on as it was.
   */
  beginReHandshake(request: ReHandshakeRequest): Promise<{ readonly forgotten: Promise<void> }> {
    const forget = sessionForgetter(this.#handshake.context, this.#tickets);
    return beginRehandshake(this.#common, this.#handshake, request, forget);
  }

  /**
   * Settles when the handshake that follows a complete one is complete, too, or will not be; what
   * the peer sends has to be received meanwhile. `null` where there is none.
   */
  get rehandshake(): Promise<void> | null {
    const { phase } = this.#common;
    return phase.kind === "rehandshaking" ? phase.done.promise : null;
  }

  /** No longer waits for a handshake that the peer has not begun. */
  giveUpReHandshake(error: SslError): void {
    this.#common.phase = giveUpRehandshake(this.#common.phase, error);
  }

  /**
   * Whether a client has authenticated itself after the handshake though its request had been given
   * up, and the application is still to be told; says so once.
   */
  takeUnreportedAuthentication(): boolean {
    return takeUnreportedAuthentication(this.#common);
  }

  /**
   * Sends a KeyUpdate and renews the write key, once the handshake is complete; asks the peer for
   * the same where `requestUpdate`.
   */
  keyUpdate(requestUpdate: boolean): Promise<void> {
    return this.#keyUpdates.send(requestUpdate, this.#handshake.context.output);
  }

  /**
   * Forgets the session of this connection, and hands out no more tickets to it; at once, but for
   * caches outside the process.
   */
  invalidateSession(): Promise<void> {
    return sessionForgetter(this.#handshake.context, this.#tickets)();
  }

  /** Derives bytes that both ends know and nobody else (RFC 8446, Section 7.5). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { keys } = requireHandshake(this.#common.phase, "export keying material");
    return keys.exportKeyingMaterial(label, context, length);
  }
}

/** The end of the connection, to a handshake that it keeps from being complete. */
function handshakeCutOff(origin: "local" | "peer"): SslError {
  return new SslError(
    "PR_END_OF_FILE_ERROR",
    "Cannot complete handshake: the peer closed the connection",
    { origin },
  );
}
