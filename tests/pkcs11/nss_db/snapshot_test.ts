// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is known of a database across writes: what a new look would find. @module */

import { DatabaseSync, StatementSync } from "node:sqlite";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { formatTrust, parseTrust } from "../../../cert/db/trust_flags.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { type NssDbToken, openNssDb } from "../../../pkcs11/nss_db/mod.ts";
import { Index, Layers } from "../../../pkcs11/token/layers.ts";
import { Prng } from "../../support/prng.ts";
import { rejectsWith } from "../_rejects_with.ts";
import { scratch, sql } from "./_support.ts";

const pair = await generateKeyPair();

/** Certificates that differ in their subjects. */
async function makeCertificates(count: number): Promise<Certificate[]> {
  return await Promise.all(
    Array.from({ length: count }, (_, i) => createCertificate({ ...pair, subject: `CN=${i}` })),
  );
}

/** A new database, which is closed and removed at the end. */
async function withToken(fn: (token: NssDbToken, directory: string) => Promise<void>) {
  const directory = await scratch();
  const token = await openNssDb(directory, { create: true });
  try {
    await fn(token, directory);
  } finally {
    await token.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** What a token finds. */
async function seenBy(token: NssDbToken): Promise<string[]> {
  const records = await token.certificates.find({});
  const keys = await token.listKeys();
  return [
    ...records.map(({ certificate, nickname, trust, hasKey }) =>
      `${certificate.subject} ${nickname} ${trust && formatTrust(trust)} ${hasKey}`
    ),
    ...keys.map(({ id, label, publicKey }) => `key ${id.toHex()} ${label} ${publicKey}`),
  ].sort();
}

/** Checks that a token finds what one that has just been opened finds. */
async function assertUpToDate(token: NssDbToken, directory: string, password = ""): Promise<void> {
  const fresh = await openNssDb(directory);
  try {
    assert(await fresh.login(password));
    assertEquals(await seenBy(token), await seenBy(fresh));
  } finally {
    await fresh.close();
  }
}

/** A call of a method of SQLite's classes. */
interface Call {
  readonly self: unknown;
  readonly args: readonly unknown[];
  /** Calls the method itself. */
  readonly run: () => unknown;
}

/** Wraps a method while a function runs. */
async function wrapped<K extends string, F extends (...args: never[]) => unknown>(
  object: Record<K, F>,
  name: K,
  wrap: (call: Call) => unknown,
  run: () => Promise<unknown>,
): Promise<void> {
  const original = object[name];
  object[name] = new Proxy(original, {
    apply: (target, self, args) =>
      wrap({ self, args, run: () => Reflect.apply(target, self, args) }),
  });
  try {
    await run();
  } finally {
    object[name] = original;
  }
}

/** Counts the rows of tables that SQLite gives while a function runs. */
async function rowsRead(run: () => Promise<unknown>): Promise<number> {
  let rows = 0;
  const count = ({ self, run }: Call): unknown => {
    const result = run();
    assert(self instanceof StatementSync);
    if (!/FROM (?:nssPublic|nssPrivate|metaData)/.test(self.sourceSQL)) return result;
    const found = result === undefined
      ? []
      : Array.isArray(result)
      ? result
      : result instanceof Iterator
      ? [...result]
      : [result];
    rows += found.length;
    return result instanceof Iterator ? found.values() : result;
  };
  const { prototype } = StatementSync;
  await wrapped(
    prototype,
    "get",
    count,
    () => wrapped(prototype, "all", count, () => wrapped(prototype, "iterate", count, run)),
  );
  return rows;
}

for (const [what, trust] of [["", {}], [" with trust", { trust: parseTrust("CT,,") }]] as const) {
  Deno.test(`NssDbToken.certificates.importCert()${what} reads as many rows of 60 certificates as of 10`, async () => {
    const certificates = await makeCertificates(61);
    await withToken(async (token) => {
      const counts: number[] = [];
      for (const [i, one] of certificates.entries()) {
        const read = () => token.certificates.importCert(one, { nickname: `n${i}`, ...trust });
        counts.push(await rowsRead(read));
      }
      assertEquals(counts[60], counts[10]);
      assert(counts[60]! < 20, `${counts[60]} rows`);
      // Nor do imports that are begun at once, or those that begin after a key was made
      assertEquals(
        await rowsRead(() =>
          Promise.all(
            certificates.map((one) => token.certificates.importCert(one, { nickname: null })),
          )
        ),
        certificates.length,
      );
    });
  });
}

Deno.test("NssDbToken.generateKeyPair() reads as many rows of 12 keys as of 4", () =>
  withToken(async (token) => {
    const counts: number[] = [];
    for (let i = 0; i < 13; i++) counts.push(await rowsRead(() => token.generateKeyPair()));
    assertEquals(counts[12], counts[4]);
  }));

Deno.test("NssDbToken decodes no certificate anew after writes, its own and those of others", async () => {
  const [first, second, third] = await makeCertificates(3);
  await withToken(async (token, directory) => {
    await token.certificates.importCert(first!);
    const find = async () =>
      (await token.certificates.find({ subject: first!.subject.der }))[0]!.certificate;
    const known = await find();
    await token.certificates.importCert(second!);
    assertStrictEquals(await find(), known);
    const other = await openNssDb(directory, { readWrite: true });
    await other.certificates.importCert(third!);
    await other.close();
    assertStrictEquals(await find(), known);
    assertEquals((await token.certificates.find({})).length, 3);
  });
});

Deno.test("NssDbToken finds what a new look finds, whoever wrote what in which order", async () => {
  const random = new Prng(2026);
  const certificates = await makeCertificates(6);
  const renamed = await Promise.all(
    certificates.map(() => createCertificate({ ...pair, subject: "CN=same" })),
  );
  await withToken(async (token, directory) => {
    const other = await openNssDb(directory, { readWrite: true });
    const trusts = ["CT,C,C", "p,p,p", ",,", "P,,"].map(parseTrust);
    const pick = <T>(list: readonly T[]): T => random.pick(list);
    for (let i = 0; i < 150; i++) {
      const who = pick([token, token, other]);
      const one = pick([...certificates, ...renamed]);
      const db = who.certificates;
      const [key] = await who.listKeys();
      const writes: readonly (() => Promise<unknown>)[] = [
        () => db.importCert(one),
        () => db.importCert(one, { nickname: one.subject.toString(), trust: pick(trusts) }),
        async () => await db.find({ der: one.der }).then(([r]) => r && db.setTrust(one, null)),
        () => db.deleteCert(one),
        () => who.generateKeyPair("ec-p256", { label: `${i}` }),
        async () => key && await who.deleteKey(key),
        () => who.importKey(pair.privateKey).catch(() => {}),
      ];
      await pick(writes)();
      if (i % 3 === 0) await assertUpToDate(token, directory);
      if (i % 10 === 0) await assertUpToDate(other, directory);
    }
    await token.changePassword("", "new");
    await assertUpToDate(token, directory, "new");
    assert(await other.login("new"));
    await assertUpToDate(other, directory, "new");
    await other.close();
  });
});

for (const [what, failing] of [["first", 1], ["second", 2]] as const) {
  Deno.test(`NssDbToken finds what a new look finds after its ${what} COMMIT has failed`, async () => {
    const [stored, failed, next] = await makeCertificates(3);
    await withToken(async (token, directory) => {
      const trust = parseTrust("C,,");
      await token.certificates.importCert(stored!, { nickname: "stored", trust });
      let commits = 0;
      await wrapped(
        DatabaseSync.prototype,
        "exec",
        ({ args: [text], run }) => {
          if (text !== "COMMIT" || ++commits !== failing) return run();
          throw new Error("disk I/O error");
        },
        async () => {
          const write = () => token.certificates.importCert(failed!, { nickname: "failed", trust });
          const error = await rejectsWith("SEC_ERROR_IO", write);
          assert(error.cause instanceof Error);
        },
      );
      assertEquals((await token.certificates.find({ der: failed!.der })).length, 0);
      await assertUpToDate(token, directory);
      await token.certificates.importCert(failed!, { nickname: "failed", trust });
      await token.certificates.importCert(next!);
      await assertUpToDate(token, directory);
      assertEquals((await token.certificates.find({})).length, 3);
    });
  });
}

Deno.test("NssDbToken finds what a new look finds after a write that was taken back in its middle", async () => {
  const [stored, failed] = await makeCertificates(2);
  await withToken(async (token, directory) => {
    await token.certificates.importCert(stored!, { nickname: "stored" });
    const before = await seenBy(token);
    // There is no room for the MACs of the trust, which come last
    await wrapped(
      StatementSync.prototype,
      "run",
      ({ self, run }) => {
        assert(self instanceof StatementSync);
        if (!/^INSERT INTO metaData/.test(self.sourceSQL)) return run();
        throw new Error("database or disk is full");
      },
      async () => {
        const options = { nickname: "failed", trust: parseTrust("C,,") };
        await rejectsWith("SEC_ERROR_IO", () => token.certificates.importCert(failed!, options));
      },
    );
    assertEquals(await seenBy(token), before);
    await assertUpToDate(token, directory);
  });
});

Deno.test("NssDbToken writes on where another program has added columns meanwhile", async () => {
  const [first, second] = await makeCertificates(2);
  await withToken(async (token, directory) => {
    await token.certificates.importCert(first!, { trust: parseTrust("C,,") });
    for (const [file, table] of [["cert9.db", "nssPublic"], ["key4.db", "nssPrivate"]] as const) {
      sql(`${directory}/${file}`, (db) => db.exec(`ALTER TABLE ${table} ADD COLUMN a4321`));
    }
    await token.certificates.importCert(second!, { trust: parseTrust("p,,") });
    await token.certificates.setTrust(first!, parseTrust("P,,"));
    await assertUpToDate(token, directory);
  });
});

Deno.test("openNssDb() refuses a database in which two objects have one id", async () => {
  const [stored] = await makeCertificates(1);
  await withToken(async (token, directory) => {
    await token.certificates.importCert(stored!);
    sql(`${directory}/cert9.db`, (db) => {
      db.exec("CREATE TABLE more AS SELECT * FROM nssPublic; DROP TABLE nssPublic");
      db.exec(
        "ALTER TABLE more RENAME TO nssPublic; INSERT INTO nssPublic SELECT * FROM nssPublic",
      );
    });
    const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", () => openNssDb(directory));
    assert(/two objects have the id \d+$/.test(error.message), error.message);
  });
});

Deno.test("Layers and Index hold what a Map holds, whatever was set and removed, and older ones stay", () => {
  const random = new Prng(15);
  let map = new Map<number, number>();
  let layers = Layers.of<number, number>();
  let index = Index.of<number>();
  const older: [Map<number, number>, Layers<number, number>][] = [];
  for (let i = 0; i < 2000; i++) {
    const changes = new Map<number, number | undefined>();
    for (let n = random.integer(0, 3); n >= 0; n--) {
      changes.set(random.integer(0, 299), random.integer(0, 9) < 4 ? undefined : i);
    }
    older.push([map, layers]);
    const listed = (of: ReadonlyMap<number, number | undefined>) =>
      [...of].flatMap(([key, value]) => value === undefined ? [] : [[`${key % 7}`, key] as const]);
    const gone = listed(new Map([...changes.keys()].map((key) => [key, map.get(key)])));
    index = index.with(gone, listed(changes));
    map = new Map(map);
    for (const [key, value] of changes) {
      if (value === undefined) map.delete(key);
      else map.set(key, value);
    }
    layers = layers.with(changes);
  }
  for (const [before, then] of [...older.filter((_, i) => i % 97 === 0), [map, layers] as const]) {
    for (let key = 0; key < 300; key++) {
      assertEquals(then.get(key), before.get(key));
      assertEquals(then.has(key), before.has(key));
    }
    assertEquals(then.values().sort(), [...before.values()].sort());
  }
  for (let key = 0; key < 7; key++) {
    assertEquals(
      index.get(`${key}`).toSorted(),
      [...map.keys()].filter((one) => one % 7 === key).toSorted(),
    );
  }
});
