// Copyright 2026 the NSS for Deno authors. MIT license.

/** Finds where TLS begins: at once, or behind plain text (STARTTLS). @module */

import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import type { End } from "./context.ts";
import { looksLikeTls } from "./not_tls.ts";
import { looksLikeSsl2, ssl2Length } from "./ssl2.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EMPTY: Bytes = new Uint8Array(0);

/** The first message of each end, behind the header of a record and of a message. */
const FIRST: Readonly<Record<End, number>> = {
  client: HandshakeType.clientHello,
  server: HandshakeType.serverHello,
};

/** Bytes, apart by what they are; each may be empty. */
export interface Parted {
  /** Plain text before TLS. */
  readonly text: Bytes;
  /** A ClientHello of SSL 2.0. */
  readonly ssl2: Bytes;
  /** Records. */
  readonly tls: Bytes;
}

/** The bytes of one end until TLS begins. */
export class BeforeTls {
  readonly #end: End;
  /** What may be the beginning of TLS, and is too short to tell. */
  #held: Bytes = EMPTY;
  #hasText = false;
  #hasBegun = false;

  /** Reads what an end sends. */
  constructor(end: End) {
    this.#end = end;
  }

  /** Whether TLS has begun. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Takes bytes, those that were held back before them. */
  take(bytes: Bytes): Parted {
    if (this.#hasBegun) return { text: EMPTY, ssl2: EMPTY, tls: bytes };
    const all = joined(this.#held, bytes);
    this.#held = EMPTY;
    if (!this.#hasText) {
      if (this.#end === "client" && looksLikeSsl2(all)) return this.#ssl2(all);
      if (looksLikeTls(all)) return all.length < 2 ? this.#hold(all, 0) : this.#begin(all, 0);
    }
    for (let at = 0; at < all.length; at++) {
      const match = this.#match(all.subarray(at));
      if (match === "yes") return this.#begin(all, at);
      if (match === "perhaps") return this.#hold(all, at);
    }
    return this.#hold(all, all.length);
  }

  /** Returns what is held back, at the end of the connection. */
  finish(): Bytes {
    const held = this.#held;
    this.#held = EMPTY;
    return held;
  }

  #begin(all: Bytes, at: number): Parted {
    this.#hasBegun = true;
    return { text: all.subarray(0, at), ssl2: EMPTY, tls: all.subarray(at) };
  }

  #hold(all: Bytes, at: number): Parted {
    this.#held = all.slice(at);
    if (at > 0) this.#hasText = true;
    return { text: all.subarray(0, at), ssl2: EMPTY, tls: EMPTY };
  }

  #ssl2(all: Bytes): Parted {
    const length = all.length < 4 ? Infinity : ssl2Length(all);
    if (all.length < length) return this.#hold(all, 0);
    this.#hasBegun = true;
    return { text: EMPTY, ssl2: all.subarray(0, length), tls: all.subarray(length) };
  }

  /** Whether bytes are the first record of TLS; what can go on as one may be. */
  #match([type, major, minor, , , message]: Bytes): "yes" | "perhaps" | "no" {
    const isFirst = type === ContentType.handshake && (major ?? 3) === 3 && (minor ?? 0) <= 4 &&
      (message ?? FIRST[this.#end]) === FIRST[this.#end];
    if (!isFirst) return "no";
    return message === undefined ? "perhaps" : "yes";
  }
}

function joined(first: Bytes, second: Bytes): Bytes {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
