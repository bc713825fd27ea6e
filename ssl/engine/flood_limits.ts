// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Limits on what a peer may send without application data, because each message costs work.
 * Application data resets all counts.
 *
 * @module
 */

import { SslError } from "../base/errors.ts";

/** The maximum of consecutive records without content or effect (BoringSSL: `kMaxEmptyRecords`). */
export const MAX_EMPTY_RECORDS = 32;
/** The maximum of consecutive warning alerts (BoringSSL: `kMaxWarningAlerts`). */
export const MAX_WARNING_ALERTS = 4;
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

  /** Resets all counts, because application data has come. */
  reset(): void {
    this.#emptyRecords = 0;
    this.#warningAlerts = 0;
    this.#keyUpdates = 0;
    this.#newSessionTickets = 0;
    this.#renegotiations = 0;
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
    if (++this.#keyUpdates <= MAX_KEY_UPDATES) return;
    throw new SslError(
      "SSL_ERROR_TOO_MANY_KEY_UPDATES",
      `Cannot take KeyUpdate: more than ${MAX_KEY_UPDATES} came without application data between`,
    );
  }

  /**
   * Counts a NewSessionTicket.
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET` beyond
   * {@linkcode MAX_NEW_SESSION_TICKETS}.
   */
  countNewSessionTicket(): void {
    if (++this.#newSessionTickets <= MAX_NEW_SESSION_TICKETS) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
      `Cannot take NewSessionTicket: more than ${MAX_NEW_SESSION_TICKETS} came ` +
        "without application data between",
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
}
