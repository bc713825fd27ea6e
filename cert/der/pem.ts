// Copyright 2026 the NSS for Deno authors. MIT license.

import { decodeBase64, encodeBase64 } from "@std/encoding";
import { NssError } from "../base/errors.ts";

/**
 * The most characters of PEM text that {@linkcode decodePem} takes: Mozilla's bundle has 230,000.
 */
export const MAX_PEM_SIZE = 1 << 26;

/** One block of PEM. */
export interface PemBlock {
  /** What stands after `BEGIN`, as `CERTIFICATE`. */
  readonly label: string;
  /** What the block holds. */
  readonly der: Uint8Array<ArrayBuffer>;
}

const BEGIN = /^-----BEGIN ([\x20-\x2c\x2e-\x7e]*(?:-[\x20-\x2c\x2e-\x7e]+)*)-----$/;

/**
 * Reads the blocks of PEM text (RFC 7468).
 *
 * As in OpenSSL, text around the blocks is skipped, lines may have any length and white space at
 * their ends, and headers as `Proc-Type: 4,ENCRYPTED` are an error only where the block is asked
 * for (they say that it is encrypted, which is a matter of `importPrivateKey`).
 *
 * @param text The text.
 * @param label The only label, or labels, to return; blocks of other labels are skipped.
 * @returns The blocks in their order; none if there are none.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if a block has no end, ends with another label or holds no
 * base64.
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
    // RFC 1421 headers stand before an empty line and have a colon, which base64 has not
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
 * Writes a block of PEM (RFC 7468), 64 characters in a line.
 *
 * @param label What stands after `BEGIN`, as `CERTIFICATE`.
 * @param der What the block holds.
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
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
