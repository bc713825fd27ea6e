// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { handshakeTypeName } from "../tables/handshake_types.ts";
import { Writer } from "../wire/writer.ts";

/** The length of a handshake message's header in bytes: type and length (RFC 8446, Section 4). */
export const HANDSHAKE_HEADER_LENGTH = 4;

/** The maximum length of `legacy_session_id` in bytes. */
export const MAX_SESSION_ID_LENGTH = 32;

/**
 * The maximum length in bytes of the body of a received handshake message (rustls:
 * `MAX_HANDSHAKE_SIZE`). The RFC's limit of 2^24-1 would let an unauthenticated peer make us keep
 * 16 MiB.
 */
export const MAX_HANDSHAKE_SIZE = 0xffff;

/** A complete handshake message. */
export interface HandshakeMessage {
  /** The `HandshakeType`, possibly unknown. */
  readonly type: number;
  /** The bytes after the header. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Header and body, as in the transcript. */
  readonly raw: Uint8Array<ArrayBuffer>;
}

/**
 * Encodes a message with its header.
 *
 * @param type The `HandshakeType`.
 * @param body The encoded body.
 * @returns The message.
 * @throws {RangeError} If the body is longer than 2^24-1 bytes.
 */
export function encodeHandshake(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer(HANDSHAKE_HEADER_LENGTH + body.length).u8(type).vector24(body).finish();
}

const EMPTY = new Uint8Array(0);

/**
 * Joins fragments of records to handshake messages.
 *
 * The messages are copies, which outlive the fragments. Nothing is kept while no message is
 * incomplete.
 */
export class HandshakeJoiner {
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #start = 0;
  #end = 0;

  /**
   * Whether bytes are kept: an incomplete message after {@linkcode HandshakeJoiner.next} returned
   * `null`.
   */
  get pending(): boolean {
    return this.#end > this.#start;
  }

  /** The type of the first kept message, complete or not; `null` if none. */
  get pendingType(): number | null {
    return this.pending ? this.#buffer[this.#start]! : null;
  }

  /** Adds the content of a handshake record, as a copy. */
  push(fragment: Uint8Array<ArrayBuffer>): void {
    this.#reserve(fragment.length);
    this.#buffer.set(fragment, this.#end);
    this.#end += fragment.length;
  }

  /**
   * Returns the next complete message and removes it.
   *
   * @returns The message, or `null` if more fragments are needed.
   * @throws {SslError} `SSL_ERROR_RX_MALFORMED_HANDSHAKE` if the length in a header is more than
   * {@linkcode MAX_HANDSHAKE_SIZE}, before the body is complete.
   */
  next(): HandshakeMessage | null {
    const available = this.#end - this.#start;
    if (available < HANDSHAKE_HEADER_LENGTH) return null;
    const [type, high, middle, low] = this.#buffer.subarray(this.#start, this.#end);
    const length = high! << 16 | middle! << 8 | low!;
    if (length > MAX_HANDSHAKE_SIZE) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
        `Cannot read ${
          handshakeTypeName(type!)
        }: it is ${length} bytes long, more than ${MAX_HANDSHAKE_SIZE}`,
      );
    }
    if (available < HANDSHAKE_HEADER_LENGTH + length) return null;
    const raw = this.#buffer.slice(this.#start, this.#start + HANDSHAKE_HEADER_LENGTH + length);
    this.#start += raw.length;
    if (!this.pending) {
      this.#buffer = EMPTY;
      this.#start = this.#end = 0;
    }
    return { type: type!, body: raw.subarray(HANDSHAKE_HEADER_LENGTH), raw };
  }

  /** Makes room at the end by doubling, so that each byte is moved a bounded number of times. */
  #reserve(length: number): void {
    if (this.#end + length <= this.#buffer.length) return;
    const kept = this.#end - this.#start;
    const grown = new Uint8Array(Math.max(kept + length, 2 * kept));
    grown.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = grown;
    this.#start = 0;
    this.#end = kept;
  }
}
