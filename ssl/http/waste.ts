// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The most bytes that a client may waste: those that are neither a request nor its body. Each
 * request in progress may have {@linkcode REQUEST_ALLOWANCE} more of them.
 */
export const MAX_WASTE = 2 ** 18;

/** What a request may take beside the body that is read: its head, and what is buffered of it. */
export const REQUEST_ALLOWANCE = 2 ** 17;

/** How many bytes of framing a byte of a body, or of an answer, may cost. */
export const FRAMING_FACTOR = 16;

/**
 * Counts what a client sends that leads to nothing, such as extensions and leading zeros of chunks
 * (CVE-2024-22019), and frames of HTTP/2 that are ignored. Parsers bound each of them at the most,
 * and not how many there are. What is useful pays for what was wasted, never ahead.
 */
export class Waste {
  #bytes = 0;
  #delivered = 0;

  /** Counts bytes that have come. */
  receive(length: number): void {
    this.#bytes += length;
  }

  /** Counts a request that has begun. */
  begin(): void {
    this.#pay(REQUEST_ALLOWANCE);
  }

  /** Counts bytes of a body that are read. */
  read(length: number): void {
    this.#pay(FRAMING_FACTOR * length);
  }

  /**
   * Returns whether there is more than a client may waste.
   *
   * @param inProgress How many requests are in progress.
   * @param delivered How many bytes the client has taken.
   */
  isTooMuch(inProgress: number, delivered: number): boolean {
    this.#pay(FRAMING_FACTOR * (delivered - this.#delivered));
    this.#delivered = delivered;
    return this.#bytes > MAX_WASTE + inProgress * REQUEST_ALLOWANCE;
  }

  #pay(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }
}
