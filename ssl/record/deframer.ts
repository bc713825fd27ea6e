// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { isContentType } from "../tables/content_types.ts";
import {
  MAX_PLAINTEXT_LENGTH,
  parseRecordHeader,
  RECORD_HEADER_LENGTH,
  type RecordHeader,
} from "./header.ts";

/** A record as it came, whether protected or not. */
export interface SealedRecord {
  /** The `ContentType` that its header shows. */
  readonly type: number;
  /** The `legacy_record_version` that its header shows. */
  readonly version: number;
  /** The bytes of the header: the additional data of an AEAD. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** The bytes after the header. */
  readonly fragment: Uint8Array<ArrayBuffer>;
}

const EMPTY = new Uint8Array(0);

/**
 * Cuts the peer's bytes into records.
 *
 * A record that lies within a chunk is handed out as subarrays of the chunk. Only a record that its chunk does not
 * finish is copied, into a buffer of the record's own length that lives until the record is whole: an idle
 * connection keeps none. A length that is over the limit is refused from the header, before anything is kept for it.
 */
export class Deframer {
  /** The longest fragment: 2^14 in clear; 2^14+256 where records are protected, or what a peer was asked for. */
  limit: number = MAX_PLAINTEXT_LENGTH;
  #chunk: Uint8Array<ArrayBuffer> = EMPTY;
  #offset = 0;
  /** The record that a chunk before this one began, or its header's first bytes. */
  #carry: Uint8Array<ArrayBuffer> | null = null;
  #carried = 0;
  #first = true;

  /**
   * Takes a chunk of what the peer sent. It is read in place until {@linkcode Deframer.finishChunk}.
   *
   * Chunks are meant to be used up before the next one comes; what is left of one is copied.
   */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    const left = this.#chunk.subarray(this.#offset);
    if (left.length === 0) {
      this.#chunk = chunk;
    } else {
      this.#chunk = new Uint8Array(left.length + chunk.length);
      this.#chunk.set(left);
      this.#chunk.set(chunk, left.length);
    }
    this.#offset = 0;
  }

  /**
   * Takes the next whole record out.
   *
   * @returns The record, or `null` until more bytes come.
   * @throws {SslError} As soon as a header is whole: `SSL_ERROR_RX_UNKNOWN_RECORD_TYPE` or
   * `SSL_ERROR_UNSUPPORTED_VERSION` if it is none of TLS, `SSL_ERROR_RX_RECORD_TOO_LONG` if it declares more than
   * {@linkcode Deframer.limit}. No record comes after that.
   */
  next(): SealedRecord | null {
    return this.#carry === null ? this.#nextInChunk() : this.#nextInCarry(this.#carry);
  }

  /** Copies what the chunk's last record needs, so that the chunk's owner may reuse it. */
  finishChunk(): void {
    const left = this.#chunk.subarray(this.#offset);
    this.#chunk = EMPTY;
    this.#offset = 0;
    if (left.length === 0) return;
    const size = left.length < RECORD_HEADER_LENGTH
      ? RECORD_HEADER_LENGTH
      : RECORD_HEADER_LENGTH + parseRecordHeader(left).length;
    if (this.#carry === null && left.length < size && size <= RECORD_HEADER_LENGTH + this.limit) {
      this.#carry = new Uint8Array(size);
      this.#carry.set(left);
      this.#carried = left.length;
    } else {
      // More than a part of one record: next() was not called until it gave null.
      this.#chunk = left.slice();
    }
  }

  /** Whether bytes are kept: after {@linkcode Deframer.next} gave `null`, a part of a record. */
  get pending(): boolean {
    return this.#carry !== null || this.#offset < this.#chunk.length;
  }

  /**
   * Takes out all that follows the last record: what the peer sent after its close_notify is not TLS's.
   *
   * @returns The bytes, as a copy.
   */
  takeRemainder(): Uint8Array<ArrayBuffer> {
    const carried = this.#carry?.subarray(0, this.#carried) ?? EMPTY;
    const left = this.#chunk.subarray(this.#offset);
    const remainder = new Uint8Array(carried.length + left.length);
    remainder.set(carried);
    remainder.set(left, carried.length);
    this.#carry = null;
    this.#chunk = EMPTY;
    this.#offset = 0;
    return remainder;
  }

  #nextInChunk(): SealedRecord | null {
    const chunk = this.#chunk;
    const start = this.#offset;
    if (chunk.length - start < RECORD_HEADER_LENGTH) return null;
    const header = this.#checkedHeader(chunk, start);
    const end = start + RECORD_HEADER_LENGTH + header.length;
    if (chunk.length < end) return null;
    this.#offset = end;
    return recordOf(header, chunk.subarray(start, end));
  }

  /** Completes the carried record with the bytes that it lacks, and no more. */
  #nextInCarry(carry: Uint8Array<ArrayBuffer>): SealedRecord | null {
    if (this.#carried < RECORD_HEADER_LENGTH) {
      this.#fill(carry, RECORD_HEADER_LENGTH);
      if (this.#carried < RECORD_HEADER_LENGTH) return null;
    }
    const header = this.#checkedHeader(carry, 0);
    const size = RECORD_HEADER_LENGTH + header.length;
    if (carry.length < size) {
      const whole = new Uint8Array(size);
      whole.set(carry);
      this.#carry = carry = whole;
    }
    this.#fill(carry, size);
    if (this.#carried < size) return null;
    this.#carry = null;
    return recordOf(header, carry);
  }

  #fill(carry: Uint8Array<ArrayBuffer>, size: number): void {
    const taken = this.#chunk.subarray(this.#offset, this.#offset + size - this.#carried);
    carry.set(taken, this.#carried);
    this.#carried += taken.length;
    this.#offset += taken.length;
  }

  #checkedHeader(bytes: Uint8Array<ArrayBuffer>, offset: number): RecordHeader {
    const header = parseRecordHeader(bytes, offset);
    const major = header.version >>> 8;
    if (this.#first && (!isContentType(header.type) || major !== 3)) {
      throw notTls(bytes.subarray(offset, offset + RECORD_HEADER_LENGTH));
    }
    if (!isContentType(header.type)) {
      throw new SslError(
        "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
        `Cannot read record: its type is ${header.type}`,
      );
    }
    // RFC 8446, Section 5.1: the version is ignored "for all purposes"; other major ones are no TLS record at all.
    if (major !== 3) {
      throw new SslError(
        "SSL_ERROR_UNSUPPORTED_VERSION",
        `Cannot read record: its version is 0x${hex(header.version >>> 8, header.version & 0xff)}`,
      );
    }
    if (header.length > this.limit) {
      throw new SslError(
        "SSL_ERROR_RX_RECORD_TOO_LONG",
        `Cannot read record: it is ${header.length} bytes long, more than ${this.limit}`,
      );
    }
    this.#first = false;
    return header;
  }
}

function recordOf(header: RecordHeader, bytes: Uint8Array<ArrayBuffer>): SealedRecord {
  return {
    type: header.type,
    version: header.version,
    header: bytes.subarray(0, RECORD_HEADER_LENGTH),
    fragment: bytes.subarray(RECORD_HEADER_LENGTH),
  };
}

/** How other protocols begin, for a hint at what went wrong. */
const OTHER_PROTOCOLS: readonly (readonly [start: RegExp, name: string])[] = [
  [/^HTTP\//, "an HTTP response: is the port meant for plain HTTP?"],
  [
    /^(GET |POST |PUT |HEAD |PATCH|DELET|OPTIO|TRACE|CONNE|PRI \*)/,
    "an HTTP request: is the client meant to use https?",
  ],
  [/^SSH-/, "an SSH greeting"],
  [/^220[ -]/, "an SMTP or FTP greeting: does it want STARTTLS first?"],
  [/^\* OK/, "an IMAP greeting: does it want STARTTLS first?"],
  [/^\+OK/, "a POP3 greeting: does it want STLS first?"],
];

function notTls(start: Uint8Array<ArrayBuffer>): SslError {
  if (isSsl2ClientHello(start)) {
    return new SslError(
      "SSL_ERROR_UNSUPPORTED_VERSION",
      "Cannot read record: the client begins with an SSL 2.0 hello",
    );
  }
  const text = String.fromCharCode(...start);
  const hint = OTHER_PROTOCOLS.find(([pattern]) => pattern.test(text))?.[1] ??
    `the bytes ${hex(...start)}`;
  return new SslError(
    isContentType(start[0]!) ? "SSL_ERROR_UNSUPPORTED_VERSION" : "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    `Cannot read record: the peer does not speak TLS, it begins with ${hint}`,
  );
}

/** RFC 5246, Appendix E.2: two bytes of length with the top bit set, msg_type 1, then a version. */
function isSsl2ClientHello([high, , msgType, major, minor]: Uint8Array<ArrayBuffer>): boolean {
  return (high! & 0x80) !== 0 && msgType === 1 && (major === 3 || (major === 0 && minor === 2));
}

function hex(...bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
