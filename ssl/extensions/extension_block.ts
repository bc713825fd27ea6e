// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { ExtensionType, extensionTypeName } from "../tables/extension_types.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { ExtensionCodec } from "./extension_codec.ts";
import { lookupExtension, type MessageKind } from "./registry.ts";

/** One extension: its bytes and, where a codec has read or written them, what they say. */
interface Extension {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly codec: ExtensionCodec<unknown> | undefined;
  readonly value: unknown;
}

/**
 * The extensions of one message, in their order.
 *
 * All that are recognised have been read by the time the block exists, each once; all keep their bytes, so that
 * a block that was parsed encodes to what it was parsed from.
 */
export class ExtensionBlock {
  readonly #extensions = new Map<number, Extension>();

  /**
   * Reads a block with its length.
   *
   * @param reader Where the block begins.
   * @param kind The message that the block belongs to, or a function that tells it from the types in it.
   * @param min The least bytes that the message's block has.
   * @param max The most bytes that the message's block has.
   * @returns The block.
   * @throws {DecodeError} If it does not parse, or an extension comes twice.
   * @throws {SslError} If an extension must not appear here, or has a forbidden value.
   */
  static parse(
    reader: Reader,
    kind: MessageKind | ((types: ReadonlySet<number>) => MessageKind),
    min = 0,
    max = 0xffff,
  ): ExtensionBlock {
    const bodies = new Map<number, Uint8Array<ArrayBuffer>>();
    const block = reader.reader16(min, max);
    while (block.remaining > 0) {
      const type = block.u16();
      // RFC 8446, Section 4.2: "There MUST NOT be more than one extension of the same type in a given extension block."
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
   * Gets what an extension says.
   *
   * @param codec The extension, as it is in this message.
   * @returns Its value, or `undefined` where it is absent.
   * @throws {TypeError} If the extension is there and was not read by this codec: the codec is another message's.
   */
  get<T>(codec: ExtensionCodec<T>): T | undefined {
    const extension = this.#extensions.get(codec.type);
    if (extension === undefined) return undefined;
    if (extension.codec !== codec) {
      throw new TypeError(`Cannot get extension ${codec.name}: this message reads it otherwise`);
    }
    return extension.value as T;
  }

  /** Gets the bytes of an extension's body, or `undefined` where it is absent. */
  body(type: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#extensions.get(type)?.body;
  }

  /** Tells whether an extension is there. */
  has(type: number): boolean {
    return this.#extensions.has(type);
  }

  /**
   * Adds an extension at the end.
   *
   * @param codec The extension, as it is in this message.
   * @param value What it says.
   * @returns This block.
   * @throws {RangeError} If it is there already, or the value does not fit.
   */
  add<T>(codec: ExtensionCodec<T>, value: T): this {
    const writer = new Writer();
    codec.encode(writer, value);
    return this.#append(codec.type, { body: writer.finish(), codec, value });
  }

  /**
   * Adds an extension that no codec knows at the end.
   *
   * @param type The `ExtensionType`.
   * @param body The bytes of its body.
   * @returns This block.
   * @throws {RangeError} If it is there already.
   */
  addBody(type: number, body: Uint8Array<ArrayBuffer>): this {
    return this.#append(type, { body, codec: undefined, value: undefined });
  }

  /** Lists the types in their order. */
  types(): number[] {
    return [...this.#extensions.keys()];
  }

  /**
   * Writes the block with its length.
   *
   * @param writer Where to write it.
   * @param min The least bytes that the message's block has.
   * @param max The most bytes that the message's block has.
   * @throws {RangeError} If it has fewer or more.
   */
  encode(writer: Writer, min = 0, max = 0xffff): void {
    writer.vector16(
      (block) => {
        for (const [type, { body }] of this.#extensions) block.u16(type).vector16(body);
      },
      min,
      max,
    );
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
    // RFC 8446, Section 4.2: one "which it recognizes and which is not specified for the message in which it appears".
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
  // RFC 8446, Section 4.2.11: "Servers MUST check that it is the last extension and otherwise fail the handshake".
  if (at !== -1 && at !== types.length - 1) {
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
      "Cannot parse ClientHello: extension pre_shared_key is not the last one",
      { fault: "value" },
    );
  }
}
