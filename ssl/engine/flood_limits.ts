// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a peer may send in a row without moving any data: each of it costs work. Application data
 * sets all counts back.
 *
 * @module
 */

import { SslError } from "../base/errors.ts";

/** Records of no content or effect that may follow each other (BoringSSL's `kMaxEmptyRecords`). */
export const MAX_EMPTY_RECORDS = 32;
/** Warnings that may follow each other (BoringSSL's `kMaxWarningAlerts`). */
export const MAX_WARNING_ALERTS = 4;
/** KeyUpdates that may follow each other (BoringSSL's `kMaxKeyUpdates`). */
export const MAX_KEY_UPDATES = 32;
/**
 * NewSessionTickets that may follow each other: each costs a derivation, and a write where the
 * cache is a database. Servers send one to four at a time; Go refuses more than 16 messages in a
 * row that carry no data.
 */
export const MAX_NEW_SESSION_TICKETS = 32;
/** Renegotiations that a peer may begin in a row: each costs signatures and key agreements. */
export const MAX_RENEGOTIATIONS = 4;

/** Counts what a peer sends in a row. */
export class FloodLimits {
  #emptyRecords = 0;
  #warningAlerts = 0;
  #keyUpdates = 0;
  #newSessionTickets = 0;
  #renegotiations = 0;

  /** Application data has come: everything counts anew. */
  reset(): void {
    this.#emptyRecords = 0;
    this.#warningAlerts = 0;
    this.#keyUpdates = 0;
    this.#newSessionTickets = 0;
    this.#renegotiations = 0;
  }

  /** A handshake is complete: the records without effect that came in it count no more. */
  resetEmptyRecords(): void {
    this.#emptyRecords = 0;
  }

  /**
   * Counts a record, or a message, that has no content or no effect.
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
   * Counts an alert that is no more than a warning.
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
   * Counts a renegotiation that the peer begins.
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
