// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The encoding of an inner ClientHello, which refers to extensions of the outer one (RFC 9849,
 * Section 5.1).
 *
 * @module
 */

import { bytesEqual } from "../../cert/base/bytes.ts";
import { ECH_INNER, malformedEch } from "../extensions/encrypted_client_hello.ts";
import { ExtensionBlock } from "../extensions/extension_block.ts";
import { supportedVersionsClientHello } from "../extensions/supported_versions.ts";
import { ExtensionType, extensionTypeName } from "../tables/extension_types.ts";
import { SSL_3_0, TLS_1_3 } from "../tables/versions.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
  RANDOM_LENGTH,
} from "./client_hello.ts";
import { MAX_HANDSHAKE_SIZE } from "./handshake.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The pseudo-extension `ech_outer_extensions`, which no ClientHello on the wire has. */
export const ECH_OUTER_EXTENSIONS = 0xfd00;

/**
 * Encodes an inner ClientHello without padding.
 *
 * @param hello The inner ClientHello, whose copied extensions are consecutive.
 * @param copied The types of the extensions that the outer ClientHello has too, in both orders.
 */
export function encodeClientHelloInner(hello: ClientHello, copied: readonly number[]): Bytes {
  const extensions = new ExtensionBlock();
  for (const type of hello.extensions?.types() ?? []) {
    if (type === copied[0]) extensions.addBody(ECH_OUTER_EXTENSIONS, encodeTypes(copied));
    if (!copied.includes(type)) extensions.addBody(type, hello.extensions!.body(type)!);
  }
  return encodeClientHello({ ...hello, legacySessionId: new Uint8Array(0), extensions });
}

/** `OuterExtensions<2..254>`. */
function encodeTypes(types: readonly number[]): Bytes {
  return new Writer().vector8((list) => types.forEach((type) => list.u16(type)), 2, 254).finish();
}

/**
 * Decodes an inner ClientHello, in time linear in its length and that of the outer one. Each
 * extension of the outer one is copied once at most, so that it grows by no more than these.
 *
 * @param encoded The decrypted bytes.
 * @param outer The outer ClientHello.
 * @returns The body of the inner ClientHello, and its values.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION` if the encoding does not follow the
 * RFC, or another error if the message does not.
 */
export function decodeClientHelloInner(
  encoded: Bytes,
  outer: ClientHello,
): { readonly body: Bytes; readonly hello: ClientHello } {
  let body;
  try {
    body = expand(encoded, outer);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw malformedEch(`the inner ClientHello is malformed: ${cause.message}`, {
      cause,
      fault: "value",
    });
  }
  const hello = parseClientHello(body);
  checkInner(hello);
  return { body, hello };
}

function expand(encoded: Bytes, outer: ClientHello): Bytes {
  const reader = new Reader(encoded);
  const writer = new Writer(encoded.length + 1024)
    .u16(reader.u16())
    .bytes(reader.bytes(RANDOM_LENGTH));
  if (reader.vector8().length > 0) throw new DecodeError("its session ID is not empty");
  writer.vector8(outer.legacySessionId)
    .vector16(reader.vector16(2, 0xfffe))
    .vector8(reader.vector8(1));
  const extensions = expandExtensions(reader.reader16(), outer);
  // RFC 9849, Section 5.1: padding that is not zero MUST be an illegal_parameter.
  if (reader.rest().some((byte) => byte !== 0)) throw new DecodeError("its padding is not zero");
  const length = writer.length + 2 + extensions.length;
  if (length > MAX_HANDSHAKE_SIZE) {
    throw new DecodeError(`it is ${length} bytes long, more than ${MAX_HANDSHAKE_SIZE}`);
  }
  return writer.vector16(extensions).finish();
}

function expandExtensions(block: Reader, outer: ClientHello): Bytes {
  const writer = new Writer(1024);
  let expanded = false;
  while (block.remaining > 0) {
    const type = block.u16();
    const body = block.reader16();
    if (type !== ECH_OUTER_EXTENSIONS) {
      writer.u16(type).vector16(body.rest());
      continue;
    }
    if (expanded) throw new DecodeError("it refers to the outer extensions twice");
    expanded = true;
    const types = body.reader8(2, 254).list((r) => r.u16());
    body.finish();
    copyExtensions(writer, types, outer);
  }
  return writer.finish();
}

/** Copies extensions, which the outer ClientHello has in the same order. */
function copyExtensions(
  writer: Writer,
  types: readonly number[],
  { extensions }: ClientHello,
): void {
  const available = extensions?.types() ?? [];
  let next = 0;
  for (const type of types) {
    if (type === ExtensionType.encryptedClientHello) {
      throw new DecodeError("it refers to encrypted_client_hello");
    }
    while (next < available.length && available[next] !== type) next++;
    if (next++ >= available.length) {
      throw new DecodeError(
        `it refers to ${extensionTypeName(type)}, which the outer one has not, or not there`,
      );
    }
    writer.u16(type).vector16(extensions!.body(type)!);
  }
}

/**
 * Checks what every inner ClientHello must have (RFC 9849, Section 7.1).
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION`.
 */
function checkInner({ extensions }: ClientHello): void {
  const body = extensions?.body(ExtensionType.encryptedClientHello);
  if (body === undefined || !bytesEqual(body, ECH_INNER)) {
    throw malformedEch("the inner ClientHello does not say that it is one", { fault: "value" });
  }
  const versions = extensions?.get(supportedVersionsClientHello) ?? [];
  if (!versions.includes(TLS_1_3) || versions.some((v) => v >= SSL_3_0 && v < TLS_1_3)) {
    throw malformedEch("the inner ClientHello does not offer TLS 1.3 alone", { fault: "value" });
  }
}
