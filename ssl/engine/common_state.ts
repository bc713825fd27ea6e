// Copyright 2026 the NSS for Deno authors. MIT license.

import { type SslError, toSslError } from "../base/errors.ts";
import type { Role } from "../config/import_options.ts";
import { TLS_1_0, TLS_1_2 } from "../tables/versions.ts";
import { type AlertListener, AlertProtocol } from "./alert_protocol.ts";
import { FloodLimits } from "./flood_limits.ts";
import { fail, isOpen, NOT_CONNECTED, type Phase } from "./phase.ts";
import { ReadHalf } from "./read_half.ts";
import { WriteHalf } from "./write_half.ts";

/** What the parts of an engine share: its two halves, its phase, and how it fails. */
export class CommonState {
  /** Which end this is. */
  readonly role: Role;
  /** What comes from the peer. */
  readonly read: ReadHalf = new ReadHalf();
  /** What goes to the peer. */
  readonly write: WriteHalf;
  /** How often the peer has sent what moves no data. */
  readonly floods: FloodLimits = new FloodLimits();
  /** How alerts are read and written. */
  readonly alerts: AlertProtocol;
  /** Called when output has come up, or room to send, outside the caller's own calls. */
  readonly onProgress: () => void;
  /** What the connection is at. */
  phase: Phase = NOT_CONNECTED;

  /** Begins a connection that has sent nothing yet. */
  constructor(role: Role, onProgress: () => void, onAlert: AlertListener) {
    this.role = role;
    this.onProgress = onProgress;
    // RFC 8446, Section 5.1: an initial ClientHello may say 0x0301 for old servers' sake.
    this.write = new WriteHalf(role === "client" ? TLS_1_0 : TLS_1_2);
    this.alerts = new AlertProtocol(this.write, onAlert);
  }

  /** Meets the error that ended the connection. */
  throwIfFailed(): void {
    if (this.phase.kind === "failed") throw this.phase.error;
  }

  /**
   * Ends the connection, and queues the error's alert.
   *
   * @returns The error, or the first one if the connection has failed before.
   */
  fail(cause: unknown): SslError {
    const { phase } = this;
    if (phase.kind === "failed") return phase.error;
    const error = toSslError(cause);
    this.phase = fail(phase, error);
    // A client that has said nothing yet has nobody to tell.
    const isHeard = this.role === "server" || phase.kind !== "handshaking" || phase.helloSeen;
    if (error.alert !== null && isOpen(phase, "writing") && isHeard) {
      this.alerts.sendFatal(error.alert);
    }
    return error;
  }
}
