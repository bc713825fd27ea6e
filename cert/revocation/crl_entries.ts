// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual, DerReader } from "../der/der.ts";
import {
  certificateIssuer,
  type CrlReason,
  invalidityDate,
  reasonCode,
} from "../extensions/crl_entry.ts";
import {
  type CertificateExtension,
  type ExtensionCodec,
  readExtensions,
} from "../extensions/extension.ts";
import { OIDS } from "../der/oids.ts";
import { readTime } from "../der/time.ts";

/** A certificate that is revoked, as a revocation list names it (RFC 5280, Section 5.3). */
export interface CrlEntry {
  /** The serial number in two's complement, as short as possible. */
  readonly serialNumber: Uint8Array<ArrayBuffer>;
  /** When it was revoked. */
  readonly revocationDate: Date;
  /** Why, where the list says so. */
  readonly reason?: CrlReason;
  /** Since when the key is suspect, where the list says so. */
  readonly invalidityDate?: Date;
  /** All extensions of the entry, unread. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

const WHAT = "CRL";
const ERROR = "SEC_ERROR_CRL_INVALID";
const PROCESSED: ReadonlySet<string> = new Set([OIDS.reasonCode, OIDS.invalidityDate]);
const NO_EXTENSIONS: ReadonlyMap<string, CertificateExtension> = new Map();

/**
 * Reads the value of an extension of a revocation list or of one of its entries.
 *
 * @param extensions Where to look.
 * @param codec Which extension.
 * @returns Its value, or `undefined` if there is none.
 * @throws {NssError} `SEC_ERROR_CRL_INVALID` if it is malformed.
 */
export function readCrlExtension<T>(
  extensions: ReadonlyMap<string, CertificateExtension>,
  codec: ExtensionCodec<T>,
): T | undefined {
  const extension = extensions.get(codec.oid);
  if (extension === undefined) return undefined;
  const reader = new DerReader(
    extension.value,
    `CRL's ${codec.name}`,
    ERROR,
    extension.offset,
  );
  const value = codec.read(reader);
  reader.finish();
  return value;
}

/** The parts of an entry, its extensions unread. */
interface EntryParts {
  readonly serialNumber: Uint8Array<ArrayBuffer>;
  readonly revocationDate: Date;
  /** A reader before crlEntryExtensions, or at the end. */
  readonly rest: DerReader;
}

function readParts(list: DerReader): EntryParts {
  const rest = list.sequence("revokedCertificate");
  const serialNumber = rest.integer("userCertificate");
  return { serialNumber, revocationDate: readTime(rest, "revocationDate"), rest };
}

function readEntryExtensions(rest: DerReader): Omit<CrlEntry, "serialNumber" | "revocationDate"> {
  const extensions = readExtensions(rest, "crlEntryExtensions");
  rest.finish();
  const reason = readCrlExtension(extensions, reasonCode);
  const invalidity = readCrlExtension(extensions, invalidityDate);
  return {
    ...(reason !== undefined && { reason }),
    ...(invalidity !== undefined && { invalidityDate: invalidity }),
    extensions,
  };
}

/** Reads an entry that has been checked. */
function readEntry(list: DerReader): CrlEntry {
  const { serialNumber, revocationDate, rest } = readParts(list);
  const more = rest.done ? { extensions: NO_EXTENSIONS } : readEntryExtensions(rest);
  return { serialNumber, revocationDate, ...more };
}

/**
 * How many encodings of extensions are remembered: most entries have one of ten reasons and no
 * more.
 */
const MAX_KNOWN_EXTENSIONS = 16;

/**
 * The entries of a revocation list.
 *
 * All are checked once, when the list is parsed, and forgotten: large lists have a million. The
 * first look-up makes an index of four bytes an entry, in which the others search by halves; so
 * neither an entry's cost nor a look-up's depends on what the issuer has chosen as serial numbers.
 */
export class CrlEntries {
  readonly #content: Uint8Array<ArrayBuffer>;
  readonly #base: number;
  /** How many entries there are. */
  readonly size: number;
  /** A critical extension of an entry that nothing here processes; `null` if there is none. */
  readonly unknownCritical: string | null;
  /** Whether an entry names another issuer, as those of indirect lists do. */
  readonly namesIssuers: boolean;
  #index: Uint32Array | undefined;

  /**
   * Reads all entries once.
   *
   * @param reader The content of revokedCertificates, at its beginning.
   * @param withExtensions Whether entries may have extensions, as from version 2 on.
   * @throws {NssError} `SEC_ERROR_CRL_INVALID` if one is malformed.
   */
  constructor(reader: DerReader, withExtensions: boolean) {
    this.#base = reader.offset;
    this.#content = reader.rest();
    let size = 0;
    let unknownCritical: string | null = null;
    let namesIssuers = false;
    const known: Uint8Array[] = [];
    const list = this.#readerAt(0);
    for (; !list.done; size++) {
      const { rest } = readParts(list);
      if (rest.done) continue;
      // RFC 5280, Section 5.1: crlEntryExtensions are of version 2
      if (!withExtensions) rest.finish();
      const bytes = this.#content.subarray(
        list.offset - this.#base - rest.remaining,
        list.offset - this.#base,
      );
      if (known.some((encoding) => bytesEqual(encoding, bytes))) continue;
      const { extensions } = readEntryExtensions(rest);
      if (known.length < MAX_KNOWN_EXTENSIONS) known.push(bytes);
      if (readCrlExtension(extensions, certificateIssuer) !== undefined) namesIssuers = true;
      for (const { oid, critical } of extensions.values()) {
        if (critical && !PROCESSED.has(oid)) unknownCritical ??= oid;
      }
    }
    this.size = size;
    this.unknownCritical = unknownCritical;
    this.namesIssuers = namesIssuers;
  }

  #readerAt(offset: number): DerReader {
    return new DerReader(this.#content.subarray(offset), WHAT, ERROR, this.#base + offset);
  }

  /** Goes through all entries, in their order. */
  *[Symbol.iterator](): Generator<CrlEntry, void, void> {
    const list = this.#readerAt(0);
    while (!list.done) yield readEntry(list);
  }

  /**
   * Looks a certificate up.
   *
   * @param serialNumber Its serial number in two's complement, as short as possible.
   * @returns Its entry, of several the first that does not take it off the list; or `undefined`.
   */
  find(serialNumber: Uint8Array): CrlEntry | undefined {
    const index = this.#index ??= this.#makeIndex();
    let low = 0;
    let high = index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(index[middle]!, serialNumber) < 0) low = middle + 1;
      else high = middle;
    }
    let removed: CrlEntry | undefined;
    for (; low < index.length && this.#compare(index[low]!, serialNumber) === 0; low++) {
      const entry = readEntry(this.#readerAt(index[low]!));
      if (entry.reason !== "removeFromCRL") return entry;
      removed ??= entry;
    }
    return removed;
  }

  /** Where a TLV's content begins; its header has been checked. */
  #contentAt(offset: number): number {
    const length = this.#content[offset + 1]!;
    return offset + (length < 0x80 ? 2 : 2 + (length & 0x7f));
  }

  /** Where a TLV ends; its header has been checked. */
  #endAt(offset: number): number {
    const start = this.#contentAt(offset);
    if (start === offset + 2) return start + this.#content[offset + 1]!;
    let length = 0;
    for (let i = offset + 2; i < start; i++) length = length * 256 + this.#content[i]!;
    return start + length;
  }

  #compare(offset: number, serialNumber: Uint8Array): number {
    const serial = this.#contentAt(offset);
    const start = this.#contentAt(serial);
    return compareParts(
      this.#content,
      start,
      this.#endAt(serial) - start,
      serialNumber,
      0,
      serialNumber.length,
    );
  }

  #makeIndex(): Uint32Array {
    const content = this.#content;
    const index = new Uint32Array(this.size);
    let offset = 0;
    for (let i = 0; i < index.length; i++, offset = this.#endAt(offset)) index[i] = offset;
    return index.sort((a, b) => {
      const serialA = this.#contentAt(a);
      const serialB = this.#contentAt(b);
      const startA = this.#contentAt(serialA);
      const startB = this.#contentAt(serialB);
      const lengthA = this.#endAt(serialA) - startA;
      const lengthB = this.#endAt(serialB) - startB;
      // Sorting is stable: of the same serial numbers the first entry stays first
      return compareParts(content, startA, lengthA, content, startB, lengthB);
    });
  }
}

/**
 * Shorter ones first, then byte by byte; without a view of either, of which sorting would make
 * millions.
 */
function compareParts(
  a: Uint8Array,
  startA: number,
  lengthA: number,
  b: Uint8Array,
  startB: number,
  lengthB: number,
): number {
  if (lengthA !== lengthB) return lengthA - lengthB;
  for (let i = 0; i < lengthA; i++) {
    const difference = a[startA + i]! - b[startB + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
