// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The phases of a connection and their transitions.
 *
 * ```text
 * handshaking -> connected <-> rehandshaking
 *                connected  -> closed            both ends have sent close_notify
 * any of these   -> failed
 * ```
 *
 * The transitions that begin and end a rehandshake are in `rehandshake.ts`.
 *
 * @module
 */

import type { Deferred } from "../../cert/base/runtime.ts";
import { SslError } from "../base/errors.ts";
import type { Negotiated } from "../handshake/negotiated.ts";
import type { ConnectionKeys } from "../handshake/output.ts";

/** A direction of the data, seen from this end. */
export type Direction = "reading" | "writing";

/** The phase before the first handshake is complete. */
export interface Handshaking {
  /** Names the phase. */
  readonly kind: "handshaking";
  /** Whether a ClientHello has been sent or received. */
  readonly helloSeen: boolean;
  /** The open directions; a close_notify of the peer is an error in this phase. */
  readonly open: "both" | "reading";
}

/** The result of the last complete handshake. */
export interface HandshakeComplete {
  /** The operations on its keys. */
  readonly keys: ConnectionKeys;
  /** What it has negotiated, updated by post-handshake authentication. */
  readonly negotiated: Negotiated;
  /**
   * Whether a client has authenticated itself after its post-handshake request was given up, and
   * the application has not been told.
   */
  readonly unreportedAuthentication: boolean;
}

/** The phase of application data. */
export interface Connected extends HandshakeComplete {
  /** Names the phase. */
  readonly kind: "connected";
  /** The open directions: each end closes one by close_notify (RFC 8446, Section 6.1). */
  readonly open: "both" | Direction;
}

/** The phase of a later handshake: renegotiation, or post-handshake authentication. */
export interface Rehandshaking extends HandshakeComplete {
  /** Names the phase. */
  readonly kind: "rehandshaking";
  /** The open directions; a close_notify of the peer ends the rehandshake. */
  readonly open: "both" | "reading";
  /**
   * The step of the rehandshake: this end has requested it, and application data flows meanwhile;
   * or TLS 1.2 renegotiates, and a failure ends the connection; or, in a renegotiation, the peer
   * has changed its keys and has to send its Finished.
   */
  readonly step: "requested" | "renegotiating" | "finished due";
  /** Settles when it is complete or has been given up. */
  readonly done: Deferred<void>;
}

/** The phase after both ends have sent close_notify. */
export interface Closed extends HandshakeComplete {
  /** Names the phase. */
  readonly kind: "closed";
}

/** The phase after an error has ended the connection. */
export interface Failed {
  /** Names the phase. */
  readonly kind: "failed";
  /** The first error, which every later call throws. */
  readonly error: SslError;
  /** The phase before the error; data received before it can still be read. */
  readonly before: LivePhase;
}

/** A phase without an error. */
export type LivePhase = Handshaking | Connected | Rehandshaking | Closed;

/** The phase of a connection, with the state that exists only in that phase. */
export type Phase = LivePhase | Failed;

/** The phase of a new connection. */
export const NOT_CONNECTED: Handshaking = { kind: "handshaking", helloSeen: false, open: "both" };

/** Returns the phase, or the one before the connection failed. */
export function livePhase(phase: Phase): LivePhase {
  return phase.kind === "failed" ? phase.before : phase;
}

/** Returns the result of the last complete handshake; `null` before the first is complete. */
export function handshakeOf(phase: Phase): HandshakeComplete | null {
  const live = livePhase(phase);
  return live.kind === "handshaking" ? null : live;
}

/**
 * Returns the result of the last complete handshake.
 *
 * @param phase The phase.
 * @param purpose What the caller does with it, for the error message.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the first is complete.
 */
export function requireHandshake(phase: Phase, purpose: string): HandshakeComplete {
  const handshake = handshakeOf(phase);
  if (handshake !== null) return handshake;
  throw new SslError(
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    `Cannot ${purpose}: the handshake is not complete`,
  );
}

/** Returns whether a direction is open. */
export function isOpen(phase: Phase, direction: Direction): boolean {
  const live = livePhase(phase);
  return live.kind !== "closed" && (live.open === "both" || live.open === direction);
}

/** Returns whether a TLS 1.2 connection is being renegotiated. */
export function isRenegotiating(phase: Phase): boolean {
  const live = livePhase(phase);
  return live.kind === "rehandshaking" && live.step !== "requested";
}

/** Returns whether a handshake is in progress whose failure ends the connection. */
export function isHandshaking(phase: Phase): boolean {
  return livePhase(phase).kind === "handshaking" || isRenegotiating(phase);
}

/** Returns whether the peer may send application data: in a renegotiation under old keys only. */
export function takesApplicationData(phase: Phase): boolean {
  const live = livePhase(phase);
  return live.kind !== "handshaking" &&
    !(live.kind === "rehandshaking" && live.step === "finished due");
}

/** Records that a ClientHello has been sent or received. */
export function seeHello(phase: Phase): Phase {
  return phase.kind === "handshaking" ? { ...phase, helloSeen: true } : phase;
}

/** Completes a handshake: the peer's Finished is verified, and the new keys are in use. */
export function completeHandshake(
  phase: Phase,
  { keys, negotiated }: Pick<HandshakeComplete, "keys" | "negotiated">,
): Phase {
  switch (phase.kind) {
    case "handshaking":
      return {
        kind: "connected",
        keys,
        negotiated,
        open: phase.open,
        unreportedAuthentication: false,
      };
    case "rehandshaking":
      phase.done.resolve();
      return { ...afterRehandshake(phase), keys, negotiated };
    case "connected":
    case "closed":
      return { ...phase, keys, negotiated };
    case "failed":
      return phase;
  }
}

/** Ends a rehandshake that will not be complete; the connection continues. */
export function refuseRehandshake(phase: Phase, error: unknown): Phase {
  if (phase.kind !== "rehandshaking") return phase;
  phase.done.reject(error);
  return afterRehandshake(phase);
}

/** Returns the phase after a rehandshake. */
export function afterRehandshake(
  { keys, negotiated, unreportedAuthentication, open }: Rehandshaking,
): Connected {
  return { kind: "connected", keys, negotiated, unreportedAuthentication, open };
}

/**
 * Closes the reading direction.
 *
 * @param phase The phase.
 * @param error The error of a handshake in progress.
 * @throws {SslError} The error, if the failure of that handshake ends the connection.
 */
export function closeReading(phase: Phase, error: SslError): Phase {
  // Data received before an error is still read, up to the close_notify.
  if (phase.kind === "failed") return { ...phase, before: closeReadingOf(phase.before, error) };
  return closeReadingOf(phase, error);
}

function closeReadingOf(phase: LivePhase, error: SslError): LivePhase {
  switch (phase.kind) {
    case "handshaking":
      throw error;
    case "rehandshaking":
      if (phase.step !== "requested") throw error;
      phase.done.reject(error);
      return closeReadingOf(afterRehandshake(phase), error);
    case "connected":
      return phase.open === "reading" ? closed(phase) : { ...phase, open: "writing" };
    case "closed":
      return phase;
  }
}

/** Closes the writing direction. */
export function closeWriting(phase: LivePhase): LivePhase {
  switch (phase.kind) {
    case "handshaking":
    case "rehandshaking":
      return { ...phase, open: "reading" };
    case "connected":
      return phase.open === "writing" ? closed(phase) : { ...phase, open: "reading" };
    case "closed":
      return phase;
  }
}

function closed({ keys, negotiated, unreportedAuthentication }: Connected): Closed {
  return { kind: "closed", keys, negotiated, unreportedAuthentication };
}

/** Ends the connection, and a rehandshake in progress, with an error. */
export function fail(phase: LivePhase, error: SslError): Failed {
  if (phase.kind === "rehandshaking") phase.done.reject(error);
  return { kind: "failed", error, before: phase };
}

/** Creates the error of a handshake that the end of the connection interrupts. */
export function handshakeCutOff(origin: "local" | "peer"): SslError {
  return new SslError(
    "PR_END_OF_FILE_ERROR",
    "Cannot complete handshake: the peer closed the connection",
    { origin },
  );
}

/** Creates the error of application data that comes before its time. */
export function unexpectedData(): SslError {
  return new SslError(
    "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA",
    "Cannot take application data: the handshake is not complete",
  );
}
