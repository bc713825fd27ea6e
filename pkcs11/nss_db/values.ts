// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";

/**
 * The stored form of an empty value, which distinguishes it from SQL's NULL
 * (`SQLITE_EXPLICIT_NULL`).
 */
const EXPLICIT_NULL: Uint8Array<ArrayBuffer> = Uint8Array.of(0xa5, 0x00, 0x5a);

/** Creates an error about a damaged database. */
export function damaged(what: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_BAD_DATABASE",
    `Cannot read NSS database: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

/** Attribute values by type. */
export type Attributes = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** A row of `nssPublic` or `nssPrivate`. */
export class StoredObject {
  /** The id (`CK_OBJECT_HANDLE`). */
  readonly id: number;
  /** The stored attributes. */
  readonly attributes: Attributes;

  /**
   * Reads a row.
   *
   * @param row The row from SQLite.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is not a valid object.
   */
  constructor(row: Record<string, unknown>) {
    const { id, ...columns } = row;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0 || id > 0xffffffff) {
      throw damaged(`an object has the id ${id}`);
    }
    this.id = id;
    const attributes = new Map<number, Uint8Array<ArrayBuffer>>();
    for (const [column, value] of Object.entries(columns)) {
      if (value === null || !/^a[0-9a-f]{1,8}$/.test(column)) continue;
      if (!(value instanceof Uint8Array)) {
        throw damaged(`object ${id} has a ${typeof value} in ${column}, not bytes`);
      }
      attributes.set(
        parseInt(column.slice(1), 16),
        isNull(value) ? value.slice(0, 0) : value.slice(),
      );
    }
    this.attributes = attributes;
  }

  /**
   * Returns a value that may be missing.
   *
   * @param attribute The attribute type.
   * @returns The value, or `undefined`.
   */
  get(attribute: number): Uint8Array<ArrayBuffer> | undefined {
    return this.attributes.get(attribute);
  }

  /**
   * Returns a value that must not be missing or empty.
   *
   * @param attribute The attribute type.
   * @returns The value.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is missing or empty.
   */
  need(attribute: number): Uint8Array<ArrayBuffer> {
    const value = this.attributes.get(attribute);
    if (value !== undefined && value.length > 0) return value;
    throw damaged(`object ${this.id} has no attribute ${hex(attribute)}`);
  }

  /**
   * Returns a number that may be missing.
   *
   * @param attribute The attribute type.
   * @returns The number, or `undefined`.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is not a number.
   */
  ulong(attribute: number): number | undefined {
    const value = this.attributes.get(attribute);
    if (value === undefined || value.length === 0) return undefined;
    if (value.length !== 4) {
      throw damaged(
        `attribute ${hex(attribute)} of object ${this.id} has ${value.length} bytes, not 4`,
      );
    }
    return new DataView(value.buffer, value.byteOffset).getUint32(0);
  }

  /**
   * Returns a text that may be missing.
   *
   * @param attribute The attribute type.
   * @returns The text; `null` if missing or empty.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is not UTF-8.
   */
  text(attribute: number): string | null {
    const value = this.attributes.get(attribute);
    if (value === undefined || value.length === 0) return null;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    } catch (cause) {
      throw damaged(`attribute ${hex(attribute)} of object ${this.id} is no UTF-8`, cause);
    }
  }
}

function isNull(value: Uint8Array): boolean {
  return value.length === 3 && value[0] === 0xa5 && value[1] === 0 && value[2] === 0x5a;
}

/** Formats an attribute type in hexadecimal. */
export function hex(attribute: number): string {
  return `0x${attribute.toString(16)}`;
}

/** Encodes a number as NSS does on all platforms: four bytes, big-endian. */
export function ulong(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Encodes a boolean as NSS does. */
export function bool(value: boolean): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value ? 1 : 0);
}

/** Encodes a text as NSS does; `null` and `""` are an empty value. */
export function text(value: string | null): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value ?? "");
}

/** Returns the stored form of a value. */
export function columnValue(value: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return value.length === 0 ? EXPLICIT_NULL : value;
}
