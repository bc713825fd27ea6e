// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/**
 * Checks that what SQLite reads and runs for a database is bounded by its size: databases come from
 * others, and their schema is a program.
 *
 * One thing is not bounded here: with its first statement, SQLite reads the table of the schema
 * itself, and a file made for it, whose pages are there 583 times each, keeps it busy for hours.
 * `node:sqlite` has nothing that ends that, and a worker that is terminated reads on. To look at
 * the file before, one has to open and close it, by which POSIX drops the locks of SQLite in the
 * whole process, or to have a folder to which `backup()`, which reads no schema, may copy it. Who
 * opens the databases of strangers does it in a process that can be killed.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { damaged } from "./values.ts";

/** What NSS writes: columns without types, defaults, checks and other expressions. */
const TABLE = /^CREATE TABLE (?:IF NOT EXISTS )?"?\w+"?\s*\([\w\s,"]*\)\s*$/i;
const INDEX =
  /^CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?"?\w+"? ON "?\w+"?\s*\([\w\s,"]*\)\s*$/i;

/**
 * Checks that tables are plain ones: no views, which may be endless, no virtual tables, and nothing
 * that SQLite evaluates when it reads or writes a row.
 *
 * @param database The database.
 * @param name The name of its file, for error messages.
 * @param tables The tables.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it has anything else.
 */
export function checkSchema(database: DatabaseSync, name: string, tables: readonly string[]): void {
  const own = new Set(tables.map((table) => table.toLowerCase()));
  for (const { type, tbl_name, rootpage, sql } of rowsOf(database, "sqlite_master")) {
    if (!own.has(String(tbl_name).toLowerCase())) continue;
    const text = String(sql ?? "");
    const isPlain = type === "table"
      ? Number(rootpage) > 0 && TABLE.test(text)
      : type === "index" && (sql === null || INDEX.test(text));
    if (isPlain) continue;
    const kind = /^CREATE VIRTUAL/i.test(text)
      ? "a virtual table named"
      : type === "table"
      ? "more than columns in table"
      : type === "index"
      ? "more than columns in an index of table"
      : type === "view"
      ? "a view named"
      : `a ${type} on table`;
    throw damaged(`${name} has ${kind} "${tbl_name}", and NSS makes plain tables only`);
  }
}

/**
 * Reads all rows of a table. In a damaged file, pages may be part of a table many times; then there
 * would be no end.
 *
 * @param database The database.
 * @param table The table.
 * @returns The rows.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if they have more bytes than the file.
 */
export function rowsOf(database: DatabaseSync, table: string): Record<string, unknown>[] {
  const pragma = (name: string): number =>
    Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
  let left = pragma("page_count") * pragma("page_size");
  const rows: Record<string, unknown>[] = [];
  for (const row of database.prepare(`SELECT * FROM ${table}`).iterate()) {
    left -= sizeOf(row);
    if (left < 0) throw damaged(`table ${table} has more rows than its file has room for`);
    rows.push(row);
  }
  return rows;
}

/** Returns the least number of bytes that a row takes in a file. */
function sizeOf(row: Record<string, unknown>): number {
  let size = 2;
  for (const value of Object.values(row)) {
    if (value instanceof Uint8Array || typeof value === "string") size += value.length;
  }
  return size;
}
