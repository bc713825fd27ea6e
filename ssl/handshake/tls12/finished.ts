// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { SslError } from "../../base/errors.ts";
import {
  encodeFinished,
  parseFinished,
  TLS12_VERIFY_DATA_LENGTH,
} from "../../messages/finished.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  sendHandshake,
  unexpectedMessage,
} from "../handshake.ts";
import type { End } from "../../crypto/master_secret.ts";
import type { Tls12Session } from "./session.ts";

/**
 * Sends change_cipher_spec and, under the new keys, Finished (RFC 5246, Section 7.4.9).
 *
 * @returns The verify_data of this end.
 */
export async function sendTls12Finished(
  hs: HandshakeContext,
  session: Tls12Session,
): Promise<Uint8Array<ArrayBuffer>> {
  const end: End = hs.config.role;
  const verifyData = await session.masterSecret.verifyData(end, await hs.transcript.digest());
  hs.output.sendChangeCipherSpec();
  hs.output.installWriteSpec(session.protections[end]);
  hs.output.limitRecords({ sent: session.recordLimits.sent });
  sendHandshake(hs, HandshakeType.finished, encodeFinished({ verifyData }));
  return verifyData;
}

/** Continues after the peer's Finished, with its verify_data. */
export type AfterFinished = (
  hs: HandshakeContext,
  verifyData: Uint8Array<ArrayBuffer>,
) => Promise<HandshakeState>;

/** Processes NewSessionTicket; returns what continues after Finished. */
export type TakeTicket = (message: HandshakeMessage, hs: HandshakeContext) => AfterFinished;

/**
 * Waits for the peer's change_cipher_spec, and before it for NewSessionTicket if the server has
 * announced one.
 */
export class ExpectChangeCipherSpec implements HandshakeState {
  readonly #session: Tls12Session;
  readonly #next: AfterFinished;
  /** Processes the announced NewSessionTicket; `null` if none is due. */
  readonly #takeTicket: TakeTicket | null;

  /** Creates the state; `takeTicket` is set if a ticket is due. */
  constructor(
    session: Tls12Session,
    next: AfterFinished,
    takeTicket: TakeTicket | null = null,
  ) {
    this.#session = session;
    this.#next = next;
    this.#takeTicket = takeTicket;
  }

  /** Processes NewSessionTicket, if one is due. */
  handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    if (this.#takeTicket === null) throw unexpectedMessage(message.type);
    expectMessage(message, HandshakeType.newSessionTicket);
    const next = this.#takeTicket(message, hs);
    hs.transcript.add(message.raw);
    return Promise.resolve(new ExpectChangeCipherSpec(this.#session, next));
  }

  /** Installs the peer's new keys. */
  takeChangeCipherSpec(hs: HandshakeContext): HandshakeState {
    // RFC 5077, Section 3.3: the server MUST send a ticket that it has announced.
    if (this.#takeTicket !== null) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER",
        "Cannot take change_cipher_spec: the ticket that was promised is due",
      );
    }
    hs.output.limitRecords({ received: this.#session.recordLimits.received });
    hs.output.installReadSpec(this.#session.protections[peerOf(hs)]);
    return new ExpectTls12Finished(this.#session, this.#next);
  }
}

/** Waits for the peer's Finished. */
class ExpectTls12Finished implements HandshakeState {
  readonly #session: Tls12Session;
  readonly #next: AfterFinished;

  constructor(session: Tls12Session, next: AfterFinished) {
    this.#session = session;
    this.#next = next;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const { verifyData } = parseFinished(message.body, TLS12_VERIFY_DATA_LENGTH);
    const expected = await this.#session.masterSecret.verifyData(
      peerOf(hs),
      await hs.transcript.digest(),
    );
    if (!timingSafeEqual(verifyData, expected)) {
      throw new SslError(
        "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
        "Cannot take Finished: the peer has seen another handshake than this end",
      );
    }
    hs.transcript.add(message.raw);
    return await this.#next(hs, expected);
  }
}

function peerOf({ config }: HandshakeContext): End {
  return config.role === "client" ? "server" : "client";
}
