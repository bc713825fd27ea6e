// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ErrorName } from "../../cert/base/errors.ts";
import { SslError } from "../base/errors.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";

/**
 * Reads the body of a message to its end.
 *
 * @param name The RFC's name of the message.
 * @param error What to throw where the bytes do not parse.
 * @param body The bytes after the handshake header.
 * @param parse Reads them.
 * @returns What `parse` returns.
 * @throws {SslError} `error`, if `parse` throws a `DecodeError` or leaves bytes over.
 */
export function parseMessage<T>(
  name: string,
  error: ErrorName,
  body: Uint8Array<ArrayBuffer>,
  parse: (reader: Reader) => T,
): T {
  try {
    const reader = new Reader(body);
    const message = parse(reader);
    reader.finish();
    return message;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new SslError(error, `Cannot parse ${name}: ${cause.message}`, { cause });
  }
}
