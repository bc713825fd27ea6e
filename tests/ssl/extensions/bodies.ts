// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import type { ExtensionCodec } from "../../../ssl/extensions/extension_codec.ts";
import { DecodeError } from "../../../ssl/wire/decode_error.ts";
import { Writer } from "../../../ssl/wire/writer.ts";
import { parseWith } from "./samples.ts";

/** The bytes that a function writes. */
export function write(build: (writer: Writer) => void): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  build(writer);
  return writer.finish();
}

/** A vector with a length of two bytes, whatever its bounds. */
export function vector16(build: (writer: Writer) => void): Uint8Array<ArrayBuffer> {
  return write((w) => w.vector16(build));
}

/** Asserts that a codec calls a body malformed. */
export function refusesSyntax<T>(codec: ExtensionCodec<T>, body: Uint8Array<ArrayBuffer>): void {
  assertThrows(() => parseWith(codec, body), DecodeError);
}
