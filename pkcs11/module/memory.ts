// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Allocates memory that a library may write to. The array is created from a buffer, because V8 may
 * move small arrays that have none yet.
 *
 * @param length The length in bytes.
 * @returns The memory, filled with zeros.
 */
export function alloc(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/**
 * Copies bytes to memory that a library may read.
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
 * Reads a CK_ULONG.
 *
 * @param bytes The memory.
 * @param offset The offset in bytes.
 * @returns The number.
 */
export function readBig(bytes: Uint8Array<ArrayBuffer>, offset = 0): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}

/**
 * Returns the address of memory, which must be kept referenced as long as the address is in use.
 *
 * @param bytes The memory, from {@linkcode alloc}.
 * @returns The address; 0 if it is empty.
 */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return bytes.length === 0 ? 0n : BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/**
 * Copies a password to memory that a library may read.
 *
 * @param text The password.
 * @returns The UTF-8 bytes, for the caller to overwrite, and their length. An empty password has
 * memory too, because a null pointer has another meaning.
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
 * A null-terminated string, which stays in memory until released because libraries may keep its
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

  /** The address. */
  get address(): bigint {
    return addressOf(this.#bytes);
  }

  /** Releases the memory. */
  release(): void {
    this.#bytes = alloc(0);
  }
}
