// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What a server answers to a ClientHello, up to the end of its first flight. The connection is
 * given up then: nothing is finished, and nothing of the server is verified here.
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";
import type { ConnLike } from "../../ssl/mod.ts";
import type { KeyShare } from "../../ssl/crypto/key_exchange.ts";
import { EarlySecret } from "../../ssl/crypto/key_schedule.ts";
import { Transcript } from "../../ssl/crypto/transcript.ts";
import { keyShareServerHello } from "../../ssl/extensions/key_share.ts";
import { HandshakeJoiner, type HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { HELLO_RETRY_REQUEST_RANDOM } from "../../ssl/messages/server_hello.ts";
import { CipherSpec } from "../../ssl/record/cipher_spec.ts";
import { Deframer, type SealedRecord } from "../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12 } from "../../ssl/record/header.ts";
import { cipherSuiteById } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType, handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { safe } from "../base/text.ts";
import type { EncodedHello } from "./raw_hello.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The most bytes of a flight: chains are shorter. */
export const MAX_FLIGHT = 256 * 1024;

/** The most records of a flight, that empty ones do not go on for ever. */
export const MAX_FLIGHT_RECORDS = 1024;

/** A ServerHello or HelloRetryRequest of any version, read without judging it. */
export interface RawServerHello {
  /** The version that is negotiated. */
  readonly version: number;
  /** Whether it is a HelloRetryRequest. */
  readonly isRetry: boolean;
  /** The code point of the cipher suite. */
  readonly cipherSuite: number;
  /** How many bytes the session ID has. */
  readonly sessionIdLength: number;
  /** The method of compression. */
  readonly compressionMethod: number;
  /** The extensions, by their type. */
  readonly extensions: ReadonlyMap<number, Bytes>;
  /** The code point of the group that TLS 1.3's `key_share` names; `null` for none. */
  readonly group: number | null;
}

/** A server that has answered with a ServerHello. */
export interface HelloAnswer {
  /** Which answer it is. */
  readonly kind: "hello";
  /** The message. */
  readonly hello: RawServerHello;
  /** The messages behind it, decrypted. */
  readonly messages: readonly HandshakeMessage[];
  /**
   * How the flight ended: `whole`; `unread` if its keys are not known; or broken off, by an alert,
   * by the end of the connection, or because the time was over.
   */
  readonly rest: "whole" | "unread" | "alert" | "closed" | "late";
}

/** What a server answers. */
export type RawAnswer =
  | HelloAnswer
  /** It refuses, and says why. */
  | { readonly kind: "alert"; readonly description: number }
  /** It ends or resets the connection without a word. */
  | { readonly kind: "closed" }
  /** It has not answered in time. */
  | { readonly kind: "late" }
  /** What it says is no TLS. */
  | { readonly kind: "malformed"; readonly says: string };

/**
 * Parses a ServerHello of any version.
 *
 * @throws {DecodeError} If it is malformed.
 */
export function parseRawServerHello(body: Bytes): RawServerHello {
  const reader = new Reader(body);
  const legacyVersion = reader.u16();
  const random = reader.bytes(32);
  const sessionIdLength = reader.vector8(0, 32).length;
  const cipherSuite = reader.u16();
  const compressionMethod = reader.u8();
  const extensions = new Map<number, Bytes>();
  if (reader.remaining > 0) {
    const block = reader.reader16();
    while (block.remaining > 0) extensions.set(block.u16(), block.vector16());
  }
  reader.finish();
  const versions = extensions.get(ExtensionType.supportedVersions);
  const share = extensions.get(ExtensionType.keyShare);
  return {
    version: versions === undefined ? legacyVersion : new Reader(versions).u16(),
    isRetry: HELLO_RETRY_REQUEST_RANDOM.every((byte, i) => byte === random[i]),
    cipherSuite,
    sessionIdLength,
    compressionMethod,
    extensions,
    group: share === undefined ? null : new Reader(share).u16(),
  };
}

/** The first flight of a server, as it comes. */
class Flight {
  readonly #clientHello: Bytes;
  readonly #shares: readonly KeyShare[];
  readonly #deframer = new Deframer();
  readonly #joiner = new HandshakeJoiner();
  readonly #messages: HandshakeMessage[] = [];
  #hello: RawServerHello | null = null;
  #protection: CipherSpec | null = null;
  #size = 0;
  #records = 0;

  constructor(clientHello: Bytes, shares: readonly KeyShare[]) {
    this.#clientHello = clientHello;
    this.#shares = shares;
    this.#deframer.limit = MAX_CIPHERTEXT_LENGTH_TLS12;
  }

  /** The answer if no more comes. */
  end(rest: "unread" | "closed" | "late" | "whole"): RawAnswer {
    if (this.#hello !== null) {
      return { kind: "hello", hello: this.#hello, messages: this.#messages, rest };
    }
    return { kind: rest === "late" ? "late" : "closed" };
  }

  /** Takes some bytes; returns the answer once it is whole. */
  async push(bytes: Bytes): Promise<RawAnswer | null> {
    this.#size += bytes.length;
    if (this.#size > MAX_FLIGHT) throw new DecodeError(`it has more than ${MAX_FLIGHT} bytes`);
    this.#deframer.push(bytes);
    for (let record; (record = this.#deframer.next()) !== null;) {
      if (++this.#records > MAX_FLIGHT_RECORDS) {
        throw new DecodeError(`it has more than ${MAX_FLIGHT_RECORDS} records`);
      }
      const answer = await this.#read(record);
      if (answer !== null) return answer;
    }
    this.#deframer.finishChunk();
    return null;
  }

  async #read(record: SealedRecord): Promise<RawAnswer | null> {
    // It has no meaning in TLS 1.3, and in TLS 1.2 no place in this flight
    if (record.type === ContentType.changeCipherSpec) return null;
    if (record.type !== ContentType.applicationData) {
      return await this.#content(record.type, record.fragment);
    }
    if (this.#protection === null) throw new DecodeError("it has data before the handshake");
    const { type, fragment } = await this.#protection.open(record);
    return await this.#content(type, fragment);
  }

  async #content(type: number, fragment: Bytes): Promise<RawAnswer | null> {
    if (type === ContentType.alert) return this.#alert(fragment);
    if (type !== ContentType.handshake) throw new DecodeError(`it has records of type ${type}`);
    this.#joiner.push(fragment);
    for (let message; (message = this.#joiner.next()) !== null;) {
      if (message.type === HandshakeType.helloRequest) continue;
      const answer = this.#hello === null ? await this.#serverHello(message) : this.#later(message);
      if (answer !== null) return answer;
    }
    return null;
  }

  /** A warning, as that of a name which is not known, ends nothing (RFC 6066, Section 3). */
  #alert([level, description = 0]: Bytes): RawAnswer | null {
    if (level === 1 && description !== 0) return null;
    if (this.#hello === null) return { kind: "alert", description };
    return { kind: "hello", hello: this.#hello, messages: this.#messages, rest: "alert" };
  }

  async #serverHello({ type, body, raw }: HandshakeMessage): Promise<RawAnswer | null> {
    if (type !== HandshakeType.serverHello) {
      throw new DecodeError(`it begins with ${handshakeTypeName(type)}`);
    }
    const hello = parseRawServerHello(body);
    this.#hello = hello;
    if (hello.isRetry) return this.end("whole");
    if (hello.version < TLS_1_3) return null;
    this.#protection = await this.#protect(hello, raw);
    return this.#protection === null ? this.end("unread") : null;
  }

  #later(message: HandshakeMessage): RawAnswer | null {
    this.#messages.push(message);
    const isLast = message.type === HandshakeType.serverHelloDone ||
      message.type === HandshakeType.finished;
    return isLast ? this.end("whole") : null;
  }

  /** The keys of TLS 1.3's flight; `null` if WebCrypto or this end lacks what they need. */
  async #protect({ cipherSuite, extensions }: RawServerHello, raw: Bytes) {
    const suite = cipherSuiteById(cipherSuite);
    const body = extensions.get(ExtensionType.keyShare);
    if (suite === undefined || body === undefined) return null;
    const { group, keyExchange } = keyShareServerHello.parse(new Reader(body));
    const share = this.#shares.find((one) => one.group === group);
    if (share === undefined) return null;
    const transcript = new Transcript();
    transcript.setHash(suite.hash);
    transcript.add(this.#clientHello);
    transcript.add(raw);
    const secret = EarlySecret.withoutPsk(suite.hash)
      .enterHandshake(await share.complete(keyExchange));
    const traffic = await secret.serverHandshakeTrafficSecret(await transcript.digest());
    return await CipherSpec.create(suite, traffic);
  }
}

/** Whether the peer, and not this machine, has ended the connection. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.UnexpectedEof;
}

async function send(conn: ConnLike, bytes: Uint8Array): Promise<void> {
  try {
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
  } catch (error) {
    // What the server has said before it went can be read still
    if (!isGone(error)) throw error;
  }
}

/**
 * Sends a ClientHello and reads what the server answers; closes the connection.
 *
 * @param conn The connection, on which TLS may begin.
 * @param hello The ClientHello.
 * @param shares Its key shares, with their private keys.
 * @param timeout How many milliseconds the answer may take.
 */
export async function askRaw(
  conn: ConnLike,
  hello: EncodedHello,
  shares: readonly KeyShare[],
  timeout: number,
): Promise<RawAnswer> {
  const flight = new Flight(hello.message, shares);
  const buffer = new Uint8Array(16_384);
  let isOpen = true;
  let isLate = false;
  const close = (): void => {
    if (isOpen) conn.close();
    isOpen = false;
  };
  const timer = setTimeout(() => {
    isLate = true;
    close();
  }, timeout);
  try {
    await send(conn, hello.records);
    for (let length; (length = await conn.read(buffer)) !== null;) {
      const answer = await flight.push(buffer.slice(0, length));
      if (answer !== null) return answer;
    }
    return flight.end("closed");
  } catch (error) {
    if (isLate) return flight.end("late");
    if (isGone(error)) return flight.end("closed");
    if (error instanceof NssError || error instanceof DecodeError) {
      return { kind: "malformed", says: safe(error.message, 300) };
    }
    throw error;
  } finally {
    clearTimeout(timer);
    close();
  }
}
