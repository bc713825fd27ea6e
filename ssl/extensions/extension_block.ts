// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType, extensionTypeName } from "../tables/extension_types.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { ExtensionCodec } from "./extension_codec.ts";
import { lookupExtension, type MessageKind } from "./registry.ts";

/** An extension: its body and, if it has a codec, its value. */
interface Extension {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly codec: ExtensionCodec<unknown> | undefined;
  readonly value: unknown;
}

/**
 * The extensions of a message, in order.
 *
 * Recognised extensions are parsed once, with the block. All keep their bytes, so that a parsed
 * block is encoded to the same bytes.
 */
export class ExtensionBlock {
  readonly #extensions = new Map<number, Extension>();

  /**
   * Parses a block with its length field.
   *
   * @param reader The reader, at the start of the block.
   * @param kind The message of the block, or a function that determines it from the types in the
   * block.
   * @returns The block.
   * @throws {DecodeError} If it is malformed or an extension is repeated.
   * @throws {SslError} If an extension is not allowed in the message, or has a forbidden value.
   */
  static parse(
    reader: Reader,
    kind: MessageKind | ((types: ReadonlySet<number>) => MessageKind),
  ): ExtensionBlock {
    const bodies = new Map<number, Uint8Array<ArrayBuffer>>();
    const block = reader.reader16();
    while (block.remaining > 0) {
      const type = block.u16();
      // RFC 8446, Section 4.2: "There MUST NOT be more than one extension of the same type in a
      // given extension block."
      if (bodies.has(type)) throw new DecodeError(`${extensionTypeName(type)} comes twice`);
      bodies.set(type, block.vector16());
    }
    const place = typeof kind === "function" ? kind(new Set(bodies.keys())) : kind;
    const extensions = new ExtensionBlock();
    for (const [type, body] of bodies) {
      extensions.#extensions.set(type, parseExtension(type, body, place));
    }
    if (place === "ClientHello") checkPreSharedKeyIsLast([...bodies.keys()]);
    return extensions;
  }

  /**
   * Returns the value of an extension.
   *
   * @param codec The codec of the extension in this message.
   * @returns The value, or `undefined` if the extension is absent.
   * @throws {TypeError} If the extension was parsed with another codec, because the given one is
   * for another message.
   */
  get<T>(codec: ExtensionCodec<T>): T | undefined {
    const extension = this.#extensions.get(codec.type);
    if (extension === undefined) return undefined;
    if (extension.codec !== codec) {
      throw new TypeError(`Cannot get extension ${codec.name}: this message reads it otherwise`);
    }
    return extension.value as T;
  }

  /** Returns the body of an extension, or `undefined` if it is absent. */
  body(type: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#extensions.get(type)?.body;
  }

  /** Returns whether an extension is present. */
  has(type: number): boolean {
    return this.#extensions.has(type);
  }

  /**
   * Appends an extension.
   *
   * @param codec The codec of the extension in this message.
   * @param value The value.
   * @returns This block.
   * @throws {RangeError} If it is already present, or the value is out of range.
   */
  add<T>(codec: ExtensionCodec<T>, value: T): this {
    const writer = new Writer();
    codec.encode(writer, value);
    return this.#append(codec.type, { body: writer.finish(), codec, value });
  }

  /**
   * Appends an extension without a codec.
   *
   * @param type The `ExtensionType`.
   * @param body The body.
   * @returns This block.
   * @throws {RangeError} If it is already present.
   */
  addBody(type: number, body: Uint8Array<ArrayBuffer>): this {
    return this.#append(type, { body, codec: undefined, value: undefined });
  }

  /** Returns the types in order. */
  types(): number[] {
    return [...this.#extensions.keys()];
  }

  /**
   * Writes the block with its length field.
   *
   * @param writer The writer.
   * @throws {RangeError} If it is longer than a vector can be.
   */
  encode(writer: Writer): void {
    writer.vector16((block) => {
      for (const [type, { body }] of this.#extensions) block.u16(type).vector16(body);
    });
  }

  #append(type: number, extension: Extension): this {
    if (this.#extensions.has(type)) {
      throw new RangeError(`Cannot add extension: ${extensionTypeName(type)} is there already`);
    }
    this.#extensions.set(type, extension);
    return this;
  }
}

function parseExtension(
  type: number,
  body: Uint8Array<ArrayBuffer>,
  kind: MessageKind,
): Extension {
  const codec = lookupExtension(type, kind);
  if (codec === "disallowed") {
    // RFC 8446, Section 4.2: one "which it recognizes and which is not specified for the message in
    // which it appears".
    throw new SslError(
      "SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION",
      `Cannot parse ${kind}: extension ${extensionTypeName(type)} must not be in it`,
      { fault: "value" },
    );
  }
  if (codec === "unknown" || codec === "opaque") {
    return { body, codec: undefined, value: undefined };
  }
  try {
    const reader = new Reader(body);
    const value = codec.parse(reader);
    reader.finish();
    return { body, codec, value };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError(`in extension ${codec.name}, ${cause.message}`, { cause });
  }
}

function checkPreSharedKeyIsLast(types: readonly number[]): void {
  const at = types.indexOf(ExtensionType.preSharedKey);
  // RFC 8446, Section 4.2.11: "Servers MUST check that it is the last extension and otherwise fail
  // the handshake".
  if (at !== -1 && at !== types.length - 1) {
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
      "Cannot parse ClientHello: extension pre_shared_key is not the last one",
      { fault: "value" },
    );
  }
}
