// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { HandshakeType } from "../tables/handshake_types.ts";
import type { CipherSuiteHash } from "./hkdf.ts";

/** Holds a ClientHello with a hybrid key share; grows by doubling. */
const INITIAL_CAPACITY = 2048;

/**
 * The handshake messages so far, framed, and their hash (RFC 8446, Section 4.4.1).
 *
 * WebCrypto has no incremental digest, so the bytes stay in one growing buffer and each digest starts over;
 * that costs less than a thread hop. Every digest takes its input at the call: what is added afterwards,
 * even before the promise resolves, is not in it.
 */
export class Transcript {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  #hash: CipherSuiteHash | undefined;
  /** The last digest: several secrets and MACs cover the same messages. */
  #last: { readonly length: number; readonly digest: Promise<Uint8Array<ArrayBuffer>> } | undefined;

  /** Creates an empty transcript. */
  constructor() {
    this.#buffer = new Uint8Array(INITIAL_CAPACITY);
  }

  /** The hash function, once the cipher suite or a PSK has decided it. */
  get hash(): CipherSuiteHash | undefined {
    return this.#hash;
  }

  /** How many bytes of messages there are. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a message.
   *
   * @param message The whole message, with its four-byte header; copied.
   */
  add(message: Uint8Array): void {
    this.#reserve(message.length);
    this.#buffer.set(message, this.#length);
    this.#length += message.length;
  }

  /**
   * Decides the hash function; a PSK's choice for early data may be replaced by the server's suite.
   *
   * @param hash The cipher suite's hash.
   */
  setHash(hash: CipherSuiteHash): void {
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.#last = undefined;
  }

  /**
   * The hash of all messages so far.
   *
   * @returns The hash. Callers share it, so they must not write to it.
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if the hash function is not decided yet.
   */
  async digest(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#last?.length !== this.#length) {
      const digest = hashOf(this.#required(), this.#buffer.subarray(0, this.#length));
      this.#last = { length: this.#length, digest };
    }
    return await this.#last.digest;
  }

  /**
   * The messages themselves, for a signature of TLS 1.2, which covers them and not their hash (RFC 5246, Section 7.4.8).
   *
   * @returns The bytes, valid until the next message is added.
   */
  messages(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /**
   * The hash of all messages so far and of part of the next one: what a PSK binder covers
   * (RFC 8446, Section 4.2.11.2).
   *
   * @param partial The ClientHello up to its binders.
   * @param hash The PSK's hash, for a client that has no cipher suite yet; by default the transcript's.
   * @returns The hash.
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if no hash function is given or decided.
   */
  async digestWith(
    partial: Uint8Array,
    hash: CipherSuiteHash | undefined = this.#hash,
  ): Promise<Uint8Array<ArrayBuffer>> {
    // Written behind the end and not counted: the next message overwrites it.
    this.#reserve(partial.length);
    this.#buffer.set(partial, this.#length);
    return await hashOf(
      this.#required(hash),
      this.#buffer.subarray(0, this.#length + partial.length),
    );
  }

  /**
   * Replaces the messages so far (the first ClientHello) by a synthetic `message_hash` message, as a
   * HelloRetryRequest demands (RFC 8446, Section 4.4.1). Messages added while it works stay behind it.
   *
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if the hash function is not decided yet.
   */
  async replaceWithMessageHash(): Promise<void> {
    const replaced = this.#length;
    const digest = await this.digest();
    const added = this.#buffer.slice(replaced, this.#length);
    this.#length = 0;
    this.#last = undefined;
    this.add(Uint8Array.of(HandshakeType.messageHash, 0, 0, digest.length));
    this.add(digest);
    this.add(added);
  }

  /**
   * An independent copy, for handshakes that continue from this point more than once (post-handshake
   * authentication covers the main handshake and its own messages only).
   *
   * @returns The copy.
   */
  snapshot(): Transcript {
    const copy = new Transcript();
    copy.#buffer = this.#buffer.slice(0, this.#length);
    copy.#length = this.#length;
    copy.#hash = this.#hash;
    copy.#last = this.#last;
    return copy;
  }

  /** Releases the messages, of a handshake that is complete; digests that were begun are not affected. */
  forget(): void {
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
    this.#last = undefined;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  #required(hash: CipherSuiteHash | undefined = this.#hash): CipherSuiteHash {
    if (hash === undefined) {
      throw new NssError(
        "SEC_ERROR_LIBRARY_FAILURE",
        "Cannot hash the handshake: no cipher suite is chosen yet",
      );
    }
    return hash;
  }
}

async function hashOf(
  hash: CipherSuiteHash,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(hash, bytes));
}
