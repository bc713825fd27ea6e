// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../cert/base/bytes.ts";
import {
  NO_PREFIX,
  PlaintextSpec,
  type RecordProtection,
  type SealedFragment,
} from "../record/cipher_spec.ts";
import { fragments } from "../record/fragmenter.ts";
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH, writeRecordHeader } from "../record/header.ts";
import { ContentType } from "../tables/content_types.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import { freeBuffer } from "./byte_queue.ts";

/** A record to send, in the order of the queue. */
interface QueuedRecord {
  /** Whether it is part of a handshake, which is sent a flight at a time. */
  readonly ofHandshake: boolean;
  readonly wireType: number;
  readonly version: number;
  /** The protected fragment, when the seal has resolved. */
  sealed: SealedFragment | undefined;
  /** Resolves when {@linkcode QueuedRecord.sealed} is set; rejects if the seal failed. */
  readonly done: Promise<void>;
}

/** The maximum number of bytes of a transport write; every record fits. */
export const MAX_OUTPUT_LENGTH = 16 * (MAX_PLAINTEXT_LENGTH + 256);

/**
 * The sending half of a connection, which fragments data into records, seals and queues them.
 *
 * Seals run concurrently and may resolve in any order; the queue keeps the order of the calls.
 * Records that are being sealed during a key change keep the old protection.
 */
export class WriteHalf {
  /**
   * The maximum length in bytes of the plaintext of a protected record, in TLS 1.3 with its inner
   * type (RFC 8449, Section 4).
   */
  recordSizeLimit = Infinity;
  #protection: RecordProtection = new PlaintextSpec();
  #queue: QueuedRecord[] = [];
  #handshake: Uint8Array<ArrayBuffer>[] = [];
  #output: Uint8Array<ArrayBuffer> | undefined;
  /** The version of the next record: 0x0303 after the first one (RFC 8446, Section 5.1). */
  #version: number;
  /** Whether the queue is kept until the flight is complete. */
  #held = false;
  /** Whether a change_cipher_spec has been sent in clear. */
  #sentChangeCipherSpec = false;

  /** Creates a half without encryption; `initialVersion` is the version of the first record. */
  constructor(initialVersion: number) {
    this.#version = initialVersion;
  }

  /** The protection of the next record. */
  get protection(): RecordProtection {
    return this.#protection;
  }

  /** The number of queued records, sealed or being sealed. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Whether there is nothing to send now. */
  get empty(): boolean {
    return this.#held || (this.#queue.length === 0 && this.#handshake.length === 0);
  }

  /** Keeps what is queued from now on, until {@linkcode WriteHalf.sendFlight} or another record. */
  holdFlight(): void {
    this.#held = true;
  }

  /** Releases the flight, which {@linkcode WriteHalf.take} returns in one piece. */
  sendFlight(): void {
    this.flushHandshake();
    this.#held = false;
  }

  /** Replaces the protection of what is written from now on. */
  install(protection: RecordProtection): void {
    this.flushHandshake();
    this.#protection = protection;
  }

  /** Collects a framed handshake message, to put a flight into as few records as possible. */
  writeHandshake(message: Uint8Array<ArrayBuffer>): void {
    this.#handshake.push(message);
  }

  /** Seals the collected handshake messages. */
  flushHandshake(): void {
    if (this.#handshake.length === 0) return;
    const messages = this.#handshake;
    this.#handshake = [];
    const flight = messages.length === 1 ? messages[0]! : concat(messages);
    for (const fragment of fragments(flight, this.#maxFragment)) {
      this.#seal(ContentType.handshake, fragment);
    }
  }

  /** Seals a record of a type other than handshake. */
  writeRecord(type: number, fragment: Uint8Array<ArrayBuffer>): void {
    this.flushHandshake();
    this.#held = false; // an alert does not wait for the flight that it ends
    this.#seal(type, fragment);
  }

  /**
   * Queues a change_cipher_spec: in TLS 1.2 protected as the messages before it; in TLS 1.3 in
   * clear and only once, for middleboxes (RFC 8446, Appendix D.4).
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
      ofHandshake: true,
      wireType: ContentType.changeCipherSpec,
      version: TLS_1_2,
      sealed: { prefix: NO_PREFIX, body: new Uint8Array([1]) },
      done: Promise.resolve(),
    });
  }

  /**
   * Seals application data until the window is full.
   *
   * @param data The data, copied at the call.
   * @param window The maximum number of queued records.
   * @returns The number of bytes that were sealed.
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
   * Returns and removes the next bytes for the transport: the oldest record, with the rest of its
   * flight, and the sealed ones that follow it.
   *
   * @returns The bytes, valid until the next call; `null` if nothing is queued.
   */
  async take(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#held) return null;
    this.flushHandshake();
    const head = this.#queue[0];
    if (head === undefined) return null;
    await head.done;
    if (head.ofHandshake) await this.#sealFlight();
    let count = 0;
    let length = 0;
    for (const { sealed } of this.#queue) {
      if (sealed === undefined) break;
      const size = RECORD_HEADER_LENGTH + lengthOf(sealed);
      if (length + size > MAX_OUTPUT_LENGTH) break;
      length += size;
      count++;
    }
    if (count === 0) return null; // cleared meanwhile
    const output = this.#outputBuffer(length);
    let offset = 0;
    for (const record of this.#queue.splice(0, count)) {
      const sealed = record.sealed!;
      writeRecordHeader(output, offset, record.wireType, record.version, lengthOf(sealed));
      offset += RECORD_HEADER_LENGTH;
      output.set(sealed.prefix, offset);
      offset += sealed.prefix.length;
      output.set(sealed.body, offset);
      offset += sealed.body.length;
      freeBuffer(sealed.body);
    }
    return output.subarray(0, length);
  }

  /**
   * Waits for the records of the oldest flight: two writes would cost both ends a system call, and
   * the peer another turn of its event loop.
   */
  async #sealFlight(): Promise<void> {
    for (const { ofHandshake, sealed, done } of this.#queue) {
      if (!ofHandshake) return;
      if (sealed !== undefined) continue;
      try {
        await done;
      } catch {
        return; // take() throws it after the records before it
      }
    }
  }

  /** Drops everything that has not been taken. */
  clear(): void {
    this.#queue = [];
    this.#handshake = [];
    this.#held = false;
  }

  /** Releases the output buffer of an idle connection. */
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
      ofHandshake: type === ContentType.handshake || type === ContentType.changeCipherSpec,
      wireType: protection.wireType(type),
      version: this.#version,
      sealed: undefined,
      done: protection.seal(type, fragment).then((sealed) => {
        record.sealed = sealed;
      }),
    };
    record.done.catch(() => {}); // take() throws it; not an unhandled rejection until then
    this.#version = TLS_1_2;
    this.#queue.push(record);
  }

  #outputBuffer(length: number): Uint8Array<ArrayBuffer> {
    if (length <= SMALL_OUTPUT_LENGTH) return new Uint8Array(length);
    this.#output ??= FREE_BUFFERS.pop() ?? new Uint8Array(MAX_OUTPUT_LENGTH);
    return this.#output;
  }
}

function lengthOf({ prefix, body }: SealedFragment): number {
  return prefix.length + body.length;
}

/**
 * The number of records reserved for the KeyUpdate and the alerts that a connection at its AEAD
 * limit still has to send.
 */
export const RESERVED_RECORDS = 8;

/**
 * Output buffers to reuse. The queue of a busy connection becomes empty often, and a new buffer for
 * each burst costs as much as some seals.
 */
const FREE_BUFFERS: Uint8Array<ArrayBuffer>[] = [];
const MAX_FREE_BUFFERS = 4;

/** Up to this length in bytes, a new buffer is cheaper than keeping a large one. */
const SMALL_OUTPUT_LENGTH = 4096;
