// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ErrorName } from "../../cert/base/errors.ts";
import { SslError } from "../base/errors.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";

/**
 * Parses the whole body of a message.
 *
 * @param name The name of the message in the RFC.
 * @param error The error if the body is malformed.
 * @param body The bytes after the handshake header.
 * @param parse Parses the body.
 * @returns What `parse` returns.
 * @throws {SslError} `error`, if `parse` throws a `DecodeError` or does not read all bytes.
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
