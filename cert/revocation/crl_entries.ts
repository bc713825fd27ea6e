// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../base/bytes.ts";
import { DerReader } from "../der/der_reader.ts";
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
import type { GeneralName } from "../names/general_name.ts";
import { OIDS } from "../der/oids.ts";
import { readTime } from "../der/time.ts";

/**
 * An entry of a CRL: a revoked certificate (RFC 5280, Section 5.3).
 *
 * @category Revocation
 */
export interface CrlEntry {
  /** The serial number in two's complement, in the fewest bytes. */
  readonly serialNumber: Uint8Array<ArrayBuffer>;
  /** When the certificate was revoked. */
  readonly revocationDate: Date;
  /** The reason, if given. */
  readonly reason?: CrlReason;
  /** Since when the key is suspect, if given. */
  readonly invalidityDate?: Date;
  /** The extensions of the entry, not decoded. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

const WHAT = "CRL";
const ERROR = "SEC_ERROR_CRL_INVALID";
const PROCESSED: ReadonlySet<string> = new Set([
  OIDS.reasonCode,
  OIDS.invalidityDate,
  OIDS.certificateIssuer,
]);
const NO_EXTENSIONS: ReadonlyMap<string, CertificateExtension> = new Map();

/**
 * Decodes the value of an extension of a CRL or of an entry.
 *
 * @param extensions The extensions.
 * @param codec The codec of the extension.
 * @returns The value, or `undefined` if the extension is absent.
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

/** The fields of an entry, its extensions not decoded. */
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

/** Decodes an entry, which has been checked before. */
function readEntry(list: DerReader): CrlEntry {
  const { serialNumber, revocationDate, rest } = readParts(list);
  const more = rest.done ? { extensions: NO_EXTENSIONS } : readEntryExtensions(rest);
  return { serialNumber, revocationDate, ...more };
}

/**
 * How many different encodings of entry extensions are checked only once: most entries have one of
 * ten reasons and no other extension.
 */
const MAX_KNOWN_EXTENSIONS = 16;

/**
 * The entries of a CRL.
 *
 * All are checked when the CRL is parsed, but not kept decoded: large CRLs have a million. The
 * first search creates a sorted index of four bytes an entry, for binary search. Unlike in a hash
 * table, the cost does not depend on the serial numbers that the issuer chose.
 */
export class CrlEntries {
  readonly #content: Uint8Array<ArrayBuffer>;
  readonly #base: number;
  /** The number of entries. */
  readonly size: number;
  /**
   * The object identifier of a critical entry extension that is not processed; `null` if there is
   * none.
   */
  readonly unknownCritical: string | null;
  /** Whether an entry has a certificateIssuer, as in indirect CRLs. */
  get namesIssuers(): boolean {
    return this.#issuerStarts.length > 0;
  }
  /** The offsets of the entries that have a certificateIssuer, in order. */
  readonly #issuerStarts: readonly number[];
  #index: Uint32Array | undefined;

  /**
   * Checks all entries.
   *
   * @param reader A reader of the content of revokedCertificates.
   * @param withExtensions Whether entries may have extensions, as in version 2.
   * @throws {NssError} `SEC_ERROR_CRL_INVALID` if one is malformed.
   */
  constructor(reader: DerReader, withExtensions: boolean) {
    this.#base = reader.offset;
    this.#content = reader.rest();
    let size = 0;
    let unknownCritical: string | null = null;
    const issuerStarts: number[] = [];
    const known: { readonly bytes: Uint8Array; readonly namesIssuer: boolean }[] = [];
    const list = this.#readerAt(0);
    for (; !list.done; size++) {
      const start = list.offset - this.#base;
      const { rest } = readParts(list);
      if (rest.done) continue;
      // RFC 5280, Section 5.1: crlEntryExtensions only in version 2
      if (!withExtensions) rest.finish();
      const bytes = this.#content.subarray(
        list.offset - this.#base - rest.remaining,
        list.offset - this.#base,
      );
      const same = known.find((one) => bytesEqual(one.bytes, bytes));
      if (same?.namesIssuer === true) issuerStarts.push(start);
      if (same !== undefined) continue;
      const { extensions } = readEntryExtensions(rest);
      const namesIssuer = readCrlExtension(extensions, certificateIssuer) !== undefined;
      if (known.length < MAX_KNOWN_EXTENSIONS) known.push({ bytes, namesIssuer });
      if (namesIssuer) issuerStarts.push(start);
      for (const { oid, critical } of extensions.values()) {
        if (critical && !PROCESSED.has(oid)) unknownCritical ??= oid;
      }
    }
    this.size = size;
    this.unknownCritical = unknownCritical;
    this.#issuerStarts = issuerStarts;
  }

  #readerAt(offset: number): DerReader {
    return new DerReader(this.#content.subarray(offset), WHAT, ERROR, this.#base + offset);
  }

  /** Iterates over all entries in the order of the CRL. */
  *[Symbol.iterator](): Generator<CrlEntry, void, void> {
    const list = this.#readerAt(0);
    while (!list.done) yield readEntry(list);
  }

  /**
   * Finds the entry of a certificate.
   *
   * @param serialNumber The serial number in two's complement, in the fewest bytes.
   * @param isIssuer Returns whether an entry is about the certificate's issuer, by the
   * certificateIssuer that holds for it; `null` for that of the CRL.
   * @returns The entry, or `undefined` if there is none. Of several, the first whose reason is not
   * `removeFromCRL`.
   */
  find(
    serialNumber: Uint8Array,
    isIssuer: (names: readonly GeneralName[] | null) => boolean,
  ): CrlEntry | undefined {
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
      if (!isIssuer(this.#issuerAt(index[low]!))) continue;
      if (entry.reason !== "removeFromCRL") return entry;
      removed ??= entry;
    }
    return removed;
  }

  /**
   * RFC 5280, Section 5.3.3: the certificateIssuer of an entry without one is that of the entry
   * before; of the first entry, it is the issuer of the CRL.
   */
  #issuerAt(offset: number): readonly GeneralName[] | null {
    const starts = this.#issuerStarts;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const { extensions } = readEntry(this.#readerAt(starts[low - 1]!));
    return readCrlExtension(extensions, certificateIssuer) ?? null;
  }

  /** The offset of the content of an element, whose header has been checked. */
  #contentAt(offset: number): number {
    const length = this.#content[offset + 1]!;
    return offset + (length < 0x80 ? 2 : 2 + (length & 0x7f));
  }

  /** The offset of the end of an element, whose header has been checked. */
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
      // Sorting is stable, so entries with the same serial number keep their order
      return compareParts(content, startA, lengthA, content, startB, lengthB);
    });
  }
}

/**
 * Compares by length, then by bytes. It takes offsets because sorting would create millions of
 * views.
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
