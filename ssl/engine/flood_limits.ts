// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Limits on what a peer may send without application data, because each message costs work.
 *
 * Any application data resets the counts of what costs no more than a record of it, or as much to
 * the peer. KeyUpdates and NewSessionTickets cost several derivations of keys: their counts go down
 * with the bytes of application data, and with the time between such data.
 *
 * @module
 */

import { SslError } from "../base/errors.ts";

/** The maximum of consecutive records without content or effect (BoringSSL: `kMaxEmptyRecords`). */
export const MAX_EMPTY_RECORDS = 32;
/** The maximum of consecutive warning alerts (BoringSSL: `kMaxWarningAlerts`). */
export const MAX_WARNING_ALERTS = 4;
/** The number of bytes of application data that make up for a message of several derivations. */
export const DATA_PER_MESSAGE = 1024;
/**
 * The time in milliseconds that makes up for one, once application data comes: a peer that sends
 * little may renew its keys now and then (GnuTLS counts KeyUpdates in a window of time).
 */
export const TIME_PER_MESSAGE = 1000;

/** The maximum of consecutive KeyUpdates (BoringSSL: `kMaxKeyUpdates`). */
export const MAX_KEY_UPDATES = 32;
/**
 * The maximum of consecutive NewSessionTickets: each costs a derivation, and a write if the cache
 * is a database. Servers send one to four at a time; Go refuses more than 16 consecutive messages
 * that carry no data.
 */
export const MAX_NEW_SESSION_TICKETS = 32;
/** The maximum of consecutive renegotiations: each costs signatures and key agreements. */
export const MAX_RENEGOTIATIONS = 4;

/** Counts what a peer sends without application data. */
export class FloodLimits {
  #emptyRecords = 0;
  #warningAlerts = 0;
  #keyUpdates = 0;
  #newSessionTickets = 0;
  #renegotiations = 0;
  readonly #now: () => number;
  /** The time of the last application data, or of the first message counted since. */
  #since = 0;

  /** Creates counts of zero; `now` returns the time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Lowers the counts, because so many bytes of application data have come. */
  takeData(length: number): void {
    this.#emptyRecords = 0;
    this.#warningAlerts = 0;
    this.#renegotiations = 0;
    if (this.#keyUpdates === 0 && this.#newSessionTickets === 0) return;
    const now = this.#now();
    const elapsed = Math.max(now - this.#since, 0); // a clock may be set back
    const made = length / DATA_PER_MESSAGE + elapsed / TIME_PER_MESSAGE;
    this.#since = now;
    this.#keyUpdates = Math.max(this.#keyUpdates - made, 0);
    this.#newSessionTickets = Math.max(this.#newSessionTickets - made, 0);
  }

  /** Resets the count of records without content or effect, because a handshake is complete. */
  resetEmptyRecords(): void {
    this.#emptyRecords = 0;
  }

  /**
   * Counts a record or a message without content or effect.
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE` beyond {@linkcode MAX_EMPTY_RECORDS}.
   */
  countEmptyRecord(): void {
    if (++this.#emptyRecords <= MAX_EMPTY_RECORDS) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      `Cannot read on: more than ${MAX_EMPTY_RECORDS} empty records came in a row`,
    );
  }

  /**
   * Counts a warning alert.
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_ALERT` beyond {@linkcode MAX_WARNING_ALERTS}.
   */
  countWarningAlert(): void {
    if (++this.#warningAlerts <= MAX_WARNING_ALERTS) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_ALERT",
      `Cannot take alert: more than ${MAX_WARNING_ALERTS} warnings came in a row`,
    );
  }

  /**
   * Counts a KeyUpdate.
   *
   * @throws {SslError} `SSL_ERROR_TOO_MANY_KEY_UPDATES` beyond {@linkcode MAX_KEY_UPDATES}.
   */
  countKeyUpdate(): void {
    this.#startTime();
    if (++this.#keyUpdates <= MAX_KEY_UPDATES) return;
    throw new SslError(
      "SSL_ERROR_TOO_MANY_KEY_UPDATES",
      `Cannot take KeyUpdate: more than ${MAX_KEY_UPDATES} came ` +
        "with too little application data between",
    );
  }

  /**
   * Counts a NewSessionTicket.
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET` beyond
   * {@linkcode MAX_NEW_SESSION_TICKETS}.
   */
  countNewSessionTicket(): void {
    this.#startTime();
    if (++this.#newSessionTickets <= MAX_NEW_SESSION_TICKETS) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
      `Cannot take NewSessionTicket: more than ${MAX_NEW_SESSION_TICKETS} came ` +
        "with too little application data between",
    );
  }

  /**
   * Counts a renegotiation that the peer has begun.
   *
   * @throws {SslError} `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED` beyond {@linkcode MAX_RENEGOTIATIONS}.
   */
  countRenegotiation(): void {
    if (++this.#renegotiations <= MAX_RENEGOTIATIONS) return;
    throw new SslError(
      "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
      `Cannot renegotiate: more than ${MAX_RENEGOTIATIONS} renegotiations came ` +
        "without application data between",
    );
  }

  #startTime(): void {
    if (this.#keyUpdates === 0 && this.#newSessionTickets === 0) this.#since = this.#now();
  }
}
