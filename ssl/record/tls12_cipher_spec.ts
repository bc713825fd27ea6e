// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import {
  isDecryptionFailure,
  NO_PREFIX,
  type OpenedFragment,
  type RecordProtection,
  type SealedFragment,
} from "./cipher_spec.ts";
import type { SealedRecord } from "./deframer.ts";
import { ADDITIONAL_DATA_LENGTH, writeAdditionalData } from "./tls12_additional_data.ts";
import {
  badRecordMac,
  checkCiphertextLength,
  checkContentLength,
  checkContentToSeal,
  RecordCounter,
} from "./tls12_record.ts";

/** The tag length of both AEADs in bytes (RFC 5288, Section 3; RFC 7905, Section 2). */
const TAG_LENGTH = 16;

/** The nonce length of both AEADs in bytes. */
const NONCE_LENGTH = 12;

// All connections share these buffers: nothing awaits between filling them and the call of
// WebCrypto, which copies its input before it returns.
const nonce = new Uint8Array(NONCE_LENGTH);
const nonceView = new DataView(nonce.buffer);
const additionalData = new Uint8Array(ADDITIONAL_DATA_LENGTH);

/** The columns of a cipher suite that protect records with an AEAD. */
export type Tls12AeadSuite = Pick<Tls12CipherSuite, "name" | "bulk" | "maxRecords">;

/**
 * The record protection of TLS 1.2's AEAD suites (RFC 5246, Section 6.2.3.3).
 *
 * AES-GCM (RFC 5288): the nonce is the fixed IV and an explicit part of eight bytes in each record,
 * here the sequence number, which never repeats. ChaCha20-Poly1305 (RFC 7905): the nonce is the
 * fixed IV XORed with the sequence number, and records contain no part of it. With the shorter IV
 * padded with zeros, both computations are the same.
 */
export class Tls12AeadSpec implements RecordProtection {
  readonly #suite: Tls12AeadSuite;
  readonly #params: AesGcmParams;
  readonly #key: CryptoKey;
  /** The fixed IV, padded with zeros to the length of the nonce. */
  readonly #iv = new Uint8Array(NONCE_LENGTH);
  readonly #ivHigh: number;
  readonly #ivLow: number;
  /** The length of the explicit part of the nonce in bytes. */
  readonly #explicitLength: number;
  readonly #records: RecordCounter;

  /**
   * Creates a protection from a key and a fixed IV.
   *
   * @param suite The cipher suite.
   * @param key The AEAD key.
   * @param fixedIv The part of the nonces that comes from the key block; the rest is explicit.
   * @param sequence The first record's sequence number.
   */
  constructor(
    suite: Tls12AeadSuite,
    key: CryptoKey,
    fixedIv: Uint8Array<ArrayBuffer>,
    sequence = 0,
  ) {
    this.#suite = suite;
    this.#params = { name: suite.bulk, iv: nonce, additionalData };
    this.#key = key;
    this.#iv.set(fixedIv);
    const view = new DataView(this.#iv.buffer);
    this.#ivHigh = view.getUint32(4);
    this.#ivLow = view.getUint32(8);
    this.#explicitLength = NONCE_LENGTH - fixedIv.length;
    this.#records = new RecordCounter(suite, sequence);
  }

  get encrypts(): boolean {
    return true;
  }

  get hidesType(): boolean {
    return false;
  }

  /** The explicit part of the nonce and the tag. */
  get overhead(): number {
    return this.#explicitLength + TAG_LENGTH;
  }

  get sequence(): number {
    return this.#records.sequence;
  }

  get recordsLeft(): number {
    return this.#records.left;
  }

  wireType(contentType: number): number {
    return contentType;
  }

  /**
   * Encrypts a fragment.
   *
   * @param contentType The content type.
   * @param fragment The content, at most 2^14 bytes.
   * @returns The `GenericAEADCipher`.
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` if the keys may protect no more.
   * @throws {RangeError} If the content is longer.
   */
  async seal(contentType: number, fragment: Uint8Array<ArrayBuffer>): Promise<SealedFragment> {
    const { length } = fragment;
    checkContentToSeal(length);
    const sequence = this.#records.next();
    this.#writeNonce(sequence);
    const prefix = this.#explicitLength === 0
      ? NO_PREFIX
      : nonce.slice(NONCE_LENGTH - this.#explicitLength);
    writeAdditionalData(additionalData, sequence, contentType, TLS_1_2, length);
    const encrypted = await crypto.subtle.encrypt(this.#params, this.#key, fragment);
    return { prefix, body: new Uint8Array(encrypted) };
  }

  /**
   * Decrypts a record.
   *
   * @param record The record.
   * @returns The content type of its header, and its content.
   * @throws {SslError} `SSL_ERROR_BAD_MAC_READ` if it does not decrypt,
   * `SSL_ERROR_RX_RECORD_TOO_LONG` if it is longer than 2^14+2048 or its content than 2^14,
   * `SSL_ERROR_TOO_MANY_RECORDS` if the keys may protect no more.
   */
  async open({ type, version, fragment }: SealedRecord): Promise<OpenedFragment> {
    checkCiphertextLength(fragment.length);
    const sequence = this.#records.next();
    const explicitLength = this.#explicitLength;
    const length = fragment.length - explicitLength - TAG_LENGTH;
    if (length < 0) throw badRecordMac();
    this.#writeNonce(sequence);
    // The sender chooses the explicit part: RFC 5288, Section 3 only requires it to be unique.
    for (let i = 0; i < explicitLength; i++) {
      nonce[NONCE_LENGTH - explicitLength + i] = fragment[i]!;
    }
    writeAdditionalData(additionalData, sequence, type, version, length);
    let content;
    try {
      const encrypted = explicitLength === 0 ? fragment : fragment.subarray(explicitLength);
      content = await crypto.subtle.decrypt(this.#params, this.#key, encrypted);
    } catch (cause) {
      if (!isDecryptionFailure(cause)) throw cause;
      throw badRecordMac({ cause });
    }
    checkContentLength(content.byteLength);
    return { type, fragment: new Uint8Array(content) };
  }

  restart(): Tls12AeadSpec {
    const fixedIv = this.#iv.subarray(0, NONCE_LENGTH - this.#explicitLength);
    return new Tls12AeadSpec(this.#suite, this.#key, fixedIv);
  }

  #writeNonce(sequence: number): void {
    nonce.set(this.#iv);
    nonceView.setUint32(4, this.#ivHigh ^ Math.floor(sequence / 0x1_0000_0000));
    nonceView.setUint32(8, this.#ivLow ^ sequence);
  }
}
