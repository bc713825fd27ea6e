// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Handshakes after the first one: renegotiation in TLS 1.2 (RFC 5746), post-handshake
 * authentication in TLS 1.3 (RFC 8446, Section 4.6.2).
 *
 * ```text
 * requestRehandshake       this end requests one; the peer may decline or not answer
 * startRenegotiation       TLS 1.2: hellos are exchanged, at the request of either end
 * changeReadKeys           TLS 1.2: the peer's Finished is due
 * completeHandshake        TLS 1.2: in phase.ts, as for the first one
 * completeAuthentication   TLS 1.3: the client has answered, perhaps after it was given up
 * ```
 *
 * @module
 */

import { type Deferred, deferred } from "../../cert/base/runtime.ts";
import { SslError } from "../base/errors.ts";
import type { ReHandshakeRequest } from "../handshake/handshake.ts";
import type { Negotiated } from "../handshake/negotiated.ts";
import type { CommonState } from "./common_state.ts";
import type { HandshakeDriver } from "./handshake_driver.ts";
import {
  afterRehandshake,
  isRenegotiating,
  type Phase,
  refuseRehandshake,
  type Rehandshaking,
} from "./phase.ts";

/**
 * Begins another handshake.
 *
 * @param common The state of the engine.
 * @param handshake The driver of the handshake.
 * @param request The kind of handshake.
 * @param forget Forgets the current session.
 * @returns `forgotten`, which settles when the session is forgotten, if none is to be resumed.
 * @throws {SslError} If another handshake is not possible, and the connection continues; or if a
 * renegotiation that has begun fails, which ends the connection.
 */
export async function beginRehandshake(
  common: CommonState,
  handshake: HandshakeDriver,
  request: ReHandshakeRequest,
  forget: () => Promise<void>,
): Promise<{ readonly forgotten: Promise<void> }> {
  const { done } = common.phase = requestRehandshake(common.phase);
  let begun = false;
  try {
    await null; // an engine that calls the application now has its turn first
    await handshake.change((state) => {
      // Before this change of state, the peer may have closed the connection ...
      if (common.phase.kind !== "rehandshaking") return done.promise.then(() => state);
      // ... or have begun a handshake itself.
      if (state.reHandshake === undefined) throw notComplete();
      begun = true;
      return state.reHandshake(handshake.context, request);
    });
  } catch (error) {
    if (begun && isRenegotiating(common.phase)) throw common.fail(error);
    common.phase = giveUpRehandshake(common.phase, error);
    throw error;
  }
  common.onProgress();
  const forgotten = request.full ? forget() : Promise.resolve();
  forgotten.catch(() => {}); // awaited once the handshake is complete
  return { forgotten };
}

/**
 * Requests a rehandshake by this end.
 *
 * @throws {SslError} If the connection is not ready for one.
 */
export function requestRehandshake(phase: Phase): Rehandshaking {
  switch (phase.kind) {
    case "failed":
      throw phase.error;
    case "handshaking":
    case "rehandshaking":
      throw notComplete();
    case "closed":
      throw closing();
    case "connected":
      if (phase.open !== "both") throw closing();
      return { ...phase, kind: "rehandshaking", open: "both", step: "requested", done: settler() };
  }
}

/**
 * Starts a renegotiation in TLS 1.2, begun by either end.
 *
 * @throws {SslError} `PR_SOCKET_SHUTDOWN_ERROR` if the peer has sent close_notify.
 */
export function startRenegotiation(phase: Phase): Phase {
  switch (phase.kind) {
    case "rehandshaking":
      return { ...phase, step: "renegotiating" };
    case "connected":
      if (phase.open === "writing") throw closing();
      return {
        ...phase,
        kind: "rehandshaking",
        open: phase.open,
        step: "renegotiating",
        done: settler(),
      };
    case "closed":
      throw closing();
    case "handshaking":
    case "failed":
      return phase;
  }
}

/** Records a key change of the peer: in a renegotiation only its Finished may follow. */
export function changeReadKeys(phase: Phase): Phase {
  return phase.kind === "rehandshaking" && isRenegotiating(phase)
    ? { ...phase, step: "finished due" }
    : phase;
}

/** Records that the client has authenticated itself after the handshake. */
export function completeAuthentication(phase: Phase, negotiated: Negotiated): Phase {
  switch (phase.kind) {
    case "rehandshaking":
      phase.done.resolve();
      return { ...afterRehandshake(phase), negotiated, unreportedAuthentication: false };
    case "connected": // its request had been given up
      return { ...phase, negotiated, unreportedAuthentication: true };
    default:
      return phase;
  }
}

/** Records that this end has authenticated itself after the handshake. */
export function showCertificate(phase: Phase, negotiated: Negotiated): Phase {
  return phase.kind === "handshaking" || phase.kind === "failed" ? phase : { ...phase, negotiated };
}

/** Ends a rehandshake that the peer has not begun; a renegotiation in progress continues. */
export function giveUpRehandshake(phase: Phase, error: unknown): Phase {
  return isRenegotiating(phase) ? phase : refuseRehandshake(phase, error);
}

/** Returns whether there is an authentication to tell the application of; `true` once. */
export function takeUnreportedAuthentication(common: CommonState): boolean {
  const { phase } = common;
  if (phase.kind !== "connected" && phase.kind !== "closed") return false;
  if (!phase.unreportedAuthentication) return false;
  common.phase = { ...phase, unreportedAuthentication: false };
  return true;
}

function settler(): Deferred<void> {
  const done = deferred<void>();
  done.promise.catch(() => {}); // not an unhandled rejection if the caller does not wait
  return done;
}

function notComplete(): SslError {
  return new SslError(
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    "Cannot begin another handshake: the one before is not complete",
  );
}

function closing(): SslError {
  return new SslError(
    "PR_SOCKET_SHUTDOWN_ERROR",
    "Cannot begin another handshake: the connection is being closed",
  );
}
