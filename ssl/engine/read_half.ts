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

/** A record after its protection is off. */
export interface OpenedRecord {
  /** The true content type. */
  readonly type: number;
  /** The content. */
  readonly fragment: Uint8Array<ArrayBuffer>;
  /** Whether it came in clear. */
  readonly inClear: boolean;
}

/** A record being opened; the ciphertext is kept so that a key change can open it anew. */
interface PendingRecord {
  readonly record: SealedRecord | undefined;
  readonly opened: Promise<OpenedRecord>;
}

/**
 * How much early data a server that accepts none reads past before it gives up
 * (RFC 8446, Section 4.2.10; BoringSSL's `kMaxEarlyDataSkipped`).
 */
export const MAX_SKIPPED_EARLY_DATA = 16384;

/**
 * The receiving half of a connection: cuts the peer's bytes into records and opens them.
 *
 * Up to a window of records are opened at once, with consecutive sequence numbers, and handed out
 * in order.
 */
export class ReadHalf {
  /** The handshake messages that the records carry. */
  readonly joiner: HandshakeJoiner = new HandshakeJoiner();
  /**
   * The most plaintext that the peer may put into a protected record, in TLS 1.3 with its inner
   * type (RFC 8449, Section 4).
   */
  recordSizeLimit = Infinity;
  /** Whether the handshake message that is being handled is part of a flight of the peer's. */
  inFlight = false;
  readonly #deframer = new Deframer();
  #protection: RecordProtection = new PlaintextSpec();
  #pending: PendingRecord[] = [];
  #skippable: "no" | "in clear" | "undecryptable" = "no";
  #skipped = 0;
  #openedAny = false;
  #applicationData: Uint8Array<ArrayBuffer>[] = [];
  #applicationDataLength = 0;

  /**
   * Takes more bytes from the peer; they are read in place until {@linkcode ReadHalf.finishChunk}.
   */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#deframer.push(chunk);
  }

  /**
   * Keeps a copy of the unfinished record at the chunk's end; the chunk may be reused afterwards.
   */
  finishChunk(): void {
    this.#deframer.finishChunk();
  }

  /** Whether the peer stopped in the middle of a record or of a handshake message. */
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
   * Reads past early data from now on: in clear sight of its record type, or because it does not
   * decrypt.
   */
  skipEarlyData(how: "in clear" | "undecryptable"): void {
    this.#skippable = how;
    // What comes encrypted is longer than what may come in clear.
    if (how === "in clear") this.#deframer.limit = MAX_CIPHERTEXT_LENGTH;
  }

  /**
   * The next record of what was pushed.
   *
   * @param window How many records to open ahead.
   * @returns The record, or `null` when no whole record is left.
   */
  async next(window: number): Promise<OpenedRecord | null> {
    for (;;) {
      this.#fill(window);
      const head = this.#pending.shift();
      if (head === undefined) return null;
      if (this.#skipsInClear(head.record)) continue;
      try {
        const opened = await head.opened;
        if (!opened.inClear) {
          this.#openedAny = true;
          this.#skippable = "no";
        }
        return opened;
      } catch (error) {
        if (!this.#skipsUndecryptable(head.record, error)) throw error;
        // A record that is skipped takes no sequence number.
        this.#protection = this.#protection.restart();
      }
    }
  }

  /**
   * Ends the peer's flight, if it is in one: this end answers it, or the handshake is complete.
   * No honest peer has written anything behind that end before it has the answer.
   *
   * @throws {SslError} NSS's `SSL_ERROR_RX_UNEXPECTED_*` for the message that stands there.
   */
  endFlight(): void {
    const type = this.inFlight ? this.joiner.pendingType : null;
    if (type !== null) throw unexpectedMessage(type);
  }

  /**
   * RFC 8446, Section 5.1: between the fragments of a handshake message there MUST NOT be other
   * records.
   *
   * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE` in the middle of one.
   */
  refuseInterleaving(): void {
    if (!this.joiner.pending) return;
    throw new SslError(
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      "Cannot take record: it interrupts a handshake message",
    );
  }

  /** The bytes of application data that have been read and not been taken. */
  get pendingLength(): number {
    return this.#applicationDataLength;
  }

  /** Keeps a record's application data until it is taken. */
  pushApplicationData(fragment: Uint8Array<ArrayBuffer>): void {
    this.#applicationData.push(fragment);
    this.#applicationDataLength += fragment.length;
  }

  /**
   * The next application data, in the pieces that the peer's records had.
   *
   * @param limit The most bytes to take.
   * @returns The bytes, the caller's to keep; `null` when there are none for now.
   */
  takeApplicationData(limit: number): Uint8Array<ArrayBuffer> | null {
    const first = this.#applicationData[0];
    if (first === undefined) return null;
    if (first.length <= limit) {
      this.#applicationData.shift();
      this.#applicationDataLength -= first.length;
      return first;
    }
    this.#applicationData[0] = first.subarray(limit);
    this.#applicationDataLength -= limit;
    return first.subarray(0, limit);
  }

  #fill(window: number): void {
    while (this.#pending.length < window) {
      let record;
      try {
        record = this.#deframer.next();
      } catch (error) {
        // The records before the bad one are still good: its turn comes after theirs.
        this.#pending.push({ record: undefined, opened: rejected(error) });
        return;
      }
      if (record === null) return;
      this.#pending.push(this.#open(record));
    }
  }

  #open(record: SealedRecord): PendingRecord {
    const { type, fragment } = record;
    // While early data is skipped in clear, only that may be as long as a sealed record.
    if (!this.#protection.encrypts && fragment.length > MAX_PLAINTEXT_LENGTH) {
      return { record, opened: rejected(tooLong(fragment.length)) };
    }
    const { encrypts, hidesType } = this.#protection;
    if (!encrypts || (hidesType && type === ContentType.changeCipherSpec)) {
      return { record, opened: Promise.resolve({ type, fragment, inClear: true }) };
    }
    if (!hidesType) return this.#decrypt(record);
    // A peer that could not read our hello has no keys to encrypt its alert with.
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
    opened.catch(() => {}); // next() reports it when its turn comes, unless a key change drops it
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
    // Its header as well: records may be empty.
    this.#skipped += RECORD_HEADER_LENGTH + record.fragment.length;
    if (this.#skipped > MAX_SKIPPED_EARLY_DATA) {
      throw new SslError(
        "SSL_ERROR_TOO_MUCH_EARLY_DATA",
        `Cannot skip early data: more than ${MAX_SKIPPED_EARLY_DATA} bytes came`,
      );
    }
  }
}

/** Of every AEAD of TLS 1.3 (RFC 8446, Section 5.2). */
const AEAD_TAG_LENGTH = 16;

function tooLong(length: number, limit = MAX_PLAINTEXT_LENGTH): SslError {
  return new SslError(
    "SSL_ERROR_RX_RECORD_TOO_LONG",
    `Cannot read record: it is ${length} bytes long, more than ${limit}`,
  );
}

/** How long a record may be (RFC 8446, Section 5.2; RFC 5246, Section 6.2.3). */
function limitOf({ encrypts, hidesType }: RecordProtection): number {
  if (!encrypts) return MAX_PLAINTEXT_LENGTH;
  return hidesType ? MAX_CIPHERTEXT_LENGTH : MAX_CIPHERTEXT_LENGTH_TLS12;
}

function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
