// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { HandshakeType } from "../tables/handshake_types.ts";
import type { CipherSuiteHash } from "./hkdf.ts";

/**
 * The maximum length in bytes of a handshake whose messages are kept for post-handshake
 * authentication; a handshake with long chains and lists of authorities has half of it.
 */
export const MAX_KEPT_TRANSCRIPT = 32768;

/** Enough for a ClientHello with a hybrid key share; grows by doubling. */
const INITIAL_CAPACITY = 2048;
const EMPTY = new Uint8Array(0);

/**
 * The handshake messages so far, with their headers, and their hash (RFC 8446, Section 4.4.1).
 *
 * WebCrypto has no incremental digest, so the bytes are kept in one growing buffer and each digest
 * covers all of them, which costs less than a switch of threads. A digest does not include messages
 * that are added after the call, even before its promise resolves.
 */
export class Transcript {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  #hash: CipherSuiteHash | undefined;
  /** The last digest, cached because several secrets and MACs cover the same messages. */
  #last: { readonly length: number; readonly digest: Promise<Uint8Array<ArrayBuffer>> } | undefined;

  /** Creates an empty transcript. */
  constructor() {
    this.#buffer = new Uint8Array(INITIAL_CAPACITY);
  }

  /** The hash function; `undefined` before the cipher suite or a PSK decides it. */
  get hash(): CipherSuiteHash | undefined {
    return this.#hash;
  }

  /** The length of all messages in bytes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a message.
   *
   * @param message The message with its four-byte header; copied.
   */
  add(message: Uint8Array): void {
    this.#reserve(message.length);
    this.#buffer.set(message, this.#length);
    this.#length += message.length;
  }

  /**
   * Sets the hash function; the server's cipher suite may replace that of a PSK for early data.
   *
   * @param hash The cipher suite's hash.
   */
  setHash(hash: CipherSuiteHash): void {
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.#last = undefined;
  }

  /**
   * Returns the hash of all messages so far.
   *
   * @returns The hash, shared by all callers: they must not modify it.
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if the hash function is not set yet.
   */
  digest(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#last?.length !== this.#length) {
      const digest = hashOf(this.#required(), this.#buffer.subarray(0, this.#length));
      this.#last = { length: this.#length, digest };
    }
    return this.#last.digest;
  }

  /**
   * Returns the messages, which a TLS 1.2 signature covers instead of their hash (RFC 5246, Section
   * 7.4.8).
   *
   * @returns The bytes, valid until the next message is added.
   */
  messages(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /**
   * Returns the hash of all messages so far and of part of the next one, which a PSK binder covers
   * (RFC 8446, Section 4.2.11.2).
   *
   * @param partial The ClientHello up to its binders.
   * @param hash The PSK's hash, for a client without cipher suite yet; by default the transcript's.
   * @returns The hash.
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if no hash function is given or set.
   */
  digestWith(
    partial: Uint8Array,
    hash: CipherSuiteHash | undefined = this.#hash,
  ): Promise<Uint8Array<ArrayBuffer>> {
    // Written after the end and not counted: the next message overwrites it.
    this.#reserve(partial.length);
    this.#buffer.set(partial, this.#length);
    return hashOf(
      this.#required(hash),
      this.#buffer.subarray(0, this.#length + partial.length),
    );
  }

  /**
   * Replaces the messages so far (the first ClientHello) by a synthetic `message_hash` message, as
   * a HelloRetryRequest requires (RFC 8446, Section 4.4.1). Messages added meanwhile follow it.
   *
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if the hash function is not set yet.
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
   * Returns an independent copy, for handshakes that continue from this point more than once:
   * post-handshake authentication covers the main handshake and its own messages only.
   *
   * @returns The copy; `null` if the messages have been released.
   */
  snapshot(): Transcript | null {
    if (this.#length === 0) return null;
    const copy = new Transcript();
    copy.#buffer = this.#buffer.slice(0, this.#length);
    copy.#length = this.#length;
    copy.#hash = this.#hash;
    copy.#last = this.#last;
    return copy;
  }

  /**
   * Keeps the messages after the handshake, for post-handshake authentication, unless they are
   * longer than {@linkcode MAX_KEPT_TRANSCRIPT}: then it releases them.
   */
  keep(): void {
    if (this.#length > MAX_KEPT_TRANSCRIPT) this.forget();
    else this.#buffer = this.messages().slice();
  }

  /** Releases the messages after the handshake; pending digests are not affected. */
  forget(): void {
    this.#buffer = EMPTY;
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

function hashOf(
  hash: CipherSuiteHash,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return crypto.subtle.digest(hash, bytes).then(toBytes);
}

function toBytes(digest: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(digest);
}
