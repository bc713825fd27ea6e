// Copyright 2026 the NSS for Deno authors. MIT license.

import { deferred } from "../../cert/base/runtime.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { Condition } from "./condition.ts";
import { transportError } from "./transport_error.ts";
import type { Transport } from "./transports.ts";

type State =
  | { readonly kind: "open" }
  /** The application has closed the socket; pending data is still being sent. */
  | { readonly kind: "closing" }
  /** `reported`: whether a call of the application has thrown the error, or is about to. */
  | { readonly kind: "failed"; readonly error: SslError; readonly reported: boolean };

/**
 * The end of a connection: keeps the first error, which all later calls throw, and closes the
 * transport once.
 */
export class Teardown {
  /** The transport. */
  readonly transport: Transport;
  /** Notified when the engine may have room for data, and when the connection has ended. */
  readonly writable: Condition = new Condition();
  /** Adds to an error what its first report is to say besides; `null` where that is nothing. */
  explain: ((error: SslError) => SslError) | null = null;
  /** What rejects those that wait for something else; `null` while there are none. */
  #waiting: Set<(error: unknown) => void> | null = null;
  #broken = false;
  #state: State = { kind: "open" };
  #transportClosing: Promise<void> | null = null;

  /** Creates the teardown of a transport, which it then owns. */
  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Whether the connection has neither failed nor been closed. */
  get open(): boolean {
    return this.#state.kind === "open";
  }

  /** The first error; `null` while there is none. */
  get error(): SslError | null {
    return this.#state.kind === "failed" ? this.#state.error : null;
  }

  /**
   * Waits for something, or until the connection breaks, so that a waiting handshake ends.
   *
   * @returns As what is waited for; rejects with the first error if the connection breaks.
   */
  unlessBroken<T>(something: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = deferred<T>();
    if (this.#broken) reject(this.error);
    const waiting = this.#waiting ??= new Set();
    waiting.add(reject);
    // Not for as long as the connection, which would keep what it has waited for
    const forget = () => {
      waiting.delete(reject);
      if (waiting.size === 0 && this.#waiting === waiting) this.#waiting = null;
    };
    something.then((result) => {
      forget();
      resolve(result);
    }, (error) => {
      forget();
      reject(error);
    });
    return promise;
  }

  /** Throws the first error, if there is one. */
  throwIfFailed(): void {
    if (this.#state.kind === "failed") throw this.#report(this.#state.error);
  }

  /** Throws the first error if there is one, or an error if the socket is closed. */
  throwUnlessOpen(): void {
    this.throwIfFailed();
    if (!this.open) throw closedError();
  }

  /** Throws the first error if no call has thrown it: data loss must be reported. */
  throwIfUnreported(): void {
    if (this.#state.kind === "failed" && !this.#state.reported) throw this.#state.error;
  }

  /** Records that the application has closed the socket. */
  beginClosing(): void {
    if (this.open) this.#state = { kind: "closing" };
  }

  /**
   * Ends the connection with an error: sends the alert, then closes the transport.
   *
   * @param cause The error, of any type.
   * @param sendAlert Sends the alert; must be bounded in time.
   * @param reported Whether a call of the application throws the error.
   * @returns The first error.
   */
  async fail(
    cause: unknown,
    sendAlert: (error: SslError) => Promise<void> = () => Promise.resolve(),
    reported = true,
  ): Promise<SslError> {
    if (this.#state.kind === "failed") {
      return reported ? this.#report(this.#state.error) : this.#state.error;
    }
    const error = this.#explained(toSslError(cause));
    this.#state = { kind: "failed", error, reported };
    const alertSent = sendAlert(error);
    this.writable.notify();
    await alertSent;
    await this.closeTransport().catch(() => {}); // not the first error
    return error;
  }

  /** Ends the connection at once, without an alert. */
  break(error: SslError): void {
    if (this.#state.kind !== "failed") {
      this.#state = { kind: "failed", error: this.#explained(error), reported: false };
    }
    this.#broken = true;
    for (const reject of this.#waiting ?? []) reject(this.error);
    this.writable.notify();
    this.closeTransport("abort").catch(() => {}); // not the first error
  }

  /** Closes the transport, once; all callers share the promise. */
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

  #explained(error: SslError): SslError {
    return this.explain?.(error) ?? error;
  }

  #report(error: SslError): SslError {
    this.#state = { kind: "failed", error, reported: true };
    return error;
  }
}

/** Returns the error of a call on a closed socket. */
export function closedError(): SslError {
  return new SslError("PR_BAD_DESCRIPTOR_ERROR", "Cannot use socket: it was closed");
}
