// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { unexpectedMessage } from "../handshake/handshake.ts";
import { HandshakeJoiner } from "../messages/handshake.ts";
import { PlaintextSpec, type RecordProtection } from "../record/cipher_spec.ts";
import { Deframer, type SealedRecord } from "../record/deframer.ts";
import {
  MAX_CIPHERTEXT_LENGTH,
  MAX_CIPHERTEXT_LENGTH_TLS12,
  MAX_PLAINTEXT_LENGTH,
  RECORD_HEADER_LENGTH,
} from "../record/header.ts";
import { ContentType } from "../tables/content_types.ts";
import { ByteQueue, freeBuffer } from "./byte_queue.ts";

/** A record whose protection is removed. */
export interface OpenedRecord {
  /** The content type; in TLS 1.3 the inner one. */
  readonly type: number;
  /** The content. */
  readonly fragment: Uint8Array<ArrayBuffer>;
  /** Whether it was not encrypted. */
  readonly inClear: boolean;
}

/** A record being opened; the ciphertext is kept to open it again after a key change. */
interface PendingRecord {
  readonly record: SealedRecord | undefined;
  readonly opened: Promise<OpenedRecord>;
}

/**
 * The maximum number of bytes of early data that a server skips (RFC 8446, Section 4.2.10), counted
 * with the first record's header, inner type and tag (BoringSSL: `kMaxEarlyDataSkipped`).
 */
export const MAX_SKIPPED_EARLY_DATA = 16384;
/**
 * The bytes of each further record that do not count, since servers that accept early data count
 * its content only: header, inner type and tag.
 */
export const SKIPPED_RECORD_OVERHEAD = 22;
/** The maximum number of records of early data that a server skips; each costs a decryption. */
export const MAX_SKIPPED_RECORDS = 64;

/**
 * The receiving half of a connection, which splits the peer's bytes into records and opens them.
 *
 * Up to a window of records are opened concurrently, with consecutive sequence numbers, and
 * returned in order.
 */
export class ReadHalf {
  /** Joins the content of handshake records into messages. */
  readonly joiner: HandshakeJoiner = new HandshakeJoiner();
  /** The application data that has been received and not yet taken. */
  readonly applicationData: ByteQueue = new ByteQueue();
  /**
   * The maximum length in bytes of the plaintext of a protected record, in TLS 1.3 with its inner
   * type (RFC 8449, Section 4).
   */
  recordSizeLimit = Infinity;
  /** Whether the message being processed is part of a flight of the peer. */
  inFlight = false;
  readonly #deframer = new Deframer();
  #protection: RecordProtection = new PlaintextSpec();
  #pending: PendingRecord[] = [];
  /** The number of pending records that are not of the chunk that was added early. */
  #beforeEarly = Infinity;
  #skippable: "no" | "in clear" | "undecryptable" = "no";
  #skipLimit = MAX_SKIPPED_EARLY_DATA;
  #skippedRecords = 0;
  #skippedBytes = 0;
  #openedAny = false;

  /** Adds bytes of the peer, which are read in place until {@linkcode ReadHalf.finishChunk}. */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#deframer.push(chunk);
  }

  /**
   * Adds the chunk after the current one, and begins to open its records, while those of the
   * current one are still being opened. {@linkcode ReadHalf.next} returns them after
   * {@linkcode ReadHalf.startEarly}.
   *
   * @param chunk The bytes, which must not change until its records have been returned.
   * @param window The number of records to open concurrently.
   * @returns Whether it was added; not while records of the current chunk wait to be opened.
   */
  pushEarly(chunk: Uint8Array<ArrayBuffer>, window: number): boolean {
    if (this.#beforeEarly !== Infinity || !this.#protection.encrypts) return false;
    if (!this.#fill(window)) return false;
    this.#beforeEarly = this.#pending.length;
    this.#deframer.finishChunk();
    this.#deframer.push(chunk);
    this.#fill(window);
    return true;
  }

  /** Makes the chunk that was added early the current one. */
  startEarly(): void {
    this.#beforeEarly = Infinity;
  }

  /** Copies the incomplete record at the end of the chunk, which may then be reused. */
  finishChunk(): void {
    if (this.#beforeEarly === Infinity) this.#deframer.finishChunk();
  }

  /** Whether the bytes end in the middle of a record or a handshake message. */
  get partial(): boolean {
    return this.#deframer.pending || this.joiner.pending;
  }

  /** The protection of the next record. */
  get protection(): RecordProtection {
    return this.#protection;
  }

  /**
   * Replaces the protection; records opened ahead under the old one are opened again.
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_HANDSHAKE` if a handshake message straddles the
   * change.
   */
  install(protection: RecordProtection): void {
    // RFC 8446, Section 5.1: handshake messages MUST NOT span key changes.
    if (this.joiner.pending) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE",
        "Cannot change keys: the peer's handshake message does not end with its record",
      );
    }
    this.#protection = protection;
    this.#deframer.limit = limitOf(protection);
    if (this.#skippable === "in clear") this.#skippable = "no";
    this.#pending = this.#pending.map(({ record, opened }) =>
      record === undefined ? { record, opened } : this.#open(record)
    );
  }

  /**
   * Skips early data from now on: recognized by its record type while records are not encrypted, or
   * because it does not decrypt.
   *
   * @param limit The bytes that tickets of this server allow: clients may send as many.
   */
  skipEarlyData(how: "in clear" | "undecryptable", limit: number): void {
    this.#skippable = how;
    this.#skipLimit = Math.max(MAX_SKIPPED_EARLY_DATA, limit + SKIPPED_RECORD_OVERHEAD);
    // Encrypted records may be longer than those in clear.
    if (how === "in clear") this.#deframer.limit = MAX_CIPHERTEXT_LENGTH;
  }

  /**
   * Returns the next record.
   *
   * @param window The number of records to open concurrently.
   * @returns The record; `null` if no complete record of the current chunk is left.
   */
  async next(window: number): Promise<OpenedRecord | null> {
    for (;;) {
      if (this.#beforeEarly === 0) return null;
      this.#fill(window);
      const head = this.#pending.shift();
      if (head === undefined) return null;
      this.#beforeEarly--;
      if (this.#skipsInClear(head.record)) continue;
      try {
        const opened = await head.opened;
        if (!opened.inClear) {
          this.#openedAny = true;
          this.#skippable = "no";
          if (head.record?.copied) freeBuffer(head.record.fragment);
        }
        return opened;
      } catch (error) {
        if (!this.#skipsUndecryptable(head.record, error)) throw error;
        // A skipped record does not count in the sequence number.
        this.#protection = this.#protection.restart();
      }
    }
  }

  /**
   * Ends a flight of the peer, because this end answers it or the handshake is complete: the peer
   * must not send another message before the answer.
   *
   * @throws {SslError} The `SSL_ERROR_RX_UNEXPECTED_*` of a message that follows the flight.
   */
  endFlight(): void {
    const type = this.inFlight ? this.joiner.pendingType : null;
    if (type !== null) throw unexpectedMessage(type);
  }

  /**
   * Refuses another record in the middle of a handshake message: "Handshake messages MUST NOT be
   * interleaved with other record types" (RFC 8446, Section 5.1).
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE` within a handshake message.
   */
  refuseInterleaving(): void {
    if (!this.joiner.pending) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      "Cannot take record: it interrupts a handshake message",
    );
  }

  /** Begins to open records; returns whether all complete ones have been begun. */
  #fill(window: number): boolean {
    while (this.#pending.length < window) {
      let record;
      try {
        record = this.#deframer.next();
      } catch (error) {
        // The error is thrown after the valid records before it.
        this.#pending.push({ record: undefined, opened: rejected(error) });
        return false;
      }
      if (record === null) return true;
      this.#pending.push(this.#open(record));
    }
    return false;
  }

  #open(record: SealedRecord): PendingRecord {
    const { type, fragment } = record;
    // While early data is skipped in clear, only its records may exceed MAX_PLAINTEXT_LENGTH.
    if (!this.#protection.encrypts && fragment.length > MAX_PLAINTEXT_LENGTH) {
      return { record, opened: rejected(tooLong(fragment.length)) };
    }
    const { encrypts, hidesType } = this.#protection;
    if (!encrypts || (hidesType && type === ContentType.changeCipherSpec)) {
      return { record, opened: Promise.resolve({ type, fragment, inClear: true }) };
    }
    if (!hidesType) return this.#decrypt(record);
    // A peer that could not process this end's hello has no keys to encrypt its alert with.
    if (type === ContentType.alert && !this.#openedAny) {
      return { record, opened: Promise.resolve({ type, fragment, inClear: true }) };
    }
    if (type !== ContentType.applicationData) {
      return {
        record,
        opened: rejected(
          new SslError(
            "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
            `Cannot read record: type ${type} comes in clear after encryption began`,
          ),
        ),
      };
    }
    return this.#decrypt(record);
  }

  #decrypt(record: SealedRecord): PendingRecord {
    const limit = this.recordSizeLimit;
    const { hidesType } = this.#protection;
    const innerLength = record.fragment.length - AEAD_TAG_LENGTH;
    if (hidesType && innerLength > limit) {
      return { record, opened: rejected(tooLong(innerLength, limit)) };
    }
    const opened = this.#protection.open(record).then(({ type, fragment }) => {
      if (!hidesType && fragment.length > limit) throw tooLong(fragment.length, limit);
      return { type, fragment, inClear: false };
    });
    opened.catch(() => {}); // next() throws it, unless a key change drops it
    return { record, opened };
  }

  #skipsInClear(record: SealedRecord | undefined): boolean {
    if (this.#skippable !== "in clear" || record?.type !== ContentType.applicationData) {
      return false;
    }
    this.#countSkipped(record);
    return true;
  }

  #skipsUndecryptable(record: SealedRecord | undefined, error: unknown): boolean {
    if (this.#skippable !== "undecryptable" || record === undefined) return false;
    if (!(error instanceof SslError) || error.name !== "SSL_ERROR_BAD_MAC_READ") return false;
    this.#countSkipped(record);
    return true;
  }

  #countSkipped(record: SealedRecord): void {
    this.#skippedBytes += RECORD_HEADER_LENGTH + record.fragment.length;
    const budget = this.#skipLimit + SKIPPED_RECORD_OVERHEAD * this.#skippedRecords++;
    // Records of 256 bytes at least, on average
    const maxRecords = MAX_SKIPPED_RECORDS * this.#skipLimit / MAX_SKIPPED_EARLY_DATA;
    if (this.#skippedBytes <= budget && this.#skippedRecords <= maxRecords) return;
    throw new SslError(
      "SSL_ERROR_TOO_MUCH_EARLY_DATA",
      `Cannot skip early data: more than ${this.#skipLimit} bytes or ` +
        `${Math.floor(maxRecords)} records came`,
    );
  }
}

/** The tag length in bytes of every AEAD of TLS 1.3 (RFC 8446, Section 5.2). */
const AEAD_TAG_LENGTH = 16;

function tooLong(length: number, limit = MAX_PLAINTEXT_LENGTH): SslError {
  return new SslError(
    "SSL_ERROR_RX_RECORD_TOO_LONG",
    `Cannot read record: it is ${length} bytes long, more than ${limit}`,
  );
}

/** Returns the maximum length of a record (RFC 8446, Section 5.2; RFC 5246, Section 6.2.3). */
function limitOf({ encrypts, hidesType }: RecordProtection): number {
  if (!encrypts) return MAX_PLAINTEXT_LENGTH;
  return hidesType ? MAX_CIPHERTEXT_LENGTH : MAX_CIPHERTEXT_LENGTH_TLS12;
}

function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
