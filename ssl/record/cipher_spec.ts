// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { TrafficSecret } from "../crypto/expanded_secrets.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";
import { ContentType } from "../tables/content_types.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import type { SealedRecord } from "./deframer.ts";
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH, writeRecordHeader } from "./header.ts";

/** The content of a record after decryption. */
export interface OpenedFragment {
  /** The content type. */
  readonly type: number;
  /** The content. */
  readonly fragment: Uint8Array<ArrayBuffer>;
}

/** A fragment after encryption, in the two parts that follow the record's header. */
export interface SealedFragment {
  /** The explicit nonce or the IV, which is sent in clear; empty in most suites. */
  readonly prefix: Uint8Array<ArrayBuffer>;
  /** What WebCrypto has returned: whoever puts the record together copies it, once. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The prefix of suites whose records show no part of the nonce. */
export const NO_PREFIX: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * The protection of the records of one direction under one key.
 *
 * `seal` and `open` take the record's sequence number and its bytes before they return, so that
 * calls need not wait for each other. The caller may reuse its buffer at once, except that
 * `PlaintextSpec` opens records without copying. The promises may settle in any order.
 */
export interface RecordProtection {
  /** Whether records are encrypted. */
  readonly encrypts: boolean;
  /** Whether the header of a record always has the type application_data (TLS 1.3). */
  readonly hidesType: boolean;
  /** How many bytes a sealed fragment is longer than its content; the maximum for block ciphers. */
  readonly overhead: number;
  /** The sequence number of the next record. */
  readonly sequence: number;
  /** How many more records the keys may protect. */
  readonly recordsLeft: number;

  /**
   * Returns the type in a record's header.
   *
   * @param contentType The content type.
   * @returns The type for the header.
   */
  wireType(contentType: number): number;

  /**
   * Protects a fragment.
   *
   * @param contentType The content type.
   * @param fragment The content.
   * @returns The bytes after the record's header.
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` if the keys may protect no more.
   */
  seal(contentType: number, fragment: Uint8Array<ArrayBuffer>): Promise<SealedFragment>;

  /**
   * Removes the protection of a record.
   *
   * @param record The record.
   * @returns Its content type and content.
   * @throws {SslError} `SSL_ERROR_BAD_MAC_READ` if its authentication fails.
   */
  open(record: SealedRecord): Promise<OpenedFragment>;

  /**
   * Returns a protection with the same keys and sequence number zero: while a server skips early
   * data, records that it cannot decrypt do not count.
   */
  restart(): RecordProtection;
}

/** No protection, as at the start of a connection. */
export class PlaintextSpec implements RecordProtection {
  #sequence = 0;

  get encrypts(): boolean {
    return false;
  }

  get hidesType(): boolean {
    return false;
  }

  get overhead(): number {
    return 0;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get recordsLeft(): number {
    return Number.MAX_SAFE_INTEGER - this.#sequence;
  }

  wireType(contentType: number): number {
    return contentType;
  }

  seal(_contentType: number, fragment: Uint8Array<ArrayBuffer>): Promise<SealedFragment> {
    this.#sequence++;
    return Promise.resolve({ prefix: NO_PREFIX, body: fragment.slice() });
  }

  /** Returns the fragment itself, not a copy. */
  open(record: SealedRecord): Promise<OpenedFragment> {
    this.#sequence++;
    const { type, fragment } = record;
    return Promise.resolve({ type, fragment });
  }

  restart(): RecordProtection {
    return new PlaintextSpec();
  }
}

/** The tag length of all TLS 1.3 suites here in bytes (RFC 8446, Section 5.2). */
const TAG_LENGTH = 16;

/** The length of the content type in TLSInnerPlaintext. */
const INNER_TYPE_LENGTH = 1;

/** The nonce length of both AEADs in bytes (RFC 8446, Section 5.3). */
const IV_LENGTH = 12;

/** The parameters of a WebCrypto call besides the key and the data. */
interface AeadScratch {
  readonly name: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly additionalData: Uint8Array<ArrayBuffer>;
}

// RFC 8446, Section 5.2: additional_data is the record's header.
//
// All connections share these buffers, so that no record and no idle connection allocates them.
// This is safe because nothing awaits between filling them and the call of WebCrypto, which copies
// its input before it returns.
const plaintext = new Uint8Array(MAX_PLAINTEXT_LENGTH + INNER_TYPE_LENGTH);
const nonce = new Uint8Array(IV_LENGTH);
const nonceView = new DataView(nonce.buffer);
const additionalData = new Uint8Array(RECORD_HEADER_LENGTH);
const SCRATCH = {
  "AES-GCM": { name: "AES-GCM", iv: nonce, additionalData },
  "ChaCha20-Poly1305": { name: "ChaCha20-Poly1305", iv: nonce, additionalData },
} as const satisfies Record<CipherSuite["aead"], AeadScratch>;

/** The columns of a cipher suite that protect records. */
export type RecordSuite = Pick<CipherSuite, "name" | "aead" | "maxRecords">;

/** The protection of TLS 1.3 (RFC 8446, Section 5.2). */
export class CipherSpec implements RecordProtection {
  readonly #suite: RecordSuite;
  readonly #scratch: AeadScratch;
  readonly #key: CryptoKey;
  readonly #iv: Uint8Array<ArrayBuffer>;
  readonly #ivHigh: number;
  readonly #ivLow: number;
  #sequence: number;

  /**
   * Creates a protection from a key and an IV.
   *
   * @param suite The cipher suite.
   * @param key The AEAD key.
   * @param iv The IV, with which the sequence numbers are XORed to nonces.
   * @param sequence The first record's sequence number.
   */
  constructor(
    suite: RecordSuite,
    key: CryptoKey,
    iv: Uint8Array<ArrayBuffer>,
    sequence = 0,
  ) {
    this.#suite = suite;
    this.#scratch = SCRATCH[suite.aead];
    this.#key = key;
    this.#iv = iv;
    const view = new DataView(iv.buffer, iv.byteOffset, IV_LENGTH);
    this.#ivHigh = view.getUint32(4);
    this.#ivLow = view.getUint32(8);
    this.#sequence = sequence;
  }

  /**
   * Derives a protection from a traffic secret.
   *
   * @param suite The cipher suite.
   * @param secret The traffic secret of the direction.
   * @returns The protection with sequence number zero.
   */
  static async create(suite: CipherSuite, secret: TrafficSecret): Promise<CipherSpec> {
    const { key, iv } = await secret.keyAndIv(suite);
    return new CipherSpec(suite, key, iv);
  }

  get encrypts(): boolean {
    return true;
  }

  /** `true`: the type is in the inner plaintext. */
  get hidesType(): boolean {
    return true;
  }

  /** The inner content type and the tag. */
  get overhead(): number {
    return INNER_TYPE_LENGTH + TAG_LENGTH;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** How many more records the keys may protect (RFC 9846, Section 5.5). */
  get recordsLeft(): number {
    return this.#suite.maxRecords - this.#sequence;
  }

  wireType(_contentType: number): number {
    return ContentType.applicationData;
  }

  /**
   * Encrypts a fragment.
   *
   * @param contentType The content type.
   * @param fragment The content, at most 2^14 bytes.
   * @returns The `encrypted_record`.
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` if the keys may protect no more.
   * @throws {RangeError} If the content is longer.
   */
  async seal(contentType: number, fragment: Uint8Array<ArrayBuffer>): Promise<SealedFragment> {
    const { length } = fragment;
    if (length > MAX_PLAINTEXT_LENGTH) {
      throw new RangeError(`Cannot seal record: its content is ${length} bytes long`);
    }
    plaintext.set(fragment);
    plaintext[length] = contentType;
    const inner = plaintext.subarray(0, length + INNER_TYPE_LENGTH);
    const params = this.#nextRecord(this.#suite.maxRecords);
    const { applicationData } = ContentType;
    writeRecordHeader(additionalData, 0, applicationData, TLS_1_2, inner.length + TAG_LENGTH);
    const body = new Uint8Array(await crypto.subtle.encrypt(params, this.#key, inner));
    return { prefix: NO_PREFIX, body };
  }

  /**
   * Decrypts a record.
   *
   * @param record The record.
   * @returns Its content type and content, a subarray of the decrypted bytes.
   * @throws {SslError} `SSL_ERROR_BAD_MAC_READ` if it does not decrypt,
   * `SSL_ERROR_RX_RECORD_TOO_LONG` if its content and padding are longer than 2^14,
   * `SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE` if all of it is padding, `SSL_ERROR_TOO_MANY_RECORDS` if
   * there are no more sequence numbers.
   */
  async open(record: SealedRecord): Promise<OpenedFragment> {
    // RFC 9846, Section 5.5: receivers SHOULD NOT enforce the limits of a key's usage.
    const params = this.#nextRecord(Number.MAX_SAFE_INTEGER);
    additionalData.set(record.header);
    let inner;
    try {
      inner = new Uint8Array(await crypto.subtle.decrypt(params, this.#key, record.fragment));
    } catch (cause) {
      if (!isDecryptionFailure(cause)) throw cause;
      throw new SslError(
        "SSL_ERROR_BAD_MAC_READ",
        "Cannot decrypt record: it was not made with the keys of this connection for this place",
        { cause },
      );
    }
    return parseInnerPlaintext(inner);
  }

  restart(): CipherSpec {
    return new CipherSpec(this.#suite, this.#key, this.#iv);
  }

  /** Writes the next record's nonce to the shared buffer and counts the record. */
  #nextRecord(maxRecords: number): AeadScratch {
    const sequence = this.#sequence;
    if (sequence >= maxRecords) {
      throw new SslError(
        "SSL_ERROR_TOO_MANY_RECORDS",
        `Cannot protect record: the keys of ${this.#suite.name} are used up after ${sequence} records`,
      );
    }
    this.#sequence = sequence + 1;
    // RFC 8446, Section 5.3: the sequence number in network order, padded on the left, XORed with
    // the IV.
    nonce.set(this.#iv);
    nonceView.setUint32(4, this.#ivHigh ^ Math.floor(sequence / 0x1_0000_0000));
    nonceView.setUint32(8, this.#ivLow ^ sequence);
    return this.#scratch;
  }
}

/**
 * ```text
 * struct {
 *     opaque content[TLSPlaintext.length];
 *     ContentType type;
 *     uint8 zeros[length_of_padding];
 * } TLSInnerPlaintext;
 * ```
 */
function parseInnerPlaintext(inner: Uint8Array<ArrayBuffer>): OpenedFragment {
  // RFC 8446, Section 5.4: the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets.
  if (inner.length > MAX_PLAINTEXT_LENGTH + INNER_TYPE_LENGTH) {
    throw new SslError(
      "SSL_ERROR_RX_RECORD_TOO_LONG",
      `Cannot read record: its content is ${inner.length - INNER_TYPE_LENGTH} bytes long`,
    );
  }
  let end = inner.length - 1;
  while (end >= 0 && inner[end] === 0) end--;
  // RFC 8446, Section 5.4: a plaintext without a non-zero octet MUST be answered with
  // unexpected_message.
  if (end < 0) {
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      "Cannot read record: it has no content type, only padding",
    );
  }
  return { type: inner[end]!, fragment: inner.subarray(0, end) };
}

/**
 * Returns whether WebCrypto says that a record does not decrypt, by an `OperationError`: any other
 * error is the runtime's own, and no verdict on the peer.
 */
export function isDecryptionFailure(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "OperationError";
}
