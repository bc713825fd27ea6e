// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

/** Databases that somebody else has made, or that a crash has left. @module */

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { formatTrust } from "../../../cert/db/trust_flags.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { openNssDb } from "../../../pkcs11/nss_db/mod.ts";
import { scratch, sql } from "./_support.ts";
import { rejectsWith } from "../_rejects_with.ts";

const pair = await generateKeyPair();
const certificate = await createCertificate({ ...pair, subject: "CN=stored" });

/** A folder with a database of one certificate and one key, which is removed at the end. */
async function withDatabase(fn: (directory: string) => Promise<void>): Promise<void> {
  const directory = await scratch();
  const token = await openNssDb(directory, { create: true });
  await importCert(token.certificates, certificate, { nickname: "stored", trust: "P,," });
  await token.generateKeyPair();
  await token.close();
  try {
    await fn(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";
const COLUMNS = ["id", "a0", "a3", "a11", "a81", "a82", "a101", "a102"];

/** Replaces a table by what the SQL makes, with its rows in \`old\`. */
const instead = (make: string) => (table: string) =>
  `ALTER TABLE ${table} RENAME TO old; ${make.replaceAll("TABLE_NAME", table)};`;

const SCHEMAS: Readonly<Record<string, (table: string) => string>> = {
  "an endless view": instead(
    `CREATE VIEW TABLE_NAME AS ${ENDLESS} ${
      [...COLUMNS, "item1", "item2"].map((name) => `i AS ${name}`)
    } FROM n`,
  ),
  "a view of its rows": instead("CREATE VIEW TABLE_NAME AS SELECT * FROM old"),
  "a virtual table": instead(
    `CREATE VIRTUAL TABLE TABLE_NAME USING fts5(${[...COLUMNS, "item1", "item2"]})`,
  ),
  "a generated column": (table) =>
    `ALTER TABLE ${table} ADD COLUMN a999 AS (hex(zeroblob(400000000)))`,
  "a default of an expression": instead(
    "CREATE TABLE TABLE_NAME (id PRIMARY KEY, a0 DEFAULT (hex(zeroblob(400000000))))",
  ),
  "a check": (table) => `ALTER TABLE ${table} ADD COLUMN a999 CHECK (length(zeroblob(9)) > 0)`,
  "an index of an expression": (table) => `CREATE INDEX odd ON ${table} (hex(id))`,
  "an index of some rows": (table) => `CREATE INDEX odd ON ${table} (id) WHERE id > 1`,
  "a trigger": (table) =>
    `CREATE TABLE sink (i); CREATE TRIGGER odd AFTER UPDATE ON ${table} BEGIN ` +
    `INSERT INTO sink SELECT 1 FROM old_rows; END; CREATE VIEW old_rows AS ${ENDLESS} i FROM n`,
};

for (const [what, make] of Object.entries(SCHEMAS)) {
  Deno.test(`openNssDb() refuses ${what} where NSS has a plain table, whichever`, async () => {
    for (
      const [file, table] of [
        ["cert9.db", "nssPublic"],
        ["key4.db", "nssPrivate"],
        ["key4.db", "metaData"],
      ] as const
    ) {
      await withDatabase(async (directory) => {
        sql(`${directory}/${file}`, (db) => db.exec(make(table)));
        for (const options of [{}, { readWrite: true }, { create: true }]) {
          const error = await rejectsWith(
            "SEC_ERROR_BAD_DATABASE",
            () => openNssDb(directory, options),
          );
          assertStringIncludes(error.message, `"${table}", and NSS makes plain tables only`);
        }
      });
    }
  });
}

Deno.test("openNssDb() ignores views, triggers and tables that are of no concern", () =>
  withDatabase(async (directory) => {
    sql(`${directory}/cert9.db`, (db) => {
      db.exec(`CREATE VIEW v AS ${ENDLESS} i FROM n; CREATE TABLE t (i CHECK (i > 0))`);
      db.exec("CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END; ANALYZE");
    });
    const token = await openNssDb(directory, { readWrite: true });
    assertEquals((await token.certificates.find({})).length, 1);
    await token.close();
  }));

const PAGE = 4096;

/** A page of a table that has another page as its child, as often as there is room. */
function interiorPage(child: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  const count = Math.floor((PAGE - 12) / 7);
  page[0] = 5;
  view.setUint16(3, count);
  view.setUint16(5, PAGE - 5 * count);
  view.setUint32(8, child);
  for (let i = 0; i < count; i++) {
    const cell = PAGE - 5 * (i + 1);
    view.setUint16(12 + 2 * i, cell);
    view.setUint32(cell, child);
    page[cell + 4] = 1;
  }
  return page;
}

Deno.test("NssDbToken reads no more rows than its file has room for, where pages are there many times", () =>
  withDatabase(async (directory) => {
    const path = `${directory}/cert9.db`;
    const root = Number(
      sql(
        path,
        (db) =>
          db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'nssPublic'").get()!.rootpage,
      ),
    );
    const bytes = await Deno.readFile(path);
    const pages = bytes.length / PAGE;
    const leaf = bytes.slice((root - 1) * PAGE, root * PAGE);
    // root -> four floors of interior pages -> the leaf: 583^5 times its rows
    const added = [leaf, ...[1, 2, 3, 4].map((floor) => interiorPage(pages + floor))];
    const bomb = new Uint8Array(bytes.length + added.length * PAGE);
    bomb.set(bytes);
    added.forEach((page, i) => bomb.set(page, bytes.length + i * PAGE));
    bomb.set(interiorPage(pages + 5), (root - 1) * PAGE);
    new DataView(bomb.buffer).setUint32(28, pages + 5); // the size in the header
    await Deno.writeFile(path, bomb);
    for (const options of [{}, { readWrite: true }]) {
      const error = await rejectsWith(
        "SEC_ERROR_BAD_DATABASE",
        () => openNssDb(directory, options),
      );
      assertStringIncludes(error.message, "more rows than its file has room for");
    }
  }));

Deno.test("openNssDb() says what to do with a database whose write was interrupted, and readWrite restores it", () =>
  withDatabase(async (directory) => {
    for (const name of ["cert9.db", "key4.db"]) {
      const path = `${directory}/${name}`;
      const whole = await Deno.readFile(path);
      const db = new DatabaseSync(path);
      // With so small a cache, SQLite writes pages before the end
      db.exec("PRAGMA cache_size = 2; BEGIN IMMEDIATE");
      const table = name === "cert9.db" ? "nssPublic" : "nssPrivate";
      const insert = db.prepare(`INSERT INTO ${table} (id, a0, a11) VALUES (?, ?, ?)`);
      for (let i = 0; i < 100; i++) insert.run(i, new Uint8Array(4), new Uint8Array(3000));
      const crashed = await Promise.all(
        [path, `${path}-journal`].map((file) => Deno.readFile(file)),
      );
      db.exec("ROLLBACK");
      db.close();
      const put = async () => {
        await Deno.writeFile(path, crashed[0]!);
        await Deno.writeFile(`${path}-journal`, crashed[1]!);
      };
      await put();
      const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", () => openNssDb(directory));
      assertEquals(
        error.message,
        "Cannot open NSS database: a program was interrupted while it wrote to it; " +
          "open it once with readWrite: true, which restores what was there before",
      );
      await (await openNssDb(directory, { readWrite: true })).close();
      assertEquals(await Deno.readFile(path), whole);
      // While it is open
      const token = await openNssDb(directory);
      await put();
      await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.certificates.find({}));
      await token.close();
      await (await openNssDb(directory, { readWrite: true })).close();
      assertEquals((await (await openNssDb(directory)).certificates.find({})).length, 1);
    }
  }));

Deno.test("NssDbToken logs in again where another program has changed the password before its write", () =>
  withDatabase(async (directory) => {
    const [a, b] = [
      await openNssDb(directory, { readWrite: true }),
      await openNssDb(directory, { readWrite: true }),
    ];
    await a.changePassword("", "0");
    let [password, asked] = [0, 0];
    const writes: readonly (() => Promise<unknown>)[] = [
      () => importCert(b.certificates, certificate, { trust: "p,," }),
      () => importCert(b.certificates, certificate, { trust: "C,," }),
      () => b.generateKeyPair(),
      async () => assert(await b.findKey((await b.listKeys())[0]!)),
    ];
    for (const write of writes) {
      assert(await b.login(String(password)));
      asked = 0;
      b.loginHandler = async () => {
        asked++;
        await b.login(String(password + 1));
      };
      // Both wait for one queue, after the write has found itself logged in
      const [, written] = await Promise.allSettled([
        a.changePassword(String(password), String(password + 1)),
        write(),
      ]);
      assertEquals(written.status, "fulfilled");
      password++;
    }
    assert(asked <= 1);
    const [record] = await b.certificates.find({});
    assertEquals(formatTrust(record!.trust!), "C,,");
    // Without a handler, it says so
    assert(await b.login(String(password)));
    b.loginHandler = null;
    const [, failed] = await Promise.allSettled([
      a.changePassword(String(password), "last"),
      b.certificates.setTrust(certificate, record!.trust),
    ]);
    assertEquals(
      failed.status === "rejected" && failed.reason.name,
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    );
    await a.close();
    await b.close();
  }));

Deno.test("node:sqlite has nothing that ends a statement, so that a tree of the schema cannot be bounded", () => {
  const database = new DatabaseSync(":memory:");
  const names = new Set<string>();
  for (let object = database; object !== null; object = Object.getPrototypeOf(object)) {
    Object.getOwnPropertyNames(object).forEach((name) => names.add(name));
  }
  if ("limits" in database) { for (const name in Object(database.limits)) names.add(name); }
  database.close();
  // If there is one some day, schema.ts wants it
  assertEquals(
    [...names].filter((name) => /interrupt|progress|timeout|steps|abort/i.test(name)),
    [],
  );
});
