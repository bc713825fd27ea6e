// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { HandshakeOutput } from "../handshake/output.ts";
import type { CommonState } from "./common_state.ts";
import { handshakeOf, isOpen, requireHandshake } from "./phase.ts";
import { RESERVED_RECORDS } from "./write_half.ts";

/** The number of records left at which a write key is renewed (RFC 9846, Section 5.5). */
export const KEY_RENEWAL_MARGIN = 1024;
/** The number of records left at which the peer is asked to renew its write key. */
export const PEER_KEY_RENEWAL_MARGIN = 4096;
/** How often an end may renew its write key (RFC 9846, Section 4.7.3); a peer's is not counted. */
export const MAX_WRITE_KEY_RENEWALS: number = 2 ** 48 - 1;

/** The renewal of traffic keys by KeyUpdates (RFC 9846, Sections 4.7.3 and 5.5). */
export class KeyUpdates {
  readonly #common: CommonState;
  /** The number of renewals of the write key in progress. */
  #underWay = 0;
  /** Whether the peer has requested a KeyUpdate that has not been sent. */
  #answerDue = false;
  /** Whether the peer has been asked to renew its current key. */
  #peerAsked = false;
  /** How often the write key may still be renewed. */
  #renewalsLeft: number;

  /** Creates the key updates of a connection. */
  constructor(common: CommonState, maxRenewals = MAX_WRITE_KEY_RENEWALS) {
    this.#common = common;
    this.#renewalsLeft = maxRenewals;
  }

  /** Whether the write key is being renewed; no application data is sent meanwhile. */
  get underWay(): boolean {
    return this.#underWay > 0;
  }

  /**
   * Sends a KeyUpdate and renews the write key.
   *
   * @param requestUpdate Whether to ask the peer for a KeyUpdate, too, unless it has been asked and
   * has sent none since.
   * @param output The output to send it to.
   * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete,
   * `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` in TLS 1.2, `SSL_ERROR_TOO_MANY_KEY_UPDATES`
   * beyond {@linkcode MAX_WRITE_KEY_RENEWALS}.
   */
  async send(requestUpdate: boolean, output: HandshakeOutput): Promise<void> {
    const common = this.#common;
    common.throwIfFailed();
    if (!isOpen(common.phase, "writing")) return;
    const { keys } = requireHandshake(common.phase, "renew keys");
    if (!keys.renewable) {
      // An error of the caller, not of the connection, which continues.
      throw new SslError(
        "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
        "Cannot renew keys: TLS 1.2 has no KeyUpdate",
      );
    }
    if (this.#renewalsLeft === 0) {
      throw new SslError(
        "SSL_ERROR_TOO_MANY_KEY_UPDATES",
        "Cannot renew keys: this end has renewed its key as often as it may; open a new connection",
      );
    }
    this.#renewalsLeft--;
    // RFC 9846, Section 4.7.3: "Until receiving a subsequent KeyUpdate from the peer, the sender
    // MUST NOT send another KeyUpdate with request_update set to "update_requested"."
    const asks = requestUpdate && !this.#peerAsked;
    this.#peerAsked ||= asks;
    this.#answerDue = false;
    this.#underWay++;
    try {
      await keys.renewWriteKey(asks, output);
    } catch (error) {
      throw common.fail(error);
    } finally {
      this.#underWay--;
      common.onProgress();
    }
  }

  /** Processes the peer's KeyUpdate. */
  receive(requestUpdate: boolean): void {
    this.#common.floods.countKeyUpdate();
    if (requestUpdate) this.#answerDue = true;
  }

  /** Sends the KeyUpdate that the peer has requested, one for all of its requests. */
  answer(output: HandshakeOutput): void {
    // RFC 9846, Section 4.7.3: at the limit the request is ignored.
    if (this.#answerDue && this.#renewalsLeft > 0) this.#sendInBackground(false, output);
  }

  /**
   * Renews the write key if it is near its limit.
   *
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` at the limit, where it cannot be renewed.
   */
  renewInTime(output: HandshakeOutput): void {
    const common = this.#common;
    const { recordsLeft } = common.write.protection;
    if (this.#renewalsLeft > 0 && handshakeOf(common.phase)?.keys.renewable) {
      if (recordsLeft <= KEY_RENEWAL_MARGIN) this.#sendInBackground(false, output);
    } else if (recordsLeft <= RESERVED_RECORDS) {
      throw common.fail(
        new SslError(
          "SSL_ERROR_TOO_MANY_RECORDS",
          "Cannot send: the keys of the connection are used up",
        ),
      );
    }
  }

  /** Asks the peer to renew its write key if that is near its limit, once for each key. */
  askPeerInTime(output: HandshakeOutput): void {
    const { phase, read } = this.#common;
    if (this.#peerAsked || this.#renewalsLeft === 0 || !handshakeOf(phase)?.keys.renewable) return;
    if (read.protection.recordsLeft > PEER_KEY_RENEWAL_MARGIN) return;
    this.#sendInBackground(true, output);
  }

  /** Records that the peer has a new write key. */
  peerKeyChanged(): void {
    this.#peerAsked = false;
  }

  #sendInBackground(requestUpdate: boolean, output: HandshakeOutput): void {
    this.send(requestUpdate, output).catch(() => {}); // the engine keeps the error
  }
}
