// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import { BLOCK_LENGTH, paddedLength, removePadding, writePadding } from "./cbc_padding.ts";
import {
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

/** The columns of a cipher suite that protect records with AES-CBC and an HMAC. */
export type Tls12CbcSuite = Pick<Tls12CipherSuite, "name" | "mac" | "macLength" | "maxRecords">;

/** The keys of one direction. */
export interface Tls12CbcKeys {
  /** The key of AES-CBC. */
  readonly encryption: CryptoKey;
  /** The key of the HMAC, for signing and verification. */
  readonly mac: CryptoKey;
}

/** The options of a {@linkcode Tls12CbcSpec}. */
export interface Tls12CbcOptions {
  /** Whether encrypt-then-MAC was negotiated (RFC 7366). */
  readonly encryptThenMac: boolean;
  /** Returns `length` random bytes: the IV of each record must be unpredictable. */
  readonly random: (length: number) => Uint8Array<ArrayBuffer>;
  /** The first record's sequence number; 0 by default. */
  readonly sequence?: number;
}

const EMPTY = new Uint8Array(0);

/**
 * The record protection of TLS 1.2's AES-CBC suites (RFC 5246, Section 6.2.3.2), with
 * MAC-then-encrypt, or with encrypt-then-MAC if negotiated (RFC 7366).
 *
 * ```text
 * MAC-then-encrypt: IV, ENC(content + MAC(additional_data + content) + padding)
 * encrypt-then-MAC: IV, ENC(content + padding), MAC(additional_data + IV + ENC(content + padding))
 * ```
 *
 * With MAC-then-encrypt, an attacker who can tell by timing whether the padding or the MAC was
 * wrong can decrypt the content byte by byte (Vaudenay's attack, Lucky Thirteen). Here the padding
 * is checked without branches; an invalid one is taken for a single byte and the MAC is verified
 * all the same; a second HMAC compensates for the blocks that a long padding saves the first. So
 * all records of one length take the same number of operations, and all faults are the same error.
 * *Not* guaranteed is equal time in the JavaScript engine, garbage collector, WebCrypto's copies
 * and processor caches. Therefore these suites are off by default. Encrypt-then-MAC is not
 * affected, since the MAC over the ciphertext is verified before decryption.
 */
export class Tls12CbcSpec implements RecordProtection {
  readonly #suite: Tls12CbcSuite;
  readonly #keys: Tls12CbcKeys;
  readonly #options: Tls12CbcOptions;
  readonly #records: RecordCounter;

  /**
   * Creates a protection from keys.
   *
   * @param suite The cipher suite.
   * @param keys The keys of the direction.
   * @param options The order of encryption and MAC, and the source of IVs.
   */
  constructor(suite: Tls12CbcSuite, keys: Tls12CbcKeys, options: Tls12CbcOptions) {
    this.#suite = suite;
    this.#keys = keys;
    this.#options = options;
    this.#records = new RecordCounter(suite, options.sequence ?? 0);
  }

  get encrypts(): boolean {
    return true;
  }

  get hidesType(): boolean {
    return false;
  }

  /**
   * The IV, the MAC and one block of padding, the maximum that {@linkcode Tls12CbcSpec.seal}
   * writes.
   */
  get overhead(): number {
    return BLOCK_LENGTH + this.#suite.macLength + BLOCK_LENGTH;
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
   * @returns The `GenericBlockCipher`.
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` if the keys may protect no more.
   * @throws {RangeError} If the content is longer.
   */
  async seal(contentType: number, fragment: Uint8Array<ArrayBuffer>): Promise<SealedFragment> {
    checkContentToSeal(fragment.length);
    const sequence = this.#records.next();
    const iv = this.#options.random(BLOCK_LENGTH);
    return this.#options.encryptThenMac
      ? await this.#encryptThenMac(sequence, contentType, fragment, iv)
      : await this.#macThenEncrypt(sequence, contentType, fragment, iv);
  }

  /**
   * Decrypts a record.
   *
   * @param record The record.
   * @returns The content type of its header, and its content.
   * @throws {SslError} `SSL_ERROR_BAD_MAC_READ` if its length, padding or MAC is wrong,
   * `SSL_ERROR_RX_RECORD_TOO_LONG` if it is longer than 2^14+2048 or its content than 2^14,
   * `SSL_ERROR_TOO_MANY_RECORDS` if the keys may protect no more.
   */
  async open(record: SealedRecord): Promise<OpenedFragment> {
    checkCiphertextLength(record.fragment.length);
    const sequence = this.#records.next();
    const content = this.#options.encryptThenMac
      ? await this.#verifyThenDecrypt(sequence, record)
      : await this.#decryptThenVerify(sequence, record);
    checkContentLength(content.length);
    return { type: record.type, fragment: content };
  }

  restart(): Tls12CbcSpec {
    return new Tls12CbcSpec(this.#suite, this.#keys, { ...this.#options, sequence: 0 });
  }

  async #macThenEncrypt(
    sequence: number,
    contentType: number,
    fragment: Uint8Array<ArrayBuffer>,
    iv: Uint8Array<ArrayBuffer>,
  ): Promise<SealedFragment> {
    const length = fragment.length + this.#suite.macLength;
    const buffer = new Uint8Array(ADDITIONAL_DATA_LENGTH + paddedLength(length));
    writeAdditionalData(buffer, sequence, contentType, TLS_1_2, fragment.length);
    buffer.set(fragment, ADDITIONAL_DATA_LENGTH);
    const padded = buffer.subarray(ADDITIONAL_DATA_LENGTH);
    const mac = await this.#sign(buffer.subarray(0, ADDITIONAL_DATA_LENGTH + fragment.length));
    padded.set(new Uint8Array(mac), fragment.length);
    writePadding(padded, length);
    const encrypted = await this.#encrypt(iv, padded);
    return { prefix: iv, body: new Uint8Array(encrypted, 0, padded.length) };
  }

  async #encryptThenMac(
    sequence: number,
    contentType: number,
    fragment: Uint8Array<ArrayBuffer>,
    iv: Uint8Array<ArrayBuffer>,
  ): Promise<SealedFragment> {
    const padded = new Uint8Array(paddedLength(fragment.length));
    padded.set(fragment);
    writePadding(padded, fragment.length);
    const length = iv.length + padded.length;
    const signed = ADDITIONAL_DATA_LENGTH + length;
    const buffer = new Uint8Array(signed + this.#suite.macLength);
    writeAdditionalData(buffer, sequence, contentType, TLS_1_2, length);
    buffer.set(iv, ADDITIONAL_DATA_LENGTH);
    const encrypted = await this.#encrypt(iv, padded);
    buffer.set(new Uint8Array(encrypted, 0, padded.length), ADDITIONAL_DATA_LENGTH + iv.length);
    buffer.set(new Uint8Array(await this.#sign(buffer.subarray(0, signed))), signed);
    return { prefix: NO_PREFIX, body: buffer.subarray(ADDITIONAL_DATA_LENGTH) };
  }

  async #verifyThenDecrypt(
    sequence: number,
    { type, version, fragment }: SealedRecord,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const length = fragment.length - this.#suite.macLength;
    if (length < 2 * BLOCK_LENGTH || length % BLOCK_LENGTH !== 0) throw badRecordMac();
    const signed = ADDITIONAL_DATA_LENGTH + length;
    const buffer = new Uint8Array(signed + BLOCK_LENGTH);
    writeAdditionalData(buffer, sequence, type, version, length);
    buffer.set(fragment.subarray(0, length), ADDITIONAL_DATA_LENGTH);
    // RFC 7366, Section 3: the MAC SHALL be evaluated before any further processing.
    const matches = await this.#verify(fragment.subarray(length), buffer.subarray(0, signed));
    if (!matches) throw badRecordMac();
    const padded = await this.#decrypt(buffer.subarray(ADDITIONAL_DATA_LENGTH));
    const unpadded = removePadding(padded, 0);
    if (unpadded.good === 0) throw badRecordMac();
    return padded.subarray(0, unpadded.length);
  }

  async #decryptThenVerify(
    sequence: number,
    { type, version, fragment }: SealedRecord,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { macLength } = this.#suite;
    const least = BLOCK_LENGTH + paddedLength(macLength);
    if (fragment.length < least || fragment.length % BLOCK_LENGTH !== 0) throw badRecordMac();
    const extended = new Uint8Array(fragment.length + BLOCK_LENGTH);
    extended.set(fragment);
    const padded = await this.#decrypt(extended);
    const unpadded = removePadding(padded, macLength);
    const length = unpadded.length - macLength;
    const signed = new Uint8Array(ADDITIONAL_DATA_LENGTH + padded.length);
    writeAdditionalData(signed, sequence, type, version, length);
    signed.set(padded, ADDITIONAL_DATA_LENGTH);
    const matches = await this.#verify(
      padded.subarray(length, unpadded.length),
      signed.subarray(0, ADDITIONAL_DATA_LENGTH + length),
    );
    await this.#sign(this.#balance(length, padded.length - macLength - 1));
    // RFC 5246, Section 6.2.3.2: one error, after the same work, for invalid padding and a wrong
    // MAC.
    if ((unpadded.good & Number(matches)) === 0) throw badRecordMac();
    return padded.subarray(0, length);
  }

  /**
   * Returns zeros that fill the hash blocks by which the content is shorter than the longest one of
   * its record, so that both HMACs together cost the same for all records of one length.
   */
  #balance(length: number, longest: number): Uint8Array<ArrayBuffer> {
    const blockLength = hashBlockLength(this.#suite.macLength);
    const blocks = (content: number) => hashBlocks(ADDITIONAL_DATA_LENGTH + content, blockLength);
    return ZEROS.subarray(0, (blocks(longest) - blocks(length)) * blockLength);
  }

  /**
   * Encrypts padded data. WebCrypto appends a block of its own padding (PKCS #7), which the callers
   * leave out.
   */
  #encrypt(
    iv: Uint8Array<ArrayBuffer>,
    padded: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer> {
    return crypto.subtle.encrypt({ name: "AES-CBC", iv }, this.#keys.encryption, padded);
  }

  /**
   * Decrypts data, including the padding of TLS. WebCrypto requires PKCS #7 padding, so a block of
   * it is appended: the encryption of no data with the last block as IV.
   *
   * @param extended The IV and the encrypted blocks, followed by room for that block.
   */
  async #decrypt(extended: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const length = extended.length - BLOCK_LENGTH;
    const lastBlock = extended.subarray(length - BLOCK_LENGTH, length);
    extended.set(new Uint8Array(await this.#encrypt(lastBlock, EMPTY)), length);
    return new Uint8Array(
      await crypto.subtle.decrypt(
        { name: "AES-CBC", iv: extended.subarray(0, BLOCK_LENGTH) },
        this.#keys.encryption,
        extended.subarray(BLOCK_LENGTH),
      ),
    );
  }

  #sign(data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    return crypto.subtle.sign("HMAC", this.#keys.mac, data);
  }

  #verify(mac: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return crypto.subtle.verify("HMAC", this.#keys.mac, mac, data);
  }
}

/** Enough for `#balance`: the longest padding spans at most four blocks, of at most 128 bytes. */
const ZEROS = new Uint8Array(4 * 128);

/**
 * Returns the block length of a hash function in bytes: 64 for SHA-1 and SHA-256, 128 for SHA-384
 * (FIPS 180-4).
 */
function hashBlockLength(hashLength: number): number {
  return hashLength > 32 ? 128 : 64;
}

/**
 * Returns the number of hash blocks of a message with its end: a one bit, and the length in an
 * eighth of a block.
 */
function hashBlocks(length: number, blockLength: number): number {
  return Math.ceil((length + 1 + blockLength / 8) / blockLength);
}
