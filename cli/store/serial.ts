// Copyright 2026 the NSS for Deno authors. MIT license.

/** Serial numbers on the command line. @module */

import { fromHex } from "../../cert/base/runtime.ts";
import { UsageError } from "../base/args.ts";
import { safe } from "../base/text.ts";

/** The most bytes of a serial number (RFC 5280, Section 4.1.2.2). */
const MAX_SERIAL = 20;

/**
 * Reads a serial number.
 *
 * @param text Hexadecimal, with colons or not, as `nss cert show` prints it.
 * @returns The content of the INTEGER.
 * @throws {UsageError} If it is none.
 */
export function readSerial(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(":", "").replace(/^0x/i, "").toLowerCase();
  const whole = digits.padStart(digits.length + digits.length % 2, "0");
  if (!/^(?:[0-9a-f]{2})+$/.test(whole) || whole.length > 2 * MAX_SERIAL) {
    throw new UsageError(
      `Cannot take serial number "${safe(text)}": it is written in hexadecimal, at most ` +
        `${MAX_SERIAL} bytes, as nss cert show has it`,
    );
  }
  return fromHex(whole);
}
