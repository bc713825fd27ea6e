// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The phases of a connection, and how one leads to the next.
 *
 * ```text
 * handshaking -> connected <-> rehandshaking
 *                connected  -> closed            both ends have sent close_notify
 * any of these   -> failed
 * ```
 *
 * What begins and ends a rehandshake is in `rehandshake.ts`.
 *
 * @module
 */

import { SslError } from "../base/errors.ts";
import type { Negotiated } from "../handshake/negotiated.ts";
import type { ConnectionKeys } from "../handshake/output.ts";

/** A direction of the data, as this end sees it. */
export type Direction = "reading" | "writing";

/** Before the first handshake is complete. */
export interface Handshaking {
  /** Names the phase. */
  readonly kind: "handshaking";
  /** Whether a ClientHello has been sent or received. */
  readonly helloSeen: boolean;
  /** Which directions no close_notify has closed; the peer's would end the handshake. */
  readonly open: "both" | "reading";
}

/** What the last complete handshake has left. */
export interface HandshakeComplete {
  /** What can be done with its keys. */
  readonly keys: ConnectionKeys;
  /** What it has negotiated, and what authentication after it has changed of that. */
  readonly negotiated: Negotiated;
  /**
   * Whether a client has authenticated itself after the handshake when nobody waited for it any
   * more, and the application has not been told.
   */
  readonly unreportedAuthentication: boolean;
}

/** Application data may come and go in the directions that are open. */
export interface Connected extends HandshakeComplete {
  /** Names the phase. */
  readonly kind: "connected";
  /** Which directions are open: each end closes one by close_notify (RFC 8446, Section 6.1). */
  readonly open: "both" | Direction;
}

/** A handshake that follows a complete one: renegotiation, or post-handshake authentication. */
export interface Rehandshaking extends HandshakeComplete {
  /** Names the phase. */
  readonly kind: "rehandshaking";
  /** Which directions no close_notify has closed; the peer's ends the rehandshake. */
  readonly open: "both" | "reading";
  /**
   * How far it is: this end has requested it, and application data comes and goes meanwhile; or a
   * TLS 1.2 connection is renegotiated, from which there is no way back; or the peer has changed
   * its keys in that and has to send its Finished.
   */
  readonly step: "requested" | "renegotiating" | "finished due";
  /** Settles when it is complete, or will not be. */
  readonly done: PromiseWithResolvers<void>;
}

/** Both ends have sent close_notify. */
export interface Closed extends HandshakeComplete {
  /** Names the phase. */
  readonly kind: "closed";
}

/** An error has ended the connection. */
export interface Failed {
  /** Names the phase. */
  readonly kind: "failed";
  /** The first error, which every later call meets. */
  readonly error: SslError;
  /** The phase that it met; what had come before the error can still be read. */
  readonly before: LivePhase;
}

/** A phase in which nothing has gone wrong. */
export type LivePhase = Handshaking | Connected | Rehandshaking | Closed;

/** What a connection is at, with all that is known there and nowhere else. */
export type Phase = LivePhase | Failed;

/** The phase of a new connection. */
export const NOT_CONNECTED: Handshaking = { kind: "handshaking", helloSeen: false, open: "both" };

/** The phase, or what it was before the connection failed. */
export function livePhase(phase: Phase): LivePhase {
  return phase.kind === "failed" ? phase.before : phase;
}

/** What the last complete handshake has left; `null` before the first is complete. */
export function handshakeOf(phase: Phase): HandshakeComplete | null {
  const live = livePhase(phase);
  return live.kind === "handshaking" ? null : live;
}

/**
 * What the last complete handshake has left.
 *
 * @param purpose What it is for.
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

/** Whether no close_notify has closed a direction. */
export function isOpen(phase: Phase, direction: Direction): boolean {
  const live = livePhase(phase);
  return live.kind !== "closed" && (live.open === "both" || live.open === direction);
}

/** Whether a TLS 1.2 connection is being renegotiated. */
export function isRenegotiating(phase: Phase): boolean {
  const live = livePhase(phase);
  return live.kind === "rehandshaking" && live.step !== "requested";
}

/** Whether a handshake is under way whose end the connection cannot do without. */
export function isHandshaking(phase: Phase): boolean {
  return livePhase(phase).kind === "handshaking" || isRenegotiating(phase);
}

/** Whether the peer may send application data: in a renegotiation under the old keys only. */
export function takesApplicationData(phase: Phase): boolean {
  const live = livePhase(phase);
  return live.kind !== "handshaking" &&
    !(live.kind === "rehandshaking" && live.step === "finished due");
}

/** A ClientHello has been sent or received. */
export function seeHello(phase: Phase): Phase {
  return phase.kind === "handshaking" ? { ...phase, helloSeen: true } : phase;
}

/** The peer's Finished has been verified, and the new keys are in use. */
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

/** A rehandshake that is under way will not be complete: the connection goes on as it was. */
export function refuseRehandshake(phase: Phase, error: unknown): Phase {
  if (phase.kind !== "rehandshaking") return phase;
  phase.done.reject(error);
  return afterRehandshake(phase);
}

/** What a rehandshake leads to, once it is settled. */
export function afterRehandshake(
  { keys, negotiated, unreportedAuthentication, open }: Rehandshaking,
): Connected {
  return { kind: "connected", keys, negotiated, unreportedAuthentication, open };
}

/**
 * The peer sends no more.
 *
 * @param error What it means for a handshake that is under way.
 * @throws {SslError} The error, if that is one that the connection cannot do without.
 */
export function closeReading(phase: Phase, error: SslError): Phase {
  // What came before an error is still read, and so is the end of it.
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

/** This end sends no more. */
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

/** Something went wrong, which ends all that is under way. */
export function fail(phase: LivePhase, error: SslError): Failed {
  if (phase.kind === "rehandshaking") phase.done.reject(error);
  return { kind: "failed", error, before: phase };
}
