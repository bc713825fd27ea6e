// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { NssError } from "../../cert/base/errors.ts";
import { columnOf, CREATE_METADATA_SQL, createTableSql } from "./attributes.ts";
import { loadFs, loadSqlite } from "./runtime_modules.ts";
import { checkSchema, rowsOf } from "./schema.ts";
import { busy, codeOf, isBusy, legacyDatabase, openError, sqliteError } from "./sqlite_errors.ts";
import { columnValue, damaged, StoredObject } from "./values.ts";
import { WriterQueue } from "./writer_queue.ts";

/**
 * The time in milliseconds for which SQLite itself waits for a lock, which blocks the event loop.
 */
const BUSY_TIMEOUT = 20;

/**
 * The time in milliseconds for which this package waits for locks of other programs. NSS's tools
 * wait 1 s.
 */
export const LOCK_PATIENCE = 60_000;

/**
 * The first and the longest wait between two attempts in milliseconds; each is about twice the
 * last.
 */
const FIRST_WAIT = 2;
const LONGEST_WAIT = 100;

/** The options of {@linkcode NssDbFiles.open}. */
export interface NssDbFilesOptions {
  /** Whether to open for reading only. */
  readonly isReadOnly: boolean;
  /** Whether to create missing files. */
  readonly create: boolean;
  /** The prefix of `cert9.db`. */
  readonly certPrefix: string;
  /** The prefix of `key4.db`. */
  readonly keyPrefix: string;
}

/** One of the databases: `nssPublic` in cert9.db, or `nssPrivate` in key4.db. */
export type DbFile = "cert" | "key";

/** The two databases of a directory in a transaction that reads. */
export interface NssDbReader {
  /** A version that changes with each write of any program. */
  readonly version: string;
  /** Reads all objects. */
  objects(file: DbFile): StoredObject[];
  /** Reads all rows of `metaData`. */
  allMetadata(): (MetadataRow & { readonly name: string })[];
}

/** A row of `metaData`. */
export interface MetadataRow {
  /** The salt, or a MAC. */
  readonly item1: Uint8Array<ArrayBuffer>;
  /** In the password record, the encrypted plaintext that is known. */
  readonly item2?: Uint8Array<ArrayBuffer>;
}

/** The two databases of a directory in a transaction that writes. */
export interface NssDbWriter extends NssDbReader {
  /** Adds an object. */
  insert(file: DbFile, id: number, attributes: ReadonlyMap<number, Uint8Array<ArrayBuffer>>): void;
  /** Changes some attributes of an object. */
  update(file: DbFile, id: number, attributes: ReadonlyMap<number, Uint8Array<ArrayBuffer>>): void;
  /** Deletes an object. */
  remove(file: DbFile, id: number): void;
  /** Writes a row of `metaData`. */
  putMetadata(name: string, row: MetadataRow): void;
  /** Deletes the rows of `metaData` whose names have a prefix of letters, digits and `_`. */
  removeMetadata(prefix: string): void;
  /** Reads back what has been written, and says which version it will be once it is committed. */
  written(): { readonly version: string; readonly changes: Changes };
}

/** What a write has changed; `undefined` is what it has deleted. */
export interface Changes
  extends Readonly<Record<DbFile, ReadonlyMap<number, StoredObject | undefined>>> {
  /** The rows of `metaData`. */
  readonly metadata: ReadonlyMap<string, MetadataRow | undefined>;
}

/** The synchronous part of a write, in its transaction. */
export type Commit<T> = (writer: NssDbWriter) => T;

const TABLES: Readonly<Record<DbFile, string>> = { cert: "nssPublic", key: "nssPrivate" };
/** The table of the password record and the MACs. */
const METADATA = "metaData";

/**
 * The databases cert9.db and key4.db of a directory.
 *
 * node:sqlite is synchronous, so that a transaction must not wait. A write computes what it needs
 * in advance, locks both databases, in the order of NSS, and starts again if another program has
 * written meanwhile.
 */
export class NssDbFiles {
  /** The directory. */
  readonly directory: string;
  /** Whether the databases are open for reading only. */
  readonly isReadOnly: boolean;
  readonly #databases: Readonly<Record<DbFile, DatabaseSync>>;
  readonly #queue: WriterQueue;
  readonly #columns = new Map<DbFile, ReadonlySet<string>>();
  /** The statements that each write needs; SQLite takes longer to compile one than to run it. */
  readonly #statements = {
    cert: new Map<string, StatementSync>(),
    key: new Map<string, StatementSync>(),
  };
  /** The number of writes of this object, which `data_version` does not count. */
  #ownWrites = 0;
  #closed = false;

  private constructor(
    directory: string,
    isReadOnly: boolean,
    databases: Readonly<Record<DbFile, DatabaseSync>>,
  ) {
    this.directory = directory;
    this.isReadOnly = isReadOnly;
    this.#databases = databases;
    this.#queue = WriterQueue.of(directory);
  }

  /**
   * Opens the databases of a directory.
   *
   * @param directory The directory.
   * @param options Whether to write and to create missing files.
   * @returns The databases.
   * @throws {NssError} `PR_FILE_NOT_FOUND_ERROR`, `SEC_ERROR_LEGACY_DATABASE`,
   * `SEC_ERROR_BAD_DATABASE`, `SEC_ERROR_READ_ONLY`, `PR_NO_ACCESS_RIGHTS_ERROR`.
   */
  static async open(directory: string, options: NssDbFilesOptions): Promise<NssDbFiles> {
    const { DatabaseSync } = await loadSqlite();
    const fs = await loadFs();
    const { isReadOnly, create, certPrefix, keyPrefix } = options;
    let real: string;
    try {
      real = await fs.realpath(directory);
    } catch (cause) {
      throw openError(directory, "its folder", cause);
    }
    const paths = { cert: `${real}/${certPrefix}cert9.db`, key: `${real}/${keyPrefix}key4.db` };
    for (const path of Object.values(paths)) {
      try {
        // Existing files are not opened here: close() would release SQLite's locks of this process
        if (!await exists(path) && create) {
          // the mode of NSS, set before there is content
          const file = await fs.open(path, "wx", 0o600);
          await file.close();
        } else await fs.stat(path);
      } catch (cause) {
        if (codeOf(cause) === "EEXIST") continue; // another program creates the same database
        const old = `${real}/${certPrefix}cert8.db`;
        if (codeOf(cause) === "ENOENT" && await exists(old)) throw legacyDatabase(directory);
        throw openError(directory, path.slice(real.length + 1), cause, create);
      }
    }
    const opened: DatabaseSync[] = [];
    try {
      const openOne = (path: string): DatabaseSync => {
        const database = new DatabaseSync(path, {
          readOnly: isReadOnly,
          timeout: BUSY_TIMEOUT,
          enableForeignKeyConstraints: false, // NSS has none, and others could cascade
        });
        opened.push(database);
        return database;
      };
      const databases = { cert: openOne(paths.cert), key: openOne(paths.key) };
      const files = new NssDbFiles(real, isReadOnly, databases);
      if (create) await files.#createTables();
      await files.#checkSchema();
      if (!isReadOnly) await files.#checkWritable();
      return files;
    } catch (error) {
      for (const database of opened) database.close();
      throw error instanceof NssError ? error : sqliteError("open NSS database", error);
    }
  }

  async #createTables(): Promise<void> {
    await this.#queue.run(() =>
      this.#exclusively(() => {
        const { cert, key } = this.#databases;
        // Other contents stay, and are rejected below
        const isEmpty = (database: DatabaseSync): boolean =>
          database.prepare("SELECT name FROM sqlite_master").all().length === 0;
        if (isEmpty(cert)) cert.exec(createTableSql(TABLES.cert));
        if (isEmpty(key)) key.exec(createTableSql(TABLES.key) + CREATE_METADATA_SQL);
      })
    );
  }

  /** Checks that all tables and columns exist, and that no later version has changed them. */
  async #checkSchema(): Promise<void> {
    await this.#unlocked("open NSS database", () => {
      for (const [file, name] of [["cert", "cert9.db"], ["key", "key4.db"]] as const) {
        const database = this.#databases[file];
        const version = database.prepare("PRAGMA user_version").get()?.user_version;
        if (version !== 0) {
          throw new NssError(
            "SEC_ERROR_BAD_DATABASE",
            `Cannot open NSS database: ${name} has the schema version ${version}, and this package knows 0 only`,
          );
        }
        const tables = file === "key" ? [TABLES.key, METADATA] : [TABLES.cert];
        checkSchema(database, name, tables);
        const missing = (table: string, needed: readonly string[]): void => {
          const columns = this.#readColumns(file, table);
          if (columns.size === 0) throw damaged(`${name} has no table ${table}`);
          const absent = needed.find((column) => !columns.has(column));
          if (absent !== undefined) throw damaged(`${name} has no column ${absent} in ${table}`);
        };
        missing(TABLES[file], ["id", "a0", "a3", "a11", "a81", "a82", "a101", "a102"]);
        if (file === "key") missing(METADATA, ["id", "item1", "item2"]);
      }
    });
  }

  /** Checks that writes succeed: SQLite opens a file without write permission for reading. */
  async #checkWritable(): Promise<void> {
    await this.#exclusively(() => {
      for (const file of ["cert", "key"] as const) {
        this.#databases[file].exec(`DELETE FROM ${TABLES[file]} WHERE 0`);
      }
    });
  }

  #readColumns(file: DbFile, table: string): ReadonlySet<string> {
    const rows = this.#databases[file].prepare(`PRAGMA table_info(${table})`).all();
    return new Set(rows.map(({ name }) => String(name)));
  }

  /**
   * Reads in one transaction.
   *
   * @param read Reads, synchronously.
   * @returns The result of `read`.
   * @throws {NssError} The error of `read`; `SEC_ERROR_BUSY` if another program locks the databases
   * too long.
   */
  read<T>(read: (reader: NssDbReader) => T): Promise<T> {
    return this.#unlocked(
      "read NSS database",
      () => this.#consistently(() => read(this.#reader())),
    );
  }

  /**
   * Writes in one transaction.
   *
   * @param prepare Reads with {@linkcode NssDbFiles.read} and computes the commit. It is called
   * again if another program has written since.
   * @returns The result of the commit.
   * @throws {NssError} The error of `prepare` or of the commit; `SEC_ERROR_READ_ONLY`,
   * `SEC_ERROR_BUSY`.
   */
  write<T>(prepare: () => Promise<Commit<T>>): Promise<T> {
    if (this.isReadOnly) {
      return Promise.reject(
        new NssError(
          "SEC_ERROR_READ_ONLY",
          "Cannot write NSS database: it is open for reading only",
        ),
      );
    }
    return this.#queue.run(async () => {
      const end = Date.now() + LOCK_PATIENCE;
      while (true) {
        const before = await this.#unlocked("read NSS database", () => this.#versions());
        const commit = await prepare();
        const result = await this.#exclusively(() =>
          this.#versions() === before ? { value: commit(this.#writer()) } : null
        );
        if (result !== null) return result.value;
        if (Date.now() > end) throw busy("write NSS database", "other programs write all the time");
      }
    });
  }

  /**
   * Reads the version, to find out whether the databases have changed.
   *
   * @returns The current {@linkcode NssDbReader.version}.
   */
  version(): Promise<string> {
    return this.#unlocked("read NSS database", () => this.#versions());
  }

  /** Closes the files after pending writes. */
  async close(): Promise<void> {
    await this.#queue.run(() => {
      if (this.#closed) return Promise.resolve();
      this.#closed = true;
      this.#databases.cert.close();
      this.#databases.key.close();
      return Promise.resolve();
    });
  }

  /** Returns a compiled statement, of which there are few; SQLite adapts it to new columns. */
  #prepare(file: DbFile, sql: string): StatementSync {
    const known = this.#statements[file].get(sql) ?? this.#databases[file].prepare(sql);
    this.#statements[file].set(sql, known);
    return known;
  }

  /** The versions of both databases and the count of own writes. */
  #versions(ownWrites = this.#ownWrites): string {
    const version = (file: DbFile): unknown =>
      this.#prepare(file, "PRAGMA data_version").get()?.data_version;
    return `${version("cert")} ${version("key")} ${ownWrites}`;
  }

  /** Runs a read in transactions on both databases, begun in the order of writes. */
  #consistently<T>(read: () => T): T {
    const { cert, key } = this.#databases;
    cert.exec("BEGIN");
    try {
      key.exec("BEGIN");
      return read();
    } finally {
      rollback(key);
      rollback(cert);
    }
  }

  /**
   * Runs a write with both databases locked from the start, so that no COMMIT has to wait for a
   * reader.
   */
  #exclusively<T>(write: () => T): Promise<T> {
    return this.#unlocked("write NSS database", () => {
      const { cert, key } = this.#databases;
      try {
        cert.exec("BEGIN EXCLUSIVE");
        key.exec("BEGIN EXCLUSIVE");
        const result = write();
        // If one file cannot be committed, neither the version before nor the one after is true
        this.#ownWrites += 2;
        // MACs before the values that they protect, as in NSS
        key.exec("COMMIT");
        cert.exec("COMMIT");
        this.#ownWrites--;
        return result;
      } finally {
        rollback(key);
        rollback(cert);
      }
    });
  }

  /** Runs an operation, and retries it while other programs lock the databases. */
  async #unlocked<T>(what: string, run: () => T): Promise<T> {
    const end = Date.now() + LOCK_PATIENCE;
    for (let wait = FIRST_WAIT;; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      if (this.#closed) {
        throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot ${what}: it is closed`);
      }
      try {
        return run();
      } catch (error) {
        if (error instanceof NssError) throw error;
        if (!isBusy(error)) throw sqliteError(what, error);
        if (Date.now() > end) throw busy(what, "another program holds it", error);
      }
      // Random, so that two waiting programs do not retry in step
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }

  #reader(): NssDbReader {
    const databases = this.#databases;
    return {
      version: this.#versions(),
      objects: (file) => rowsOf(databases[file], TABLES[file]).map((row) => new StoredObject(row)),
      allMetadata: () =>
        rowsOf(databases.key, METADATA).map((row) => {
          const name = String(row.id);
          return { name, ...metadataOf(name, row) };
        }),
    };
  }

  #writer(): NssDbWriter {
    const touched = { cert: new Set<number>(), key: new Set<number>() };
    const names = new Set<string>();
    const rowOf = (file: DbFile, table: string, id: number | string) =>
      this.#prepare(file, `SELECT * FROM ${table} WHERE id = ?`).get(id);
    const objectsOf = (file: DbFile) =>
      new Map([...touched[file]].map((id) => {
        const row = rowOf(file, TABLES[file], id);
        return [id, row === undefined ? undefined : new StoredObject(row)] as const;
      }));
    return {
      ...this.#reader(),
      insert: (file, id, attributes) => {
        const columns = [...attributes.keys()].map(columnOf);
        this.#addColumns(file, columns);
        const names = ["id", ...columns].join(", ");
        const marks = ["id", ...columns].map(() => "?").join(", ");
        this.#prepare(file, `INSERT INTO ${TABLES[file]} (${names}) VALUES (${marks})`)
          .run(id, ...[...attributes.values()].map(columnValue));
        touched[file].add(id);
      },
      update: (file, id, attributes) => {
        const columns = [...attributes.keys()].map(columnOf);
        this.#addColumns(file, columns);
        const set = columns.map((column) => `${column} = ?`).join(", ");
        this.#prepare(file, `UPDATE ${TABLES[file]} SET ${set} WHERE id = ?`)
          .run(...[...attributes.values()].map(columnValue), id);
        touched[file].add(id);
      },
      remove: (file, id) => {
        this.#prepare(file, `DELETE FROM ${TABLES[file]} WHERE id = ?`).run(id);
        touched[file].add(id);
      },
      putMetadata: (name, { item1, item2 }) => {
        this.#prepare("key", "INSERT INTO metaData (id, item1, item2) VALUES (?, ?, ?)")
          .run(name, item1, item2 ?? null);
        names.add(name);
      },
      removeMetadata: (prefix) => {
        // A range, for which SQLite has an index; "{" is the next character after letters
        const removed = this.#prepare(
          "key",
          "DELETE FROM metaData WHERE id >= ? AND id < ? RETURNING id",
        ).all(prefix, `${prefix}{`);
        for (const { id } of removed) names.add(String(id));
      },
      written: () => ({
        version: this.#versions(this.#ownWrites + 1),
        changes: {
          cert: objectsOf("cert"),
          key: objectsOf("key"),
          metadata: new Map([...names].map((name) => {
            const row = rowOf("key", METADATA, name);
            return [name, row === undefined ? undefined : metadataOf(name, row)] as const;
          })),
        },
      }),
    };
  }

  #has(file: DbFile, columns: readonly string[]): boolean {
    const known = this.#columns.get(file);
    if (known !== undefined && columns.every((column) => known.has(column))) return true;
    const read = this.#readColumns(file, TABLES[file]); // another program may have added some
    this.#columns.set(file, read);
    return columns.every((column) => read.has(column));
  }

  /** Adds missing columns, as NSS does to databases of older versions. */
  #addColumns(file: DbFile, columns: readonly string[]): void {
    if (this.#has(file, columns)) return;
    const known = this.#columns.get(file)!;
    for (const column of columns.filter((column) => !known.has(column))) {
      this.#databases[file].exec(`ALTER TABLE ${TABLES[file]} ADD COLUMN ${column}`);
    }
    this.#columns.delete(file);
  }
}

function metadataOf(name: string, row: Record<string, unknown>): MetadataRow {
  const { item1, item2 } = row;
  if (!(item1 instanceof Uint8Array)) throw damaged(`the record "${name}" has no bytes in item1`);
  if (item2 === null || item2 === undefined) return { item1: item1.slice() };
  if (!(item2 instanceof Uint8Array)) throw damaged(`the record "${name}" has no bytes in item2`);
  return { item1: item1.slice(), item2: item2.slice() };
}

function rollback(database: DatabaseSync): void {
  if (database.isOpen && database.isTransaction) database.exec("ROLLBACK");
}

async function exists(path: string): Promise<boolean> {
  const fs = await loadFs();
  return await fs.stat(path).then(() => true, () => false);
}
