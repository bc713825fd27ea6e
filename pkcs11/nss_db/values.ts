// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";

/**
 * How NSS stores a value that is there and empty, to tell it from SQL's NULL
 * (`SQLITE_EXPLICIT_NULL`).
 */
const EXPLICIT_NULL: Uint8Array<ArrayBuffer> = Uint8Array.of(0xa5, 0x00, 0x5a);

/** Says that a database is damaged, and where. */
export function damaged(what: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_BAD_DATABASE",
    `Cannot read NSS database: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

/** Attributes by their number. */
export type Attributes = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** A row of `nssPublic` or `nssPrivate`. */
export class StoredObject {
  /** Its handle. */
  readonly id: number;
  /** What it has, as it is stored. */
  readonly attributes: Attributes;

  /**
   * Reads a row.
   *
   * @param row The row as SQLite gives it.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it cannot be one.
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
   * Gets a value that may be missing.
   *
   * @param attribute Which.
   * @returns The value, or `undefined`.
   */
  get(attribute: number): Uint8Array<ArrayBuffer> | undefined {
    return this.attributes.get(attribute);
  }

  /**
   * Gets a value that must be there.
   *
   * @param attribute Which.
   * @returns The value, which has at least one byte.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is missing or empty.
   */
  need(attribute: number): Uint8Array<ArrayBuffer> {
    const value = this.attributes.get(attribute);
    if (value !== undefined && value.length > 0) return value;
    throw damaged(`object ${this.id} has no attribute ${hex(attribute)}`);
  }

  /**
   * Gets a number that may be missing.
   *
   * @param attribute Which.
   * @returns The number, or `undefined`.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is no number.
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
   * Gets a text that may be missing.
   *
   * @param attribute Which.
   * @returns The text, or `null`.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is no UTF-8.
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

/** Writes an attribute's number as people do. */
export function hex(attribute: number): string {
  return `0x${attribute.toString(16)}`;
}

/** A number as NSS stores it, whatever the machine: four bytes, big-endian. */
export function ulong(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A truth value as NSS stores it. */
export function bool(value: boolean): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value ? 1 : 0);
}

/** A text as NSS stores it; `null` and `""` are an empty value. */
export function text(value: string | null): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value ?? "");
}

/** A value as it goes into a column. */
export function columnValue(value: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return value.length === 0 ? EXPLICIT_NULL : value;
}
