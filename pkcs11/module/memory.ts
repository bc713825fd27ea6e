// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What errors of closed libraries begin with. */
export const CALL_ATTEMPT = "Cannot call";

/**
 * Allocates memory that a library may write to. The engine moves small arrays whose buffer nobody
 * has asked for; one that is made from a buffer stays where it is.
 *
 * @param length How many bytes.
 * @returns Zeros.
 */
export function alloc(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/**
 * Copies bytes to where a library may read them.
 *
 * @param bytes The bytes.
 * @returns The copy.
 */
export function pin(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = alloc(bytes.length);
  copy.set(bytes);
  return copy;
}

/**
 * Tells where memory is. It must be kept from being collected as long as the address is in use.
 *
 * @param bytes The memory, as {@linkcode alloc} gives it.
 * @returns The address.
 */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return bytes.length === 0 ? 0n : BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/**
 * Copies a password to where a library may read it; whoever has it overwrites it.
 *
 * @param text The password.
 * @returns Its UTF-8 and how long that is. There is memory for an empty one too: a null pointer is
 * another thing.
 */
export function pinPassword(
  text: string,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly length: number } {
  const utf8 = new TextEncoder().encode(text);
  const bytes = alloc(utf8.length + 1);
  bytes.set(utf8);
  utf8.fill(0);
  return { bytes, length: utf8.length };
}

/**
 * Text with a final zero; it stays in memory until it is released, as libraries may keep its
 * address.
 */
export class CString {
  #bytes: Uint8Array<ArrayBuffer>;

  /**
   * Copies text.
   *
   * @param text The text.
   */
  constructor(text: string) {
    this.#bytes = pin(new TextEncoder().encode(`${text}\0`));
  }

  /** Where it is. */
  get address(): bigint {
    return addressOf(this.#bytes);
  }

  /** Lets go of it. */
  release(): void {
    this.#bytes = alloc(0);
  }
}
