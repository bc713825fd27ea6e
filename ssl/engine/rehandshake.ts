// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Handshakes after the first one: renegotiation in TLS 1.2 (RFC 5746), post-handshake
 * authentication in TLS 1.3 (RFC 8446, Section 4.6.2).
 *
 * ```text
 * requestRehandshake    this end wants one; the peer may decline, or be given up
 * startRenegotiation    TLS 1.2: hellos cross, at either end's request
 * changeReadKeys        TLS 1.2: the peer's Finished is due
 * completeHandshake     TLS 1.2: in phase.ts, as for the first one
 * completeAuthentication   TLS 1.3: the client has answered, late perhaps
 * ```
 *
 * @module
 */

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
 * @param forget Makes this end forget the session so far.
 * @returns `forgotten`: when the session is, where no session is to be resumed.
 * @throws {SslError} If the connection has no such thing: it goes on as it was.
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
    await handshake.change((state) => {
      // While it waited for its turn, the peer may have closed the connection ...
      if (common.phase.kind !== "rehandshaking") return done.promise.then(() => state);
      // ... or have been faster, by a message that was being taken.
      if (state.reHandshake === undefined) throw notComplete();
      begun = true;
      return state.reHandshake(handshake.context, request);
    });
  } catch (error) {
    if (begun && isRenegotiating(common.phase)) throw common.fail(error); // there is no way back
    common.phase = giveUpRehandshake(common.phase, error);
    throw error;
  }
  common.onProgress();
  return { forgotten: request.full ? forget() : Promise.resolve() };
}

/**
 * This end requests a rehandshake.
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
 * A TLS 1.2 connection is renegotiated from now on, whichever end has begun it.
 *
 * @throws {SslError} `PR_SOCKET_SHUTDOWN_ERROR` if the peer sends no more.
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

/** The peer has another key: in a renegotiation its Finished is due, and no application data. */
export function changeReadKeys(phase: Phase): Phase {
  return phase.kind === "rehandshaking" && isRenegotiating(phase)
    ? { ...phase, step: "finished due" }
    : phase;
}

/** The client has authenticated itself after the handshake. */
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

/** This end has authenticated itself after the handshake. */
export function showCertificate(phase: Phase, negotiated: Negotiated): Phase {
  return phase.kind === "handshaking" || phase.kind === "failed" ? phase : { ...phase, negotiated };
}

/** No longer waits for a rehandshake that the peer has not begun. */
export function giveUpRehandshake(phase: Phase, error: unknown): Phase {
  return isRenegotiating(phase) ? phase : refuseRehandshake(phase, error);
}

/** Whether there is an authentication that the application has not been told of; says so once. */
export function takeUnreportedAuthentication(common: CommonState): boolean {
  const { phase } = common;
  if (phase.kind !== "connected" && phase.kind !== "closed") return false;
  if (!phase.unreportedAuthentication) return false;
  common.phase = { ...phase, unreportedAuthentication: false };
  return true;
}

function settler(): PromiseWithResolvers<void> {
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => {}); // nobody need wait for it
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
