// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/**
 * Looks for secrets that were left in memory: in every buffer that JavaScript made, or that
 * WebCrypto took or gave, while a test watched.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that WebCrypto took or gave, as they were then. */
export interface Seen {
  /** As `took importKey raw HMAC` or `gave deriveBits HKDF`. */
  readonly call: string;
  /** A copy. */
  readonly bytes: Bytes;
}

/** Less would be found by chance. */
const MIN_LENGTH = 12;

const { Uint8Array: Original } = globalThis;
const METHODS = Object.getOwnPropertyNames(SubtleCrypto.prototype)
  .filter((name) => name !== "constructor");

/** Watches until the end of its scope. */
export class MemoryWatch implements Disposable {
  /** What WebCrypto took and gave. */
  readonly seen: Seen[] = [];
  readonly #buffers = new Set<ArrayBufferLike>();
  /** What does not count: copies of what was seen, and what the test itself gives. */
  readonly #copies = new Set<ArrayBufferLike>();
  readonly #encode = TextEncoder.prototype.encode;

  /** Begins to watch; views of what the test gives are no copies. */
  constructor(...given: readonly Uint8Array[]) {
    for (const { buffer } of given) this.#copies.add(buffer);
    const keep = <T extends Uint8Array>(array: T): T => {
      if (!this.#copies.has(array.buffer)) this.#buffers.add(array.buffer);
      return array;
    };
    const recording: Uint8ArrayConstructor = new Proxy(Original, {
      construct: (target, args, newTarget) =>
        keep(Reflect.construct(target, args, newTarget === recording ? target : newTarget)),
      get: (target, name, receiver) => {
        const value = Reflect.get(target, name, receiver);
        return typeof name === "string" && /^(from|of)/.test(name)
          ? (...args: unknown[]) => keep(value.apply(target, args))
          : value;
      },
    });
    globalThis.Uint8Array = recording;
    Original.prototype.constructor = recording; // what slice() makes its copies with
    const encode = this.#encode;
    TextEncoder.prototype.encode = function (text) {
      return keep(encode.call(this, text));
    };
    const { subtle } = crypto;
    for (const method of METHODS) {
      const original = Reflect.get(subtle, method);
      const value = async (...args: unknown[]) => {
        const call = [method, ...args.map(nameOf).filter((name) => name !== "")].join(" ");
        for (const argument of args) this.#see(`took ${call}`, argument);
        const result = await original.apply(subtle, args);
        this.#see(`gave ${call}`, result?.sharedKey ?? result);
        return result;
      };
      Object.defineProperty(subtle, method, { configurable: true, value });
    }
  }

  #see(call: string, value: unknown): void {
    const bytes = value instanceof ArrayBuffer ? new Original(value) : value;
    if (!(bytes instanceof Original) || !(bytes.buffer instanceof ArrayBuffer)) return;
    this.#buffers.add(bytes.buffer);
    const copy = new Original(bytes);
    this.#copies.add(copy.buffer);
    this.seen.push({ call, bytes: copy });
  }

  /** In how many buffers a secret is now; those that have been freed are not among them. */
  copiesOf(secret: Uint8Array): number {
    assert(secret.length >= MIN_LENGTH, "a secret too short to look for");
    return [...this.#buffers].filter((buffer) =>
      !(buffer instanceof ArrayBuffer && buffer.detached) &&
      Buffer.from(buffer).indexOf(secret) >= 0
    ).length;
  }

  /** The secrets that passed such calls. */
  passed(calls: RegExp): Seen[] {
    const secrets = this.seen.filter(({ call, bytes }) =>
      calls.test(call) && bytes.length >= MIN_LENGTH && bytes.some((byte) => byte !== 0)
    );
    assert(secrets.length > 0, `nothing passed ${calls}`);
    return secrets;
  }

  /**
   * Asserts that nothing is left of the secrets that passed such calls, and that there were some.
   */
  assertErased(calls: RegExp): void {
    const left = this.passed(calls).filter(({ bytes }) => this.copiesOf(bytes) > 0);
    assertEquals(left.map(({ call, bytes }) => `${call}: ${bytes.length} bytes`), []);
  }

  /** Puts everything back. */
  [Symbol.dispose](): void {
    globalThis.Uint8Array = Original;
    Original.prototype.constructor = Original;
    TextEncoder.prototype.encode = this.#encode;
    for (const method of METHODS) Reflect.deleteProperty(crypto.subtle, method);
  }
}

function nameOf(argument: unknown): string {
  if (typeof argument === "string") return argument;
  const { name } = Object(argument);
  return typeof name === "string" ? name : "";
}
