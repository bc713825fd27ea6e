// Copyright 2026 the NSS for Deno authors. MIT license.

import { isArrayOf, isBytes, isEither, isString, requireArgs } from "../base/options.ts";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { NssError } from "../base/errors.ts";

/**
 * The maximum number of characters that {@linkcode decodePem} accepts; Mozilla's bundle has
 * 230,000.
 */
export const MAX_PEM_SIZE = 1 << 26;

/** A block of PEM text. */
export interface PemBlock {
  /** The label after `BEGIN`, such as `CERTIFICATE`. */
  readonly label: string;
  /** The decoded base64. */
  readonly der: Uint8Array<ArrayBuffer>;
}

const BEGIN = /^-----BEGIN ([\x20-\x2c\x2e-\x7e]*(?:-[\x20-\x2c\x2e-\x7e]+)*)-----$/;

/**
 * Decodes the blocks of PEM text (RFC 7468).
 *
 * As in OpenSSL, text outside of blocks is skipped, and lines may have any length and surrounding
 * white space. A block with headers such as `Proc-Type: 4,ENCRYPTED` (encrypted as RFC 1421 says)
 * is an error if its label matches.
 *
 * @param text The text.
 * @param label The label, or labels, of the blocks to return; all by default.
 * @returns The blocks, in the order of the text.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if a block has no end, ends with another label, has
 * headers or is not base64, or the text is longer than {@linkcode MAX_PEM_SIZE}.
 *
 * @example Usage
 * ```ts
 * import { decodePem } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const [block] = decodePem("-----BEGIN EXAMPLE-----\nAAEC\n-----END EXAMPLE-----\n");
 * assertEquals(block, { label: "EXAMPLE", der: Uint8Array.of(0, 1, 2) });
 * ```
 */
export function decodePem(text: string, label?: string | readonly string[]): PemBlock[] {
  const isLabel = isEither("a string or an array of strings", isString, isArrayOf(isString));
  requireArgs(
    "Cannot parse PEM",
    isString(text, "text"),
    label === undefined ? null : isLabel(label, "label"),
  );
  const wanted = typeof label === "string" ? [label] : label;
  const isWanted = (name: string) => wanted === undefined || wanted.includes(name);
  if (text.length > MAX_PEM_SIZE) {
    throw bad(1, `${text.length} characters are more than ${MAX_PEM_SIZE}`);
  }
  const blocks: PemBlock[] = [];
  let current: { label: string; line: number; base64: string[] } | null = null;
  let inHeaders = false;
  let number = 0;
  for (const raw of text.split(/\r\n|\n|\r/)) {
    number++;
    const line = raw.trim();
    if (current === null) {
      const begin = line.startsWith("-----BEGIN ") ? BEGIN.exec(line) : null;
      if (begin !== null) {
        current = { label: begin[1]!, line: number, base64: [] };
        inHeaders = false;
      }
      continue;
    }
    if (line.startsWith("-----")) {
      if (line !== `-----END ${current.label}-----`) {
        throw bad(number, `the block of line ${current.line} does not end with its label`);
      }
      if (isWanted(current.label)) {
        blocks.push({ label: current.label, der: decodeBody(current.base64, current.line) });
      }
      current = null;
      continue;
    }
    // RFC 1421 headers precede an empty line and contain a colon, which base64 does not
    if (line.includes(":")) {
      if (current.base64.length > 0) throw bad(number, "a header stands inside the base64");
      if (isWanted(current.label)) {
        throw bad(number, `the block has headers, as an encrypted one: ${line.split(":")[0]}`);
      }
      inHeaders = true;
    } else if (line === "") inHeaders = false;
    else if (!inHeaders) current.base64.push(line);
  }
  if (current !== null) throw bad(current.line, `the block "${current.label}" has no end`);
  return blocks;
}

function decodeBody(lines: string[], line: number): Uint8Array<ArrayBuffer> {
  const base64 = lines.join("").replace(/[ \t]/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw bad(line, "the block is not base64");
  }
  try {
    return decodeBase64(base64);
  } catch (cause) {
    throw bad(line, "the block is not base64", cause);
  }
}

function bad(line: number, state: string, cause?: unknown): NssError {
  return new NssError("SEC_ERROR_BAD_DER", `Cannot parse PEM: line ${line}: ${state}`, { cause });
}

/**
 * Encodes bytes as a block of PEM (RFC 7468), with 64 characters a line.
 *
 * @param label The label after `BEGIN`, such as `CERTIFICATE`.
 * @param der The bytes to encode.
 * @returns The text, with a final line break.
 *
 * @example Usage
 * ```ts
 * import { encodePem } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   encodePem("EXAMPLE", Uint8Array.of(0, 1, 2)),
 *   "-----BEGIN EXAMPLE-----\nAAEC\n-----END EXAMPLE-----\n",
 * );
 * ```
 */
export function encodePem(label: string, der: Uint8Array): string {
  requireArgs("Cannot encode PEM", isString(label, "label"), isBytes(der, "der"));
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
