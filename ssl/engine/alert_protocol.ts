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

/** Which way an alert goes. */
export type AlertDirection = "sent" | "received";

/** Called with each alert, in the middle of things: it must only take note. */
export type AlertListener = (direction: AlertDirection, alert: Alert) => void;

/** What is left for the connection to do where an alert is no error. */
export type ReceivedAlert = "close_notify" | "no_renegotiation" | "warning";

/** What decides whether an alert is an error. */
type Negotiation = Pick<HandshakeContext, "config" | "progress">;

/** The alert protocol (RFC 8446, Section 6; RFC 5246, Section 7.2). */
export class AlertProtocol {
  readonly #write: WriteHalf;
  readonly #listener: AlertListener;

  /** Writes into the sending half, and tells the listener of alerts both ways. */
  constructor(write: WriteHalf, listener: AlertListener) {
    this.#write = write;
    this.#listener = listener;
  }

  /**
   * Reads an alert of the peer's.
   *
   * @param fragment What its record holds.
   * @returns What it says.
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_ALERT` or `SSL_ERROR_RX_MALFORMED_ALERT` if it is
   * none; the error that it stands for if it is fatal.
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
    if (!isWarning(level, description, negotiation)) throw errorFromAlert(description);
    return description === alertCode("no_renegotiation") ? "no_renegotiation" : "warning";
  }

  /** Queues an alert after which the connection goes on, or this end sends no more. */
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

function isWarning(
  level: number,
  description: number,
  { config, progress: { version } }: Negotiation,
): boolean {
  // In TLS 1.2 the level counts (RFC 5246, Section 7.2), and so it does while a server may still
  // choose TLS 1.2: before ServerHello some warn of an unrecognized_name (RFC 6066, Section 3).
  if (version === TLS_1_2 || (version === 0 && offersTls12(config))) {
    return level === ALERT_LEVELS.warning;
  }
  // RFC 8446, Section 6: all but the closure alerts are fatal, whatever their level says.
  return description === alertCode("user_canceled");
}
