// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  hasMembers,
  isArrayOf,
  isBytes,
  isDate,
  isInteger,
  requireArgs,
  required,
} from "../base/options.ts";
import { concat, copyBytes } from "../base/bytes.ts";
import { NssError } from "../base/errors.ts";

/** The size in bytes of a log's identifier, the SHA-256 of its key. */
export const SCT_LOG_ID_SIZE = 32;

/** The maximum size in bytes of a list with its 16-bit length (RFC 6962, Section 3.3). */
export const MAX_SCT_LIST_SIZE = 0x10001;

/**
 * A signed certificate timestamp (RFC 6962, Section 3.2): a log's promise to publish a certificate.
 *
 * @category Certificate extensions
 */
export interface Sct {
  /** The identifier of the log: the SHA-256 of its SubjectPublicKeyInfo. */
  readonly logId: Uint8Array<ArrayBuffer>;
  /** When the timestamp was issued. */
  readonly timestamp: Date;
  /** The extensions; none are defined for version 1. */
  readonly extensions: Uint8Array<ArrayBuffer>;
  /**
   * The SignatureAndHashAlgorithm (RFC 5246, Section 7.4.1.4.1) as a number: 0x0403 is ECDSA with
   * SHA-256.
   */
  readonly signatureAlgorithm: number;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Accepts an SCT. */
export const isSct: Check = hasMembers("an SCT", {
  logId: required(isBytes),
  timestamp: required(isDate),
  extensions: required(isBytes),
  signatureAlgorithm: required(isInteger(0, 0xffff)),
  signature: required(isBytes),
});

/** A reader of the TLS presentation language. cert/ must not import the one in ssl/. */
class SctReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #position = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  bytes(name: string, length: number): Uint8Array<ArrayBuffer> {
    const present = this.#bytes.length - this.#position;
    if (length > present) throw malformed(`${name}: ${length} bytes announced, ${present} present`);
    return this.#bytes.subarray(this.#position, this.#position += length);
  }

  uint(name: string, length: number): number {
    return this.bytes(name, length).reduce((value, byte) => value * 256 + byte, 0);
  }

  vector(name: string): Uint8Array<ArrayBuffer> {
    return this.bytes(name, this.uint(name, 2));
  }

  finish(name: string): void {
    if (!this.done) {
      throw malformed(`${name}: ${this.#bytes.length - this.#position} bytes after the last field`);
    }
  }
}

function malformed(state: string): NssError {
  return new NssError("SEC_ERROR_BAD_DATA", `Cannot parse SCT list: ${state}`);
}

/**
 * Parses a SignedCertificateTimestampList (RFC 6962, Section 3.3): the content of the TLS extension
 * `signed_certificate_timestamp`. Certificates and OCSP responses contain it in an OCTET STRING
 * ({@linkcode signedCertificateTimestampList}).
 *
 * @param bytes The encoding, which is copied.
 * @returns The SCTs of version 1; those of other versions are skipped.
 * @throws {NssError} `SEC_ERROR_BAD_DATA` if the list or an SCT is malformed or empty.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseSctList } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * const short = Uint8Array.of(0, 5, 0);
 * assertThrows(() => parseSctList(short), NssError, "5 bytes announced, 1 present");
 * ```
 *
 * @category Certificate extensions
 */
export function parseSctList(bytes: Uint8Array): Sct[] {
  requireArgs("Cannot parse SCTs", isBytes(bytes, "bytes"));
  if (bytes.length > MAX_SCT_LIST_SIZE) {
    throw malformed(`${bytes.length} bytes are more than ${MAX_SCT_LIST_SIZE}`);
  }
  const whole = new SctReader(copyBytes(bytes));
  const list = new SctReader(whole.vector("list"));
  whole.finish("list");
  // SerializedSCT sct_list <1..2^16-1>
  if (list.done) throw malformed("it is empty");
  const scts: Sct[] = [];
  while (!list.done) {
    const serialized = list.vector("SCT");
    if (serialized.length === 0) throw malformed("an SCT is empty");
    const sct = readSct(new SctReader(serialized));
    if (sct !== null) scts.push(sct);
  }
  return scts;
}

function readSct(reader: SctReader): Sct | null {
  // RFC 6962, Section 3.3: a client can skip over SCTs of versions that it does not know
  if (reader.uint("version", 1) !== 0) return null;
  const logId = reader.bytes("logId", SCT_LOG_ID_SIZE);
  const timestamp = new Date(reader.uint("timestamp", 8));
  if (Number.isNaN(timestamp.getTime())) throw malformed("timestamp: later than any date");
  const extensions = reader.vector("extensions");
  const signatureAlgorithm = reader.uint("algorithm", 2);
  const signature = reader.vector("signature");
  reader.finish("SCT");
  return { logId, timestamp, extensions, signatureAlgorithm, signature };
}

/**
 * Encodes a SignedCertificateTimestampList.
 *
 * @param scts One or more SCTs.
 * @returns The encoding.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if there is none, a log identifier does not have 32
 * bytes, or the list is longer than 65,535 bytes.
 *
 * @example Usage
 * ```ts
 * import { encodeSctList, parseSctList } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const sct = {
 *   logId: new Uint8Array(32),
 *   timestamp: new Date("2026-01-01T00:00:00Z"),
 *   extensions: new Uint8Array(0),
 *   signatureAlgorithm: 0x0403,
 *   signature: new Uint8Array(70),
 * };
 * assertEquals(parseSctList(encodeSctList([sct])), [sct]);
 * ```
 *
 * @category Certificate extensions
 */
export function encodeSctList(scts: readonly Sct[]): Uint8Array<ArrayBuffer> {
  requireArgs("Cannot encode SCTs", isArrayOf(isSct)(scts, "scts"));
  const list = vector(concat(scts.map((sct) => vector(encodeSct(sct)))));
  if (scts.length === 0) throw unencodable("the list is empty");
  return list;
}

function encodeSct(sct: Sct): Uint8Array<ArrayBuffer> {
  if (sct.logId.length !== SCT_LOG_ID_SIZE) {
    throw unencodable("the log's identifier has not 32 bytes");
  }
  return concat([
    Uint8Array.of(0),
    sct.logId,
    uint(sct.timestamp.getTime(), 8),
    vector(sct.extensions),
    uint(sct.signatureAlgorithm, 2),
    vector(sct.signature),
  ]);
}

function unencodable(state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot encode SCT list: ${state}`);
}

function uint(value: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

function vector(content: Uint8Array): Uint8Array<ArrayBuffer> {
  if (content.length > 0xffff) throw unencodable(`${content.length} bytes are more than 65535`);
  return concat([uint(content.length, 2), content]);
}
