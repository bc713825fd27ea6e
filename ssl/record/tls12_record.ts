// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12, MAX_PLAINTEXT_LENGTH } from "./header.ts";

/** Counts the records that one key protects. */
export class RecordCounter {
  readonly #suite: Pick<Tls12CipherSuite, "name" | "maxRecords">;
  #sequence: number;

  /** Creates a counter that starts at a sequence number. */
  constructor(suite: Pick<Tls12CipherSuite, "name" | "maxRecords">, sequence: number) {
    this.#suite = suite;
    this.#sequence = sequence;
  }

  /** The sequence number of the next record. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many more records the key may protect. */
  get left(): number {
    return this.#suite.maxRecords - this.#sequence;
  }

  /**
   * Counts a record.
   *
   * @returns Its sequence number.
   * @throws {SslError} `SSL_ERROR_TOO_MANY_RECORDS` if the key may protect no more.
   */
  next(): number {
    const { name, maxRecords } = this.#suite;
    if (this.#sequence >= maxRecords) {
      throw new SslError(
        "SSL_ERROR_TOO_MANY_RECORDS",
        `Cannot protect record: the keys of ${name} are used up after ${maxRecords} records`,
      );
    }
    return this.#sequence++;
  }
}

/**
 * Checks the length of content to seal.
 *
 * @param length The length of the content in bytes.
 * @throws {RangeError} If it is more than 2^14.
 */
export function checkContentToSeal(length: number): void {
  if (length > MAX_PLAINTEXT_LENGTH) {
    throw new RangeError(`Cannot seal record: its content is ${length} bytes long`);
  }
}

/**
 * Checks the length of a received fragment (RFC 5246, Section 6.2.3).
 *
 * @param length The length of the fragment in bytes.
 * @throws {SslError} `SSL_ERROR_RX_RECORD_TOO_LONG` if it is more than 2^14+2048.
 */
export function checkCiphertextLength(length: number): void {
  if (length > MAX_CIPHERTEXT_LENGTH_TLS12) throw tooLong("it", length);
}

/**
 * Checks the length of received content (RFC 5246, Section 6.2.1).
 *
 * @param length The length of the content in bytes.
 * @throws {SslError} `SSL_ERROR_RX_RECORD_TOO_LONG` if it is more than 2^14.
 */
export function checkContentLength(length: number): void {
  if (length > MAX_PLAINTEXT_LENGTH) throw tooLong("its content", length);
}

function tooLong(what: string, length: number): SslError {
  return new SslError(
    "SSL_ERROR_RX_RECORD_TOO_LONG",
    `Cannot read record: ${what} is ${length} bytes long`,
  );
}

/**
 * Returns the single error of all decryption failures: RFC 5246, Section 6.2.3.2 forbids
 * distinguishing padding and MAC errors.
 *
 * @param options The cause, if it reveals nothing about the content.
 * @returns The error.
 */
export function badRecordMac(options?: ErrorOptions): SslError {
  return new SslError(
    "SSL_ERROR_BAD_MAC_READ",
    "Cannot decrypt record: it was not made with the keys of this connection for this place",
    options,
  );
}
