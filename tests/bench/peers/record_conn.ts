// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Conn, writeAll } from "./deno_conn.ts";
import type { PeerConn } from "./peer.ts";
import { type DirectionKeys, writeNonce } from "./record_crypto.ts";

export type { DirectionKeys };

const { subtle } = crypto;

const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const HEADER_LENGTH = 5;
const TAG_LENGTH = 16;
const RECORD_LENGTH = 16384;
/** How many records are sealed, or wait to be read, at once. */
const DEPTH = 16;
const CHUNK_LENGTH = DEPTH * (RECORD_LENGTH + 256);

/** What WebCrypto takes for each record; it copies all of that before it returns. */
class Aead {
  readonly #keys: DirectionKeys;
  readonly #nonce = new Uint8Array(12);
  readonly #header = Uint8Array.of(APPLICATION_DATA, 3, 3, 0, 0);
  readonly #params = { name: "AES-GCM", iv: this.#nonce, additionalData: this.#header };
  #sequence = 0;

  constructor(keys: DirectionKeys) {
    this.#keys = keys;
  }

  seal(content: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    this.#prepare(content.length + TAG_LENGTH);
    return subtle.encrypt(this.#params, this.#keys.key, content);
  }

  open(fragment: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    this.#prepare(fragment.length);
    return subtle.decrypt(this.#params, this.#keys.key, fragment);
  }

  #prepare(length: number): void {
    this.#header[3] = length >> 8;
    this.#header[4] = length;
    writeNonce(this.#nonce, this.#keys.iv, this.#sequence++);
  }
}

/** The records of TLS 1.3 on WebCrypto in the fastest shape that is known, and nothing else. */
export class RecordConn implements PeerConn {
  readonly resumed = false;
  readonly #conn: Conn;
  readonly #writer: Aead;
  readonly #reader: Aead;
  readonly #content = new Uint8Array(RECORD_LENGTH + 1);
  readonly #out = new Uint8Array(CHUNK_LENGTH);
  readonly #in = new Uint8Array(CHUNK_LENGTH);
  #filled = 0;
  readonly #opened: Promise<ArrayBuffer>[] = [];
  #filling: Promise<void> | null = null;
  #ended = false;
  /** What the last content is a view of. */
  #lent: ArrayBuffer | undefined;

  constructor(conn: Conn, keys: { readonly write: DirectionKeys; readonly read: DirectionKeys }) {
    this.#conn = conn;
    this.#writer = new Aead(keys.write);
    this.#reader = new Aead(keys.read);
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      while (this.#opened.length === 0) {
        if (this.#ended) return null;
        await (this.#filling ?? this.#fill());
      }
      const record = this.#opened.shift()!;
      if (this.#opened.length < DEPTH && !this.#ended) this.#filling ??= this.#fill();
      // What the application has had is freed at once: else each record is made in new pages.
      this.#lent?.transfer(0);
      const content = new Uint8Array(this.#lent = await record);
      const end = content.findLastIndex((byte) => byte !== 0);
      if (content[end] === ALERT) return null;
      if (content[end] !== HANDSHAKE) return content.subarray(0, end);
    }
  }

  /** Reads once, and begins to open each record that is complete. */
  async #fill(): Promise<void> {
    // Where the connection has failed, it has ended.
    const count = await this.#conn.read(this.#in.subarray(this.#filled)).catch(() => null);
    this.#filling = null;
    if (count === null) {
      this.#ended = true;
      return;
    }
    this.#filled += count;
    let at = 0;
    while (this.#filled - at >= HEADER_LENGTH) {
      const end = at + HEADER_LENGTH + (this.#in[at + 3]! << 8 | this.#in[at + 4]!);
      if (end > this.#filled) break;
      if (this.#in[at] === APPLICATION_DATA) {
        this.#opened.push(this.#reader.open(this.#in.subarray(at + HEADER_LENGTH, end)));
      }
      at = end;
    }
    this.#in.copyWithin(0, at, this.#filled);
    this.#filled -= at;
  }

  #sealing: Promise<ArrayBuffer>[] = [];
  #sending: Promise<void> | null = null;
  #room = Promise.withResolvers<void>();

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.length; at += RECORD_LENGTH) {
      while (this.#sealing.length >= DEPTH) await this.#room.promise;
      const piece = bytes.subarray(at, at + RECORD_LENGTH);
      this.#content.set(piece);
      this.#content[piece.length] = APPLICATION_DATA;
      this.#sealing.push(this.#writer.seal(this.#content.subarray(0, piece.length + 1)));
      this.#sending ??= this.#send();
    }
  }

  /** Sends what is sealed, as many records at once as there are. */
  async #send(): Promise<void> {
    while (this.#sealing.length > 0) {
      const records = this.#sealing.splice(0, DEPTH / 2);
      this.#room.resolve();
      this.#room = Promise.withResolvers();
      let length = 0;
      for (const record of records) {
        const fragment = new Uint8Array(await record);
        const header = [APPLICATION_DATA, 3, 3, fragment.length >> 8, fragment.length];
        this.#out.set(header, length);
        this.#out.set(fragment, length + HEADER_LENGTH);
        length += HEADER_LENGTH + fragment.length;
        fragment.buffer.transfer(0);
      }
      await writeAll(this.#conn, this.#out.subarray(0, length));
    }
    this.#sending = null;
  }

  close(): Promise<void> {
    return Promise.resolve(void this.#conn.close());
  }
}
