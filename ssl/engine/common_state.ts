// Copyright 2026 the NSS for Deno authors. MIT license.

import { type SslError, toSslError } from "../base/errors.ts";
import type { Role } from "../config/import_options.ts";
import { TLS_1_0, TLS_1_2 } from "../tables/versions.ts";
import { type AlertListener, AlertProtocol } from "./alert_protocol.ts";
import { FloodLimits } from "./flood_limits.ts";
import { fail, isOpen, NOT_CONNECTED, type Phase } from "./phase.ts";
import { ReadHalf } from "./read_half.ts";
import { WriteHalf } from "./write_half.ts";

/** The state that the parts of an engine share: its two halves, its phase and its error. */
export class CommonState {
  /** Whether this end is the client or the server. */
  readonly role: Role;
  /** The receiving half. */
  readonly read: ReadHalf = new ReadHalf();
  /** The sending half. */
  readonly write: WriteHalf;
  /** The counts of what the peer has sent without application data. */
  readonly floods: FloodLimits;
  /** The alert protocol. */
  readonly alerts: AlertProtocol;
  /** Called when there is new output, or room to send, outside of the caller's own calls. */
  readonly onProgress: () => void;
  /** The phase of the connection. */
  phase: Phase = NOT_CONNECTED;
  /** Whether this end may send application data before the peer's Finished. */
  writesEarly = false;
  /** The check of the peer that is under way; `null` for none. */
  #check: Promise<unknown> | null = null;

  /** Creates the state of a new connection; `now` returns the time in milliseconds. */
  constructor(role: Role, onProgress: () => void, onAlert: AlertListener, now: () => number) {
    this.role = role;
    this.onProgress = onProgress;
    this.floods = new FloodLimits(now);
    // RFC 8446, Section 5.1: an initial ClientHello may have 0x0301, for old servers.
    this.write = new WriteHalf(role === "client" ? TLS_1_0 : TLS_1_2);
    this.alerts = new AlertProtocol(this.write, onAlert);
  }

  /** Throws the error that ended the connection, if any. */
  throwIfFailed(): void {
    if (this.phase.kind === "failed") throw this.phase.error;
  }

  /** Adds a check of the peer that is under way while its next messages are processed. */
  addCheck(check: Promise<unknown>): void {
    check.catch(() => {}); // thrown where it is awaited
    this.#check = check;
  }

  /** Returns the check of the peer that is under way, to be awaited; `null` for none. */
  takeCheck(): Promise<unknown> | null {
    const check = this.#check;
    this.#check = null;
    return check;
  }

  /** Returns the refusal of the check that is under way, if there is one, or else the error. */
  async refusalOr(error: unknown): Promise<unknown> {
    try {
      await this.takeCheck();
      return error;
    } catch (refusal) {
      return refusal;
    }
  }

  /**
   * Ends the connection, and queues the alert of the error, if it has one.
   *
   * @returns The error, or the first one if the connection has already failed.
   */
  fail(cause: unknown): SslError {
    const { phase } = this;
    if (phase.kind === "failed") return phase.error;
    const error = toSslError(cause);
    this.phase = fail(phase, error);
    // A client sends no alert before its ClientHello.
    const maySend = this.role === "server" || phase.kind !== "handshaking" || phase.helloSeen;
    if (error.alert !== null && isOpen(phase, "writing") && maySend) {
      this.alerts.sendFatal(error.alert);
    }
    return error;
  }
}
