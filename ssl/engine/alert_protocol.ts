// Copyright 2026 the NSS for Deno authors. MIT license.

import { errorFromAlert } from "../base/alerts.ts";
import { SslError } from "../base/errors.ts";
import { offersTls12 } from "../config/config.ts";
import type { HandshakeContext } from "../handshake/handshake.ts";
import {
  type Alert,
  ALERT_LEVELS,
  alertCode,
  type AlertName,
  alertOf,
} from "../tables/alert_descriptions.ts";
import { ContentType } from "../tables/content_types.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import type { WriteHalf } from "./write_half.ts";

/** The direction of an alert. */
export type AlertDirection = "sent" | "received";

/** Called synchronously with each alert; it must not use the engine. */
export type AlertListener = (direction: AlertDirection, alert: Alert) => void;

/** A received alert that is not an error. */
export type ReceivedAlert = "close_notify" | "no_renegotiation" | "warning";

/** The parts of the handshake that decide whether an alert is an error. */
type Negotiation = Pick<HandshakeContext, "config" | "progress">;

/** The alert protocol (RFC 8446, Section 6; RFC 5246, Section 7.2). */
export class AlertProtocol {
  readonly #write: WriteHalf;
  readonly #listener: AlertListener;

  /** Sends alerts through the sending half, and reports those sent and received. */
  constructor(write: WriteHalf, listener: AlertListener) {
    this.#write = write;
    this.#listener = listener;
  }

  /**
   * Processes an alert record of the peer.
   *
   * @param fragment The content of the record.
   * @param negotiation The state of the handshake.
   * @returns The alert, if it is not an error.
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_ALERT` if the record is empty,
   * `SSL_ERROR_RX_MALFORMED_ALERT` if it is not one alert, or the error of a fatal alert.
   */
  receive(fragment: Uint8Array<ArrayBuffer>, negotiation: Negotiation): ReceivedAlert {
    if (fragment.length === 0) {
      // RFC 8446, Section 5.4.
      throw new SslError("SSL_ERROR_RX_UNEXPECTED_ALERT", "Cannot take alert: the record is empty");
    }
    const [level, description] = fragment;
    if (fragment.length !== 2 || level === undefined || description === undefined) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_ALERT",
        `Cannot take alert: the record holds ${fragment.length} bytes instead of 2`,
      );
    }
    this.#listener("received", alertOf(level, description));
    if (description === alertCode("close_notify")) return "close_notify";
    if (!isWarning(level, description, negotiation)) throw errorOf(description, negotiation);
    return description === alertCode("no_renegotiation") ? "no_renegotiation" : "warning";
  }

  /** Queues an alert at level warning, such as close_notify. */
  sendWarning(name: AlertName): void {
    this.#send(ALERT_LEVELS.warning, name);
  }

  /** Queues an alert that ends the connection. */
  sendFatal(name: AlertName): void {
    this.#send(ALERT_LEVELS.fatal, name);
  }

  #send(level: number, name: AlertName): void {
    const description = alertCode(name);
    this.#write.writeRecord(ContentType.alert, new Uint8Array([level, description]));
    this.#listener("sent", alertOf(level, description));
  }
}

/**
 * The alerts by which servers refuse a client without a certificate (RFC 8446, Section 4.4.2.4; RFC
 * 5246, Section 7.4.6), and those that some send instead.
 */
const NO_CERTIFICATE_ALERTS: readonly AlertName[] = [
  "certificate_required",
  "handshake_failure",
  "bad_certificate",
  "certificate_unknown",
  "access_denied",
];

/** Returns the error of a fatal alert, which says why this client has shown no certificate. */
function errorOf(description: number, { progress: { noCertificate } }: Negotiation): SslError {
  const error = errorFromAlert(description);
  const isAboutIt = NO_CERTIFICATE_ALERTS.some((name) => alertCode(name) === description);
  if (noCertificate === null || !isAboutIt) return error;
  return new SslError(
    error.name,
    `${error.message}. This client sent no certificate: ${noCertificate}`,
    { origin: "peer" },
  );
}

function isWarning(
  level: number,
  description: number,
  { config, progress: { version } }: Negotiation,
): boolean {
  // In TLS 1.2 the level decides (RFC 5246, Section 7.2), also while a server may still choose
  // TLS 1.2: some send an unrecognized_name warning before ServerHello (RFC 6066, Section 3).
  if (version === TLS_1_2 || (version === 0 && offersTls12(config))) {
    return level === ALERT_LEVELS.warning;
  }
  // RFC 8446, Section 6: all but the closure alerts are fatal, regardless of the level.
  return description === alertCode("user_canceled");
}
