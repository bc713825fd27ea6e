// Copyright 2026 the NSS for Deno authors. MIT license.

/** The extension of Encrypted Client Hello in hellos (RFC 9849, Section 5). @module */

import { SslError } from "../base/errors.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { EchCipherSuite } from "./ech_config_list.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The encrypted ClientHello in an outer one. */
export interface EchOuter {
  /** The algorithms. */
  readonly cipherSuite: EchCipherSuite;
  /** The identifier of the configuration. */
  readonly configId: number;
  /** The encapsulated key; empty in a second ClientHello. */
  readonly enc: Bytes;
  /** The encrypted ClientHello. */
  readonly payload: Bytes;
}

const OUTER = 0;
const INNER = 1;

/** The body of the extension in an inner ClientHello. */
export const ECH_INNER: Bytes = new Uint8Array([INNER]);

/**
 * Parses the body of the extension in a ClientHello. The bytes are subarrays of the body.
 *
 * @returns Its values; `"inner"` in an inner ClientHello.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION` if it is malformed, or of a type that
 * the RFC does not have.
 */
export function parseEchClientHello(body: Bytes): EchOuter | "inner" {
  try {
    const reader = new Reader(body);
    const type = reader.u8();
    if (type === INNER) {
      reader.finish();
      return "inner";
    }
    if (type !== OUTER) throw malformedEch(`its type is ${type}`, { fault: "value" });
    const outer = {
      cipherSuite: { kdf: reader.u16(), aead: reader.u16() },
      configId: reader.u8(),
      enc: reader.vector16(),
      payload: reader.vector16(1),
    };
    reader.finish();
    return outer;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw malformedEch(cause.message, { cause });
  }
}

/** Encodes the body of the extension in an outer ClientHello. */
export function encodeEchOuter({ cipherSuite, configId, enc, payload }: EchOuter): Bytes {
  return new Writer(16 + enc.length + payload.length).u8(OUTER)
    .u16(cipherSuite.kdf).u16(cipherSuite.aead).u8(configId)
    .vector16(enc).vector16(payload, 1).finish();
}

/** Creates the error of an extension that does not follow the RFC. */
export function malformedEch(
  why: string,
  options: { readonly fault?: "value"; readonly cause?: unknown },
): SslError {
  return new SslError(
    "SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION",
    `Cannot take ClientHello: in extension encrypted_client_hello, ${why}`,
    options,
  );
}
