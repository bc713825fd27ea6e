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
  const [verifyData, protections] = await Promise.all([
    verifyDataOf(hs, session, end),
    session.protections,
  ]);
  hs.output.sendChangeCipherSpec();
  hs.output.installWriteSpec(protections[end]);
  hs.output.limitRecords({ sent: session.recordLimits.sent });
  sendHandshake(hs, HandshakeType.finished, encodeFinished({ verifyData }));
  return verifyData;
}

/** Computes the verify_data of an end, over the messages so far. */
async function verifyDataOf(
  { transcript }: HandshakeContext,
  { masterSecret }: Tls12Session,
  end: End,
): Promise<Uint8Array<ArrayBuffer>> {
  return await masterSecret.verifyData(end, await transcript.digest());
}

/** Continues after the peer's Finished, with its verify_data. */
export type AfterFinished = (
  hs: HandshakeContext,
  verifyData: Uint8Array<ArrayBuffer>,
) => HandshakeState | Promise<HandshakeState>;

/** Processes NewSessionTicket; returns what continues after Finished. */
export type TakeTicket = (message: HandshakeMessage, hs: HandshakeContext) => AfterFinished;

/** Waits for NewSessionTicket, which the server has announced (RFC 5077, Section 3.3). */
export class ExpectTls12Ticket implements HandshakeState {
  readonly #session: Tls12Session;
  readonly #takeTicket: TakeTicket;

  /** Creates the state of a client. */
  constructor(session: Tls12Session, takeTicket: TakeTicket) {
    this.#session = session;
    this.#takeTicket = takeTicket;
  }

  /** Processes NewSessionTicket. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.newSessionTicket);
    const next = this.#takeTicket(message, hs);
    hs.transcript.add(message.raw);
    return expectTls12Finished(hs, this.#session, next);
  }

  /** Refuses: "The server MUST send this message" if it has announced it. */
  takeChangeCipherSpec(): Promise<HandshakeState> {
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER",
      "Cannot take change_cipher_spec: the ticket that was promised is due",
    );
  }
}

/**
 * Returns the state that waits for the peer's change_cipher_spec and Finished. The messages that
 * Finished covers are complete, so that its content is computed while it is received.
 */
export function expectTls12Finished(
  hs: HandshakeContext,
  session: Tls12Session,
  next: AfterFinished,
): HandshakeState {
  const expected = verifyDataOf(hs, session, peerOf(hs));
  expected.catch(() => {}); // awaited when Finished has come
  return new ExpectChangeCipherSpec(session, expected, next);
}

/** Waits for the peer's change_cipher_spec. */
class ExpectChangeCipherSpec implements HandshakeState {
  readonly #session: Tls12Session;
  readonly #expected: Promise<Uint8Array<ArrayBuffer>>;
  readonly #next: AfterFinished;

  constructor(
    session: Tls12Session,
    expected: Promise<Uint8Array<ArrayBuffer>>,
    next: AfterFinished,
  ) {
    this.#session = session;
    this.#expected = expected;
    this.#next = next;
  }

  handle({ type }: HandshakeMessage): HandshakeState {
    throw unexpectedMessage(type);
  }

  /** Installs the peer's new keys. */
  async takeChangeCipherSpec(hs: HandshakeContext): Promise<HandshakeState> {
    const protections = await this.#session.protections;
    hs.output.limitRecords({ received: this.#session.recordLimits.received });
    hs.output.installReadSpec(protections[peerOf(hs)]);
    return new ExpectTls12Finished(this.#expected, this.#next);
  }
}

/** Waits for the peer's Finished. */
class ExpectTls12Finished implements HandshakeState {
  readonly #expected: Promise<Uint8Array<ArrayBuffer>>;
  readonly #next: AfterFinished;

  constructor(expected: Promise<Uint8Array<ArrayBuffer>>, next: AfterFinished) {
    this.#expected = expected;
    this.#next = next;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const { verifyData } = parseFinished(message.body, TLS12_VERIFY_DATA_LENGTH);
    const expected = await this.#expected;
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
