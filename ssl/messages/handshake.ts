// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { handshakeTypeName } from "../tables/handshake_types.ts";
import { Writer } from "../wire/writer.ts";

/** The length of what stands before a handshake message's body: its type and length (RFC 8446, Section 4). */
export const HANDSHAKE_HEADER_LENGTH = 4;

/**
 * The longest body of a handshake message that is read; the RFC's own limit of 2^24-1 would let a peer make us
 * keep 16 MiB before anything is known of it. rustls has the same `MAX_HANDSHAKE_SIZE`.
 */
export const MAX_HANDSHAKE_SIZE = 0xffff;

/** A whole handshake message. */
export interface HandshakeMessage {
  /** The `HandshakeType`; may be one that no table knows. */
  readonly type: number;
  /** What follows the header. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Header and body, as the transcript takes them. */
  readonly raw: Uint8Array<ArrayBuffer>;
}

/**
 * Puts the header before a message's body.
 *
 * @param type The `HandshakeType`.
 * @param body The encoded body.
 * @returns The whole message.
 * @throws {RangeError} If the body is longer than 2^24-1 bytes.
 */
export function encodeHandshake(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer(HANDSHAKE_HEADER_LENGTH + body.length).u8(type).vector24(body).finish();
}

const EMPTY = new Uint8Array(0);

/**
 * Joins the fragments of records to handshake messages.
 *
 * The messages have buffers of their own: they outlive what was read from the transport. Nothing is kept
 * while no message is under way.
 */
export class HandshakeJoiner {
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #start = 0;
  #end = 0;

  /** Whether bytes are kept: after {@linkcode HandshakeJoiner.next} gave `null`, a part of a message. */
  get pending(): boolean {
    return this.#end > this.#start;
  }

  /** The type of the first message that is kept, whole or not; `null` where nothing is. */
  get pendingType(): number | null {
    return this.pending ? this.#buffer[this.#start]! : null;
  }

  /** Takes the content of one more handshake record; it is copied. */
  push(fragment: Uint8Array<ArrayBuffer>): void {
    this.#reserve(fragment.length);
    this.#buffer.set(fragment, this.#end);
    this.#end += fragment.length;
  }

  /**
   * Takes the next whole message out.
   *
   * @returns The message, or `null` until more fragments come.
   * @throws {SslError} `SSL_ERROR_RX_MALFORMED_HANDSHAKE` as soon as a header declares a body that is longer than
   * {@linkcode MAX_HANDSHAKE_SIZE}.
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

  /** Makes room at the end: by doubling, so that bytes are moved a bounded number of times each. */
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
