// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError, toSslError } from "../base/errors.ts";
import { Condition } from "./condition.ts";
import { transportError } from "./transport_error.ts";
import type { Transport } from "./transports.ts";

type State =
  | { readonly kind: "open" }
  /** The application has closed the socket; what it wrote is still leaving. */
  | { readonly kind: "closing" }
  /** `reported`: whether a call of the application's has thrown the error, or is about to. */
  | { readonly kind: "failed"; readonly error: SslError; readonly reported: boolean };

/**
 * How a connection ends: by its first error, which all later calls throw, and by closing its
 * transport, once.
 */
export class Teardown {
  /** The transport. */
  readonly transport: Transport;
  /** Notified when the engine may have room for data again, and when the connection has ended. */
  readonly writable: Condition = new Condition();
  readonly #broken = Promise.withResolvers<never>();
  #state: State = { kind: "open" };
  #transportClosing: Promise<void> | null = null;

  /** Takes the transport over. */
  constructor(transport: Transport) {
    this.transport = transport;
    this.#broken.promise.catch(() => {}); // only handshakes wait for it
  }

  /** Whether the connection has neither failed nor been closed. */
  get open(): boolean {
    return this.#state.kind === "open";
  }

  /** The first error; `null` while there is none. */
  get error(): SslError | null {
    return this.#state.kind === "failed" ? this.#state.error : null;
  }

  /** Rejects when the connection is broken, whatever a handshake is waiting for. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** Throws the first error, if there is one. */
  throwIfFailed(): void {
    if (this.#state.kind === "failed") throw this.#report(this.#state.error);
  }

  /** Throws the first error if there is one, or that the socket was closed. */
  throwUnlessOpen(): void {
    this.throwIfFailed();
    if (!this.open) throw closedError();
  }

  /** Throws the first error if no call has thrown it: lost data must not go unnoticed. */
  throwIfUnreported(): void {
    if (this.#state.kind === "failed" && !this.#state.reported) throw this.#state.error;
  }

  /** Notes that the application has closed the socket. */
  beginClosing(): void {
    if (this.open) this.#state = { kind: "closing" };
  }

  /**
   * Ends the connection for an error, in order: the alert leaves, then the transport is closed.
   *
   * @param cause What has gone wrong.
   * @param sendAlert Tells the peer, within bounds.
   * @returns The first error, which the caller throws.
   */
  async fail(
    cause: unknown,
    sendAlert: (error: SslError) => Promise<void> = () => Promise.resolve(),
  ): Promise<SslError> {
    if (this.#state.kind === "failed") return this.#report(this.#state.error);
    const error = this.#report(toSslError(cause));
    const alertSent = sendAlert(error);
    this.writable.notify();
    await alertSent;
    await this.closeTransport().catch(() => {}); // the first error counts
    return error;
  }

  /** Ends the connection at once. */
  break(error: SslError): void {
    if (this.#state.kind !== "failed") this.#state = { kind: "failed", error, reported: false };
    this.#broken.reject(this.error);
    this.writable.notify();
    this.closeTransport("abort").catch(() => {}); // the first error counts
  }

  /** Closes the transport, once; all callers get the same promise. */
  closeTransport(how: "close" | "abort" = "close"): Promise<void> {
    this.#transportClosing ??= this.#closeTransportOnce(how);
    return this.#transportClosing;
  }

  async #closeTransportOnce(how: "close" | "abort"): Promise<void> {
    try {
      await this.transport[how]();
    } catch (error) {
      throw transportError("close", error);
    }
  }

  #report(error: SslError): SslError {
    this.#state = { kind: "failed", error, reported: true };
    return error;
  }
}

/** The error of a call on a socket that was closed. */
export function closedError(): SslError {
  return new SslError("PR_BAD_DESCRIPTOR_ERROR", "Cannot use socket: it was closed");
}
