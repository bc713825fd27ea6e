// Copyright 2026 the NSS for Deno authors. MIT license.

import { fromBase64, toBase64 } from "../base/runtime.ts";
import {
  isArrayOf,
  isBytes,
  isBytesOrText,
  isEither,
  isString,
  requireArgs,
} from "../base/options.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import { TAG } from "./tag.ts";

/**
 * The maximum number of characters, or of bytes, that {@linkcode decodePem} accepts; Mozilla's
 * bundle has 230,000.
 *
 * @category DER and PEM
 */
export const MAX_PEM_SIZE = 1 << 26;

/**
 * A block of PEM text.
 *
 * @category DER and PEM
 */
export interface PemBlock {
  /** The label after `BEGIN`, such as `CERTIFICATE`. */
  readonly label: string;
  /** The decoded base64. */
  readonly der: Uint8Array<ArrayBuffer>;
}

/** Something that was given as PEM or DER. */
export interface Encoding {
  /** The label of its block; of DER, the first one of its kind. */
  readonly label: string;
  /** The DER; of DER, the bytes that were given. */
  readonly der: Uint8Array;
}

/** What a function reads, as PEM or DER. */
export interface PemKind {
  /** What fails: "Cannot ...". */
  readonly attempt: string;
  /** The labels of its blocks. */
  readonly labels: readonly string[];
  /** The name of the errors. */
  readonly error: ErrorName;
}

/**
 * OCSP responses, with the label of GnuTLS's `ocsptool`; here, because a server passes them on
 * without loading what reads them.
 */
export const OCSP_RESPONSE_PEM: PemKind = {
  attempt: "Cannot parse OCSP response",
  labels: ["OCSP RESPONSE"],
  error: "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
};

/** The maximum number of characters of a label; the longest of RFC 7468 has 21. */
export const MAX_LABEL_SIZE = 128;

const BEGIN = "-----BEGIN ";
const DASHES = "-----";
const LABEL = /^(?:[\x20-\x2c\x2e-\x7e]+(?:-[\x20-\x2c\x2e-\x7e]+)*)?$/;

/**
 * Tells PEM from DER, wherever either is accepted.
 *
 * Bytes are PEM if they have "-----BEGIN ". Those that begin with the tag of a SEQUENCE, which in
 * text is the digit 0, may also be DER that quotes PEM: then a control character stands before it,
 * as one is in the header of each INTEGER and OBJECT IDENTIFIER, and none is in text.
 *
 * @param input Text, which is PEM, or bytes. PEM may be UTF-8, also with bytes that are not, as in
 * a comment in Latin-1, or UTF-16, as PowerShell writes it, and may have a byte order mark.
 * @returns The text of the PEM, or the bytes of the DER.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if text is longer than {@linkcode MAX_PEM_SIZE}.
 */
export function pemOrDer(
  input: string | Uint8Array,
): { readonly text: string } | { readonly der: Uint8Array } {
  if (typeof input === "string") return { text: input };
  const encoding = utf16Of(input);
  if (encoding !== null) return { text: decode(input, encoding) };
  const control = firstControl(input);
  const isSequence = input[0] === TAG.sequence;
  const start = isSequence && control >= 0 ? input.subarray(0, control) : input;
  const text = decode(start);
  if (text.includes(BEGIN)) return { text: start === input ? text : decode(input) };
  return isSequence || control >= 0 || text === "" ? { der: input } : { text };
}

/** Returns the offset of the first control character before the tab; -1 if there is none. */
function firstControl(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! < 9) return i; // findIndex() is slower
  return -1;
}

/** Returns the encoding of UTF-16, by its byte order mark or a hyphen at its beginning. */
function utf16Of([first, second]: Uint8Array): string | null {
  if ((first === 0xff && second === 0xfe) || (first === 0x2d && second === 0)) return "utf-16le";
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x2d)
    ? "utf-16be"
    : null;
}

function decode(bytes: Uint8Array, encoding = "utf-8"): string {
  if (bytes.length > MAX_PEM_SIZE) throw tooLong(bytes.length, "bytes");
  return new TextDecoder(encoding).decode(bytes);
}

function tooLong(length: number, unit: string): NssError {
  const state = `${length} ${unit} are more than ${MAX_PEM_SIZE}`;
  return new NssError("SEC_ERROR_BAD_DER", `Cannot parse PEM: ${state}`);
}

/** A block that is not decoded; the offsets are those of its first line and its contents. */
interface RawBlock {
  readonly label: string;
  readonly begin: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds blocks as RFC 7468, Section 3, has them in its lax form: they may stand in one line. Before
 * a block, its line has white space only, or the end of another block.
 */
class PemScanner {
  readonly #text: string;
  readonly #kind: Omit<PemKind, "labels">;

  constructor(text: string, kind: Omit<PemKind, "labels">) {
    if (text.length > MAX_PEM_SIZE) throw tooLong(text.length, "characters");
    this.#text = text;
    this.#kind = kind;
  }

  *blocks(): Generator<RawBlock> {
    const text = this.#text;
    let position = 0; // behind the last block, and the white space after it
    let begin = -1;
    while ((begin = text.indexOf(BEGIN, Math.max(position, begin + 1))) >= 0) {
      if (!this.#beginsLine(begin, position)) continue;
      const labelStart = begin + BEGIN.length;
      const labelEnd = text.indexOf(DASHES, labelStart);
      const label = text.slice(labelStart, labelEnd);
      if (labelEnd < 0 || labelEnd - labelStart > MAX_LABEL_SIZE || !LABEL.test(label)) {
        throw this.#bad(begin, 'the line "-----BEGIN" does not end in a label and five hyphens');
      }
      const start = labelEnd + DASHES.length;
      const end = text.indexOf(DASHES, start);
      if (end < 0) throw this.#bad(begin, `the block ${JSON.stringify(label)} has no end`);
      const endLine = `-----END ${label}-----`;
      if (!text.startsWith(endLine, end)) {
        const line = this.#lineOf(begin);
        throw this.#bad(end, `the block of line ${line} does not end with its label`);
      }
      position = skipSpace(text, end + endLine.length);
      if (text[position] === "\\") throw this.#bad(begin, LITERAL_BREAKS);
      if (!isBreak(text[position]) && !text.startsWith(BEGIN, position)) {
        throw this.#bad(end, "other text stands behind the end of a block");
      }
      yield { label, begin, start, end };
    }
  }

  /** Decodes the base64 of a block. */
  decode({ label, begin, start, end }: RawBlock): PemBlock {
    const body = this.#text.slice(start, end);
    if (/\\[nr]/.test(body)) throw this.#bad(begin, LITERAL_BREAKS);
    // RFC 1421, Section 4.6: what has a colon, as base64 has not
    const colon = body.indexOf(":");
    const name = /\s([A-Z][A-Za-z-]{0,23})$/.exec(body.slice(Math.max(0, colon - 32), colon));
    if (colon >= 0 && name !== null) {
      throw this.#bad(begin, `the block has headers, as an encrypted one: ${name[1]}`);
    }
    let der: Uint8Array<ArrayBuffer>;
    try {
      // It skips white space of ASCII itself, which is faster than to remove that of each line
      der = fromBase64(/[\v\x80-\uffff]/.test(body) ? body.replace(/\s+/g, "") : body);
    } catch (cause) {
      throw this.#bad(begin, "the block is not base64", cause);
    }
    const isPadded = der.length % 3 === 0 || body.trimEnd().endsWith("=");
    if (!isPadded) throw this.#bad(begin, "the block is not base64: its end is missing");
    return { label, der };
  }

  #beginsLine(begin: number, from: number): boolean {
    let i = begin;
    while (i > from && isSpace(this.#text[i - 1])) i--;
    return i === from || isBreak(this.#text[i - 1]);
  }

  #lineOf(offset: number): number {
    let line = 1;
    for (let i = 0; i < offset; i++) {
      const isEnd = this.#text[i] === "\r" ? this.#text[i + 1] !== "\n" : this.#text[i] === "\n";
      if (isEnd) line++;
    }
    return line;
  }

  #bad(offset: number, state: string, cause?: unknown): NssError {
    const { error, attempt } = this.#kind;
    return new NssError(error, `${attempt}: line ${this.#lineOf(offset)}: ${state}`, { cause });
  }
}

const LITERAL_BREAKS = "the line breaks are written as the two characters \\n, as in an " +
  'environment variable; make them line breaks first: text.replaceAll("\\\\n", "\\n")';

/**
 * Returns why text has no PEM block that is wanted, and what to do about it.
 *
 * @param text The text.
 * @param labels The labels of the blocks that it has.
 * @param wanted The label that it should have.
 */
export function whyNoPem(
  text: string,
  labels: ReadonlySet<string> = new Set(),
  wanted = "",
): string {
  if (labels.size > 0) {
    const isBundle = labels.has("PKCS7") || labels.has("CMS");
    return `the text holds only ${[...labels].join(", ")}, and no ${wanted}` +
      (isBundle && wanted === "CERTIFICATE" ? "; parsePkcs7Certificates() reads it" : "");
  }
  if (text.trim() === "") return "the text holds no PEM block: it is empty";
  if (text.includes("-\0-\0-\0")) {
    return "the text is UTF-16 that was read as UTF-8; give the bytes of the file, as readFile() reads them";
  }
  if (text.includes("-----BEGIN%20")) {
    return "the text is percent-encoded; decodeURIComponent() decodes it";
  }
  if (/-----BEGIN [^-]*-----\\[nr]/.test(text)) return LITERAL_BREAKS;
  if (text.includes(BEGIN)) {
    return 'other text stands before "-----BEGIN" in its line, such as a quotation mark';
  }
  if (/^\s*MI[A-Za-z0-9+/=\s]{60}/.test(text)) {
    return "the text is base64 without the lines -----BEGIN and -----END around it";
  }
  const isName = text.length < 1024 && !/[\r\n]/.test(text);
  return "the text holds no PEM block" +
    (isName ? "; if it is the name of a file, read the file first" : "");
}

/**
 * Decodes what is given as PEM or DER.
 *
 * @param input PEM text, its bytes, or DER, which is returned as it is.
 * @param kind What is wanted.
 * @returns One block or more; DER is one.
 * @throws {NssError} The error of the kind if text has no such block or is malformed.
 */
export function decodePemOrDer(
  input: string | Uint8Array,
  kind: PemKind,
): [Encoding, ...Encoding[]] {
  const { attempt, labels, error } = kind;
  requireArgs(attempt, isBytesOrText(input, "the input"));
  if (input.length === 0) throw new NssError(error, `${attempt}: there is none: it is empty`);
  const given = pemOrDer(input);
  if ("der" in given) return [{ label: labels[0]!, der: given.der }];
  const scanner = new PemScanner(given.text, kind);
  const blocks: PemBlock[] = [];
  const others = new Set<string>();
  for (const block of scanner.blocks()) {
    if (labels.includes(block.label)) blocks.push(scanner.decode(block));
    else if (others.size < 8) others.add(block.label);
  }
  const [first, ...more] = blocks;
  if (first !== undefined) return [first, ...more];
  throw new NssError(
    error,
    `${attempt}: there is none: ${whyNoPem(given.text, others, labels[0])}`,
  );
}

/**
 * Decodes one thing that is given as PEM or DER.
 *
 * @param input PEM text with one such block, its bytes, or DER.
 * @param kind What is wanted.
 * @param several What to do with several, for the error.
 * @returns The block.
 * @throws {NssError} The error of the kind if text has no such block, several, or is malformed.
 */
export function decodeOnePemOrDer(
  input: string | Uint8Array,
  kind: PemKind,
  several = "give them one after another",
): Encoding {
  const [block, ...more] = decodePemOrDer(input, kind);
  if (more.length === 0) return block;
  const { attempt, error } = kind;
  throw new NssError(error, `${attempt}: there are ${more.length + 1}; ${several}`);
}

/**
 * Decodes the blocks of PEM text (RFC 7468).
 *
 * As in OpenSSL, text outside of blocks is skipped, and lines may have any length and surrounding
 * white space; a block may also stand in one line. A block with headers such as
 * `Proc-Type: 4,ENCRYPTED` (encrypted as RFC 1421 says) is an error if its label matches.
 *
 * @param text The text, or the bytes of its file: UTF-8, or UTF-16 with a byte order mark.
 * @param label The label, or labels, of the blocks to return; all by default.
 * @returns The blocks, in the order of the text.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if a block has no end, ends with another label, has
 * headers or is not base64, other text stands behind its end in the same line, or the text is
 * longer than {@linkcode MAX_PEM_SIZE}.
 *
 * @example Usage
 * ```ts
 * import { decodePem } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const [block] = decodePem("-----BEGIN EXAMPLE-----\nAAEC\n-----END EXAMPLE-----\n");
 * assertEquals(block, { label: "EXAMPLE", der: Uint8Array.of(0, 1, 2) });
 * ```
 *
 * @category DER and PEM
 */
export function decodePem(
  text: string | Uint8Array,
  label?: string | readonly string[],
): PemBlock[] {
  const attempt = "Cannot parse PEM";
  const isLabel = isEither("a string or an array of strings", isString, isArrayOf(isString));
  requireArgs(
    attempt,
    isBytesOrText(text, "text"),
    label === undefined ? null : isLabel(label, "label"),
  );
  const given = pemOrDer(text);
  if ("der" in given) {
    throw new NssError(
      "SEC_ERROR_BAD_DER",
      `${attempt}: the bytes have no "-----BEGIN "; if they are DER, there is no PEM to decode`,
    );
  }
  const wanted = typeof label === "string" ? [label] : label;
  const scanner = new PemScanner(given.text, { attempt, error: "SEC_ERROR_BAD_DER" });
  const blocks: PemBlock[] = [];
  for (const block of scanner.blocks()) {
    if (wanted === undefined || wanted.includes(block.label)) blocks.push(scanner.decode(block));
  }
  return blocks;
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
 *
 * @category DER and PEM
 */
export function encodePem(label: string, der: Uint8Array): string {
  requireArgs("Cannot encode PEM", isString(label, "label"), isBytes(der, "der"));
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** Returns whether a character is white space within a line. */
function isSpace(character: string | undefined): boolean {
  return character === " " || (character !== undefined && /[^\S\r\n]/.test(character));
}

/** Returns whether a line ends here. */
function isBreak(character: string | undefined): boolean {
  return character === undefined || character === "\n" || character === "\r";
}

function skipSpace(text: string, position: number): number {
  while (isSpace(text[position])) position++;
  return position;
}
