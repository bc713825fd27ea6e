// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { HandshakeOutput } from "../handshake/output.ts";
import type { CommonState } from "./common_state.ts";
import { handshakeOf, isOpen, requireHandshake } from "./phase.ts";
import { RESERVED_RECORDS } from "./write_half.ts";

/** When so few records are left to a write key, it is renewed (RFC 8446, Section 5.5). */
export const KEY_RENEWAL_MARGIN = 1024;
/** When so few records are left to the peer's key, the peer is asked to renew it. */
export const PEER_KEY_RENEWAL_MARGIN = 4096;

/** How keys are renewed while the connection goes on (RFC 8446, Sections 4.6.3 and 5.5). */
export class KeyUpdates {
  readonly #common: CommonState;
  /** Renewals of the write key under way. */
  #underWay = 0;
  /** Whether the peer has asked for a KeyUpdate that it has not been sent. */
  #answerDue = false;
  /** Whether the peer has been asked to renew the key that it has by now. */
  #peerAsked = false;

  /** Renews the keys of a connection. */
  constructor(common: CommonState) {
    this.#common = common;
  }

  /** Whether the write key is being renewed: application data waits for it. */
  get underWay(): boolean {
    return this.#underWay > 0;
  }

  /**
   * Sends a KeyUpdate and renews the write key.
   *
   * @param requestUpdate Whether the peer is to do the same.
   * @param output Where to send it.
   * @throws {SslError} `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` in TLS 1.2.
   */
  async send(requestUpdate: boolean, output: HandshakeOutput): Promise<void> {
    const common = this.#common;
    common.throwIfFailed();
    if (!isOpen(common.phase, "writing")) return;
    const { keys } = requireHandshake(common.phase, "renew keys");
    if (!keys.renewable) {
      // The caller's mistake, not the connection's: it goes on.
      throw new SslError(
        "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
        "Cannot renew keys: TLS 1.2 has no KeyUpdate",
      );
    }
    this.#answerDue = false;
    this.#underWay++;
    try {
      await keys.renewWriteKey(requestUpdate, output);
    } catch (error) {
      throw common.fail(error);
    } finally {
      this.#underWay--;
      common.onProgress();
    }
  }

  /** Takes the peer's KeyUpdate. */
  receive(requestUpdate: boolean): void {
    this.#common.floods.countKeyUpdate();
    if (requestUpdate) this.#answerDue = true;
  }

  /** Answers the peer: before the next application data, and once for all of its requests. */
  answer(output: HandshakeOutput): void {
    if (this.#answerDue) this.#sendUnasked(false, output);
  }

  /**
   * Renews the write key before it has protected too much.
   *
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` if it has, in TLS 1.2.
   */
  renewInTime(output: HandshakeOutput): void {
    const common = this.#common;
    const { recordsLeft } = common.write.protection;
    if (handshakeOf(common.phase)?.keys.renewable) {
      if (recordsLeft <= KEY_RENEWAL_MARGIN) this.#sendUnasked(false, output);
    } else if (recordsLeft <= RESERVED_RECORDS) {
      throw common.fail(
        new SslError(
          "SSL_ERROR_TOO_MANY_RECORDS",
          "Cannot send: the keys of the connection are used up",
        ),
      );
    }
  }

  /** Asks the peer to renew its key before that has protected too much, once for each key. */
  askPeerInTime(output: HandshakeOutput): void {
    const { phase, read } = this.#common;
    if (this.#peerAsked || !handshakeOf(phase)?.keys.renewable) return;
    if (read.protection.recordsLeft > PEER_KEY_RENEWAL_MARGIN) return;
    this.#peerAsked = true;
    this.#sendUnasked(true, output);
  }

  /** The peer has another key from now on. */
  peerKeyChanged(): void {
    this.#peerAsked = false;
  }

  #sendUnasked(requestUpdate: boolean, output: HandshakeOutput): void {
    this.send(requestUpdate, output).catch(() => {}); // the error stays with the engine
  }
}
