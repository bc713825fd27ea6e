// Copyright 2026 the NSS for Deno authors. MIT license.

import type { RecordProtection } from "../record/cipher_spec.ts";
import { PlaintextSpec } from "../record/cipher_spec.ts";
import { fragments } from "../record/fragmenter.ts";
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH, writeRecordHeader } from "../record/header.ts";
import { ContentType } from "../tables/content_types.ts";
import { TLS_1_2 } from "../tables/versions.ts";

/** One record on its way out: its place in the queue is its place on the wire. */
interface QueuedRecord {
  readonly wireType: number;
  readonly version: number;
  /** The protected fragment, once the seal has resolved. */
  sealed: Uint8Array<ArrayBuffer> | undefined;
  /** Settles when {@linkcode QueuedRecord.sealed} is set, or rejects when the seal failed. */
  readonly done: Promise<void>;
}

/** At most this much leaves in one transport write; every record fits. */
export const MAX_OUTPUT_LENGTH = 16 * (MAX_PLAINTEXT_LENGTH + 256);

/**
 * The sending half of a connection: cuts, seals and queues.
 *
 * Seals run at once and may resolve in any order; the queue keeps the order of the calls. A key
 * change swaps the protection between two calls: records in flight keep the old one.
 */
export class WriteHalf {
  /**
   * The most plaintext that the peer takes in a protected record, in TLS 1.3 with its inner type
   * (RFC 8449, Section 4).
   */
  recordSizeLimit = Infinity;
  #protection: RecordProtection = new PlaintextSpec();
  #queue: QueuedRecord[] = [];
  #handshake: Uint8Array<ArrayBuffer>[] = [];
  #output: Uint8Array<ArrayBuffer> | undefined;
  /** What the first record says; the later ones say 0x0303 (RFC 8446, Section 5.1). */
  #version: number;
  /** Whether a change_cipher_spec has been sent in clear. */
  #sentChangeCipherSpec = false;

  /** Starts in clear; `initialVersion` is the first record's legacy version. */
  constructor(initialVersion: number) {
    this.#version = initialVersion;
  }

  /** The protection that the next record gets. */
  get protection(): RecordProtection {
    return this.#protection;
  }

  /** The records that have not left yet, sealed or being sealed. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Whether nothing waits to leave. */
  get empty(): boolean {
    return this.#queue.length === 0 && this.#handshake.length === 0;
  }

  /** Replaces the protection; what was written before keeps the old one. */
  install(protection: RecordProtection): void {
    this.flushHandshake();
    this.#protection = protection;
  }

  /** Keeps a framed handshake message until the flight is cut into records, as few as will do. */
  writeHandshake(message: Uint8Array<ArrayBuffer>): void {
    this.#handshake.push(message);
  }

  /** Cuts the handshake messages kept so far into records. */
  flushHandshake(): void {
    if (this.#handshake.length === 0) return;
    const messages = this.#handshake;
    this.#handshake = [];
    const flight = messages.length === 1 ? messages[0]! : concat(messages);
    for (const fragment of fragments(flight, this.#maxFragment)) {
      this.#seal(ContentType.handshake, fragment);
    }
  }

  /** Seals one record of another type than handshake. */
  writeRecord(type: number, fragment: Uint8Array<ArrayBuffer>): void {
    this.flushHandshake();
    this.#seal(type, fragment);
  }

  /**
   * Queues a change_cipher_spec: of TLS 1.2, protected as the messages before it; of TLS 1.3, in
   * clear and once, which only middleboxes read (RFC 8446, Appendix D.4).
   */
  writeChangeCipherSpec(): void {
    const { encrypts, hidesType } = this.#protection;
    if (encrypts && !hidesType) {
      return this.writeRecord(ContentType.changeCipherSpec, new Uint8Array([1]));
    }
    if (this.#sentChangeCipherSpec) return;
    this.#sentChangeCipherSpec = true;
    this.flushHandshake();
    this.#queue.push({
      wireType: ContentType.changeCipherSpec,
      version: TLS_1_2,
      sealed: new Uint8Array([1]),
      done: Promise.resolve(),
    });
  }

  /**
   * Seals application data until the window is full.
   *
   * @param data What to send; copied at the call.
   * @param window The most records that may wait or be under way.
   * @returns How many bytes were taken.
   */
  writeApplicationData(data: Uint8Array<ArrayBuffer>, window: number): number {
    this.flushHandshake();
    let taken = 0;
    for (const fragment of fragments(data, this.#maxFragment)) {
      if (this.#queue.length >= window || this.#protection.recordsLeft <= RESERVED_RECORDS) break;
      this.#seal(ContentType.applicationData, fragment);
      taken += fragment.length;
    }
    return taken;
  }

  /**
   * The next bytes for the transport: the oldest record and all sealed ones right behind it.
   *
   * @returns The bytes, valid until the next call; `null` when nothing is queued.
   */
  async take(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.flushHandshake();
    const head = this.#queue[0];
    if (head === undefined) return null;
    await head.done;
    let count = 0;
    let length = 0;
    for (const { sealed } of this.#queue) {
      if (sealed === undefined) break;
      const size = RECORD_HEADER_LENGTH + sealed.length;
      if (length + size > MAX_OUTPUT_LENGTH) break;
      length += size;
      count++;
    }
    const output = this.#outputBuffer(length);
    let offset = 0;
    for (const { wireType, version, sealed } of this.#queue.splice(0, count)) {
      writeRecordHeader(output, offset, wireType, version, sealed!.length);
      output.set(sealed!, offset + RECORD_HEADER_LENGTH);
      offset += RECORD_HEADER_LENGTH + sealed!.length;
    }
    return output.subarray(0, length);
  }

  /** Drops what has not left. */
  clear(): void {
    this.#queue = [];
    this.#handshake = [];
  }

  /** Releases the output buffer, which an idle connection has no use for. */
  releaseBuffer(): void {
    if (!this.empty || this.#output === undefined) return;
    if (FREE_BUFFERS.length < MAX_FREE_BUFFERS) FREE_BUFFERS.push(this.#output);
    this.#output = undefined;
  }

  get #maxFragment(): number {
    const { encrypts, hidesType } = this.#protection;
    if (!encrypts) return MAX_PLAINTEXT_LENGTH;
    return Math.min(MAX_PLAINTEXT_LENGTH, this.recordSizeLimit - (hidesType ? 1 : 0));
  }

  #seal(type: number, fragment: Uint8Array<ArrayBuffer>): void {
    const protection = this.#protection;
    const record: QueuedRecord = {
      wireType: protection.wireType(type),
      version: this.#version,
      sealed: undefined,
      done: protection.seal(type, fragment).then((sealed) => {
        record.sealed = sealed;
      }),
    };
    record.done.catch(() => {}); // take() reports it; until then it must not count as unhandled
    this.#version = TLS_1_2;
    this.#queue.push(record);
  }

  #outputBuffer(length: number): Uint8Array<ArrayBuffer> {
    if (length <= SMALL_OUTPUT_LENGTH) return new Uint8Array(length);
    this.#output ??= FREE_BUFFERS.pop() ?? new Uint8Array(MAX_OUTPUT_LENGTH);
    return this.#output;
  }
}

/**
 * Records kept back for the KeyUpdate and the alerts that a connection at its AEAD limit still has
 * to send.
 */
export const RESERVED_RECORDS = 8;

/**
 * Output buffers that no connection has at present. The queue of a busy one runs empty all the
 * time, and a fresh buffer for each burst costs as much as some seals.
 */
const FREE_BUFFERS: Uint8Array<ArrayBuffer>[] = [];
const MAX_FREE_BUFFERS = 4;

/** Up to here a fresh buffer is cheaper to make than a large one is to keep. */
const SMALL_OUTPUT_LENGTH = 4096;

function concat(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
