// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { isContentType } from "../tables/content_types.ts";
import {
  MAX_PLAINTEXT_LENGTH,
  parseRecordHeader,
  RECORD_HEADER_LENGTH,
  type RecordHeader,
} from "./header.ts";

/** A record as received, encrypted or not. */
export interface SealedRecord {
  /** The `ContentType` in its header. */
  readonly type: number;
  /** The `legacy_record_version` in its header. */
  readonly version: number;
  /** The bytes of the header: the additional data of an AEAD. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** The bytes after the header. */
  readonly fragment: Uint8Array<ArrayBuffer>;
  /** Whether it is a copy in a buffer of its own, because it came in more than one chunk. */
  readonly copied: boolean;
}

const EMPTY = new Uint8Array(0);

/**
 * Splits the peer's bytes into records.
 *
 * A record within one chunk is returned as subarrays of the chunk. Only an incomplete record is
 * copied, into a buffer of the record's length; an idle connection has none. A length over the
 * limit is rejected after the header, before anything is allocated.
 */
export class Deframer {
  /**
   * The maximum length of a fragment in bytes: 2^14 for plaintext; 2^14+256 for protected records,
   * or the limit that the peer was told.
   */
  limit: number = MAX_PLAINTEXT_LENGTH;
  #chunk: Uint8Array<ArrayBuffer> = EMPTY;
  #offset = 0;
  /** An incomplete record from previous chunks, or the start of its header. */
  #partial: Uint8Array<ArrayBuffer> | null = null;
  #partialLength = 0;
  #first = true;

  /**
   * Adds a chunk of the peer's bytes, which is read in place until
   * {@linkcode Deframer.finishChunk}.
   *
   * A chunk should be used up before the next one is added; its remaining bytes are copied.
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
   * Returns the next complete record and removes it.
   *
   * @returns The record, or `null` if more bytes are needed.
   * @throws {SslError} `SSL_ERROR_RX_UNKNOWN_RECORD_TYPE` or `SSL_ERROR_UNSUPPORTED_VERSION` if a
   * header is not of TLS, `SSL_ERROR_RX_RECORD_TOO_LONG` if its length is more than
   * {@linkcode Deframer.limit}. All further calls throw as well.
   */
  next(): SealedRecord | null {
    return this.#partial === null ? this.#nextInChunk() : this.#nextInPartial(this.#partial);
  }

  /** Copies the remaining bytes of the chunk, so that its owner may reuse it. */
  finishChunk(): void {
    const left = this.#chunk.subarray(this.#offset);
    this.#chunk = EMPTY;
    this.#offset = 0;
    if (left.length === 0) return;
    const size = left.length < RECORD_HEADER_LENGTH
      ? RECORD_HEADER_LENGTH
      : RECORD_HEADER_LENGTH + parseRecordHeader(left).length;
    if (this.#partial === null && left.length < size && size <= RECORD_HEADER_LENGTH + this.limit) {
      this.#partial = new Uint8Array(size);
      this.#partial.set(left);
      this.#partialLength = left.length;
    } else {
      // More than one incomplete record: next() was not called until it returned null.
      this.#chunk = left.slice();
    }
  }

  /**
   * Whether bytes are kept: an incomplete record after {@linkcode Deframer.next} returned `null`.
   */
  get pending(): boolean {
    return this.#partial !== null || this.#offset < this.#chunk.length;
  }

  #nextInChunk(): SealedRecord | null {
    const chunk = this.#chunk;
    const start = this.#offset;
    if (chunk.length - start < RECORD_HEADER_LENGTH) return null;
    const header = this.#checkedHeader(chunk, start);
    const end = start + RECORD_HEADER_LENGTH + header.length;
    if (chunk.length < end) return null;
    this.#offset = end;
    return recordOf(header, chunk.subarray(start, end), false);
  }

  /** Completes the incomplete record with the bytes that it lacks, and no more. */
  #nextInPartial(partial: Uint8Array<ArrayBuffer>): SealedRecord | null {
    if (this.#partialLength < RECORD_HEADER_LENGTH) {
      this.#fill(partial, RECORD_HEADER_LENGTH);
      if (this.#partialLength < RECORD_HEADER_LENGTH) return null;
    }
    const header = this.#checkedHeader(partial, 0);
    const size = RECORD_HEADER_LENGTH + header.length;
    if (partial.length < size) {
      const whole = new Uint8Array(size);
      whole.set(partial);
      this.#partial = partial = whole;
    }
    this.#fill(partial, size);
    if (this.#partialLength < size) return null;
    this.#partial = null;
    return recordOf(header, partial, true);
  }

  #fill(partial: Uint8Array<ArrayBuffer>, size: number): void {
    const taken = this.#chunk.subarray(this.#offset, this.#offset + size - this.#partialLength);
    partial.set(taken, this.#partialLength);
    this.#partialLength += taken.length;
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
    // RFC 8446, Section 5.1: the version is ignored "for all purposes"; another major version is
    // not TLS.
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

function recordOf(
  header: RecordHeader,
  bytes: Uint8Array<ArrayBuffer>,
  copied: boolean,
): SealedRecord {
  return {
    type: header.type,
    version: header.version,
    header: bytes.subarray(0, RECORD_HEADER_LENGTH),
    fragment: bytes.subarray(RECORD_HEADER_LENGTH),
    copied,
  };
}

/** The first bytes of other protocols, and what to do about them. */
const OTHER_PROTOCOLS: readonly (readonly [start: RegExp, name: string])[] = [
  [
    /^HTTP\//,
    "an HTTP response: is the port meant for plain HTTP, does a proxy answer, " +
    "or is the transport encrypted already?",
  ],
  [
    /^(GET |POST |PUT |HEAD |PATCH|DELET|OPTIO|TRACE|CONNE|PRI \*)/,
    "an HTTP request: is the client meant to use https?",
  ],
  [/^(SIP|RTSP)\//, "a SIP or RTSP response: is the port meant for it without TLS?"],
  [/^<[!h]/i, "HTML: is the port meant for plain HTTP?"],
  [/^SSH-/, "an SSH greeting: is the port that of an SSH server?"],
  [/^220[ -]/, "an SMTP or FTP greeting: does it want STARTTLS (FTP: AUTH TLS) first?"],
  [/^[2-5]\d\d[ -]/, "a reply of SMTP, FTP or NNTP: does it want STARTTLS (FTP: AUTH TLS) first?"],
  [
    /^(EHLO|HELO|STLS|AUTH |START)/i,
    "a command that comes before TLS, as of SMTP: answer it, then call importFD()",
  ],
  [/^\* (OK|PR|BY|NO|BA)/, "an IMAP greeting: does it want STARTTLS first?"],
  [/^\+OK/, "a POP3 greeting: does it want STLS first?"],
  [/^-ERR/, "an error of Redis or POP3: is the port meant for it without TLS?"],
  [/^INFO /, "a NATS greeting: read it, then call importFD()"],
  [/^<(\?xml|stre)/, "XML, as of XMPP: does it want STARTTLS first?"],
  [/^RFB /, "a VNC greeting: is the port that of a VNC server?"],
  [/^AMQP/, "an AMQP header: is the port meant for AMQP without TLS?"],
];

/** The same of binary protocols, in hexadecimal. */
const BINARY_PROTOCOLS: typeof OTHER_PROTOCOLS = [
  [/^0000..0400/, "an HTTP/2 frame: is the port meant for HTTP/2 without TLS?"],
  [/^.{6}000a/, "a MySQL or MariaDB greeting: ask for TLS in its protocol, then call importFD()"],
  [/^30..0201/, "an LDAP message: does it want StartTLS first?"],
];

function notTls(start: Uint8Array<ArrayBuffer>): SslError {
  if (isSsl2ClientHello(start)) {
    return new SslError(
      "SSL_ERROR_UNSUPPORTED_VERSION",
      "Cannot read record: the client begins with an SSL 2.0 hello",
    );
  }
  const text = String.fromCharCode(...start);
  const bytes = hex(...start);
  const known = OTHER_PROTOCOLS.find(([pattern]) => pattern.test(text)) ??
    BINARY_PROTOCOLS.find(([pattern]) => pattern.test(bytes));
  const shown = /^[ -~]+$/.test(text) ? `the text ${JSON.stringify(text)}` : `the bytes ${bytes}`;
  return new SslError(
    isContentType(start[0]!) ? "SSL_ERROR_UNSUPPORTED_VERSION" : "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    "Cannot read record: the peer does not speak TLS, it begins with " +
      (known?.[1] ?? `${shown}: is this the right port, and does TLS begin there at once?`),
  );
}

/** RFC 5246, Appendix E.2: two bytes of length with the top bit set, msg_type 1, then a version. */
function isSsl2ClientHello([high, , msgType, major, minor]: Uint8Array<ArrayBuffer>): boolean {
  return (high! & 0x80) !== 0 && msgType === 1 && (major === 3 || (major === 0 && minor === 2));
}

function hex(...bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
